"""SMP group 73: the store, as the table `store_spec` has it.

What takes long (checking a PIN, wiping) is begun here and goes on beside the link; `status` tells
how it ended. Nothing here opens the personal domain or reads from it, whoever asks and how.
"""

import asyncio

from handset.link import spec, store_spec
from handset.link.server import (
    EACCESSDENIED,
    EBADSTATE,
    EBUSY,
    EINVAL,
    ENOTSUP,
    CommandError,
    Server,
)
from handset.security.erase import erase
from handset.store.errors import Locked, StoreError
from handset.store.layout import SERVICE
from handset.unload import unload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

# Which computers looked at this handset last, and the numbers they left: in the service domain.
LOOKS_NAME = "link.looks"
_NONCES_MAX = 2
_DAMAGE_MAX = 32
_SECTORS_A_PAGE = 48
_SETTINGS = ("tries_max", "lock_after_ms", "check_ms")

_NONCE = store_spec.NONCE_BYTES
_HOST = store_spec.HOST_BYTES


class StoreGroup:
    """`store` and `keeper` as in `handset.store`; the keeper has been started.

    `journals`: those of the store by name. `sector_bytes`: of its flash. `start(work)` runs a
    coroutine beside the link.
    """

    def __init__(
        self,
        store: "Any",
        keeper: "Any",
        journals: "dict[str, Any]",
        sector_bytes: int,
        serial_number: str,
        start: "Callable[[Any], Any]" = asyncio.create_task,
    ) -> None:
        self._store = store
        self._keeper = keeper
        self._journals = journals
        self._sector_bytes = sector_bytes
        self._serial_number = serial_number
        self._start = start
        self._pages: Any = None  # while records are being read
        self._message_bytes_max = 0
        self._task = "none"
        self._task_state = "idle"
        self._reason = ""
        self._running: Any = None  # asyncio keeps only weak references to tasks
        self._n_begun = 0

    def register(self, server: Server) -> None:
        """Serve this group; pages of records are as long as the server's messages may be."""
        self._message_bytes_max = server.message_bytes_max
        self._keeper.on_lock.append(self._forget_pages)
        server.register_group(store_spec.GROUP, self._handle)

    def _handle(self, command: int, op: int, request: dict) -> dict:
        try:
            return self._answer(command, op, request)
        except Exception:
            # The keeper erases a PIN that it was given; this one may not have come so far.
            for value in request.values():
                if isinstance(value, bytearray):
                    erase(value, len(value))
            raise

    def _answer(self, command: int, op: int, request: dict) -> dict:
        name, takes = _row(command, op)
        # Made for each request: kept, they would take heap from everything else.
        wrong = spec.mismatch(spec.fields(takes), request)
        if wrong:
            raise CommandError(EINVAL, "request " + wrong)
        try:
            return getattr(self, "_" + name)(request)
        except Locked as error:
            raise CommandError(EACCESSDENIED, str(error)) from None
        except StoreError as error:
            raise CommandError(EBADSTATE, str(error)) from None

    # ------------------------------------------------------------------------------------ questions

    def _status(self, request: dict) -> dict:
        store, keeper = self._store, self._keeper
        stats = store.stats()
        return {
            "state": keeper.state,
            "tail": store.report.tail,
            "damaged": stats["damage"],
            "records": stats["records"],
            "records_max": stats["records_max"],
            "capacity_bytes": stats["capacity_bytes"],
            "free_bytes": max(0, stats["capacity_bytes"] - stats["live_bytes"]),
            "erases_min": stats["erase_count_min"],
            "erases_max": stats["erase_count_max"],
            "pin_set": keeper.pin_set,
            "locked": keeper.locked,
            "tries_left": keeper.tries_left(),
            "task": self._task,
            "task_state": self._task_state,
            "reason": self._reason,
            "wait_ms": keeper.wait_ms(),
            "protected": self._keeper.flash_protected,
        }

    def _verify(self, request: dict) -> dict:
        host, last, nonce = [bytes(request[name]) for name in ("host", "last", "nonce")]
        if len(host) != _HOST or len(nonce) != _NONCE or len(last) not in (0, _NONCE):
            raise CommandError(EINVAL, "host, last or nonce has a wrong length")
        report = self._store.report
        is_ready = self._keeper.state == "ready"
        version, mac = self._store.head() if is_ready else (0, b"")
        looks = self._looks() if is_ready else []
        nonces = _nonces_of(looks, host)
        damage = [
            {"kind": kind, "sector": sector, "offset": offset}
            for kind, sector, offset in report.damage[:_DAMAGE_MAX]
        ]
        return {
            "state": self._keeper.state,
            "tail": report.tail,
            "version": version,
            "mac": mac,
            "nonces": nonces,
            "stored": is_ready and self._keep_look(looks, host, last, nonce),
            "damaged": self._store.stats()["damage"],
            "damage": damage,
            "protected": self._keeper.flash_protected,
        }

    def _looks(self) -> list:
        """(host, its numbers) of each computer, the last one first."""
        try:
            data = self._store.get(LOOKS_NAME, SERVICE) or b""
        except StoreError:
            data = b""  # damaged: as good as never written
        size = _HOST + _NONCES_MAX * _NONCE
        return [_look(data[at : at + size]) for at in range(0, len(data) - size + 1, size)]

    def _keep_look(self, looks: list, host: bytes, last: bytes, nonce: bytes) -> bool:
        """Beside the new number, keep the one that the host knows to be here: this answer may never
        arrive. A host whose number is not here gets no second one."""
        known = [last] if last in _nonces_of(looks, host) else []
        looks = [(host, known + [nonce])] + [look for look in looks if look[0] != host]
        try:
            self._store.put(LOOKS_NAME, _packed(looks[: store_spec.HOSTS_MAX]), SERVICE)
        except StoreError:
            return False  # full or worn out: that is to be said, not to be hidden by an error
        return True

    def _records(self, request: dict) -> dict:
        self._need_ready()
        if self._keeper.locked:
            raise CommandError(EACCESSDENIED, "locked: unlock the store first")
        number = request["page"]
        if number == 0:
            self._pages = self._first_page()
        if self._pages is None:
            raise CommandError(EBADSTATE, "page %d is not the next: begin with page 0" % number)
        page = self._pages.page(number)
        self._keeper.activity()  # an export of hours is not to be cut by the time-out
        if not page["more"]:
            self._forget_pages()
        return page

    def _first_page(self) -> "Any":
        from handset.link.store_pages import RecordPages

        return RecordPages(self._store, self._journals, self._message_bytes_max)

    def _forget_pages(self) -> None:
        """Nothing of what was read is kept, nor what read it."""
        self._pages = None
        unload("handset.link.store_pages")

    def _sectors(self, request: dict) -> dict:
        first = request["first"]
        page = {"states": [], "live_bytes": [], "end_bytes": [], "erases": []}
        total = 0
        for sector, state, live_bytes, end_bytes, erases in self._store.sectors():
            total += 1
            if first <= sector < first + _SECTORS_A_PAGE:
                page["states"].append(state)
                page["live_bytes"].append(live_bytes)
                page["end_bytes"].append(end_bytes)
                page["erases"].append(erases)
        page["total"] = total
        page["sector_bytes"] = self._sector_bytes
        return page

    def _settings(self, request: dict) -> dict:
        self._need_ready()
        answer = {name: self._keeper.settings[name] for name in _SETTINGS}
        answer["keep_days"] = [
            {"journal": journal, "days": days}
            for journal, days in sorted(self._store.days_kept().items())
        ]
        return answer

    # -------------------------------------------------------------------------------------- actions

    def _provision(self, request: dict) -> dict:
        self._need_ready()
        if self._task_state == "running":
            raise CommandError(EBUSY, "%s is still being done" % self._task)
        settings = {n: request[n] for n in _SETTINGS if request[n] != store_spec.AS_IT_IS}
        days = {kept["journal"]: kept["days"] for kept in request["keep_days"]}
        try:
            self._keeper.provision(settings, days)
        except ValueError as error:
            raise CommandError(EINVAL, str(error)) from None
        later = []
        if "check_ms" in settings:
            later.append("check_ms counts for the next PIN that is set")
        if days:
            later.append("days count from the next day on that begins")
        return {"later": "; ".join(later)}

    def _unlock(self, request: dict) -> dict:
        self._begin("unlock", self._keeper.unlock, request["pin"], False)
        return {}

    def _lock(self, request: dict) -> dict:
        self._keeper.lock()
        return {}

    def _pin(self, request: dict) -> dict:
        self._begin("pin", self._keeper.change_pin, request["old"], request["new"], False)
        return {}

    def _wipe(self, request: dict) -> dict:
        if request["confirm"] != self._serial_number:
            raise CommandError(EINVAL, "confirm with the serial number of this handset")
        self._keeper.lock()
        self._begin("wipe", self._wipe_all)
        return {}

    async def _wipe_all(self) -> bool:
        await self._keeper.wipe()
        return True

    def _begin(self, task: str, work: "Callable[..., Awaitable]", *arguments: "Any") -> None:
        # Wiping waits for no PIN: what it has locked out ends by itself.
        if task != "wipe":
            self._need_ready()
        if self._task_state == "running" and (task != "wipe" or self._task == task):
            raise CommandError(EBUSY, "%s is still being done" % self._task)
        self._n_begun += 1
        self._task = task
        self._task_state = "running"
        self._reason = ""
        self._running = self._start(self._run(self._n_begun, work, arguments))

    async def _run(self, number: int, work: "Callable[..., Awaitable]", arguments: tuple) -> None:
        reason = ""
        try:
            if await work(*arguments):
                state = "done"
            else:
                state = "wrong PIN" if self._keeper.pin_set else "wiped"
        except Exception as error:
            # Of the keeper or of the flash: the task ends here, and whoever asks is told why.
            state = "failed"
            reason = str(error) or repr(error)
        if number == self._n_begun:
            self._task_state = state
            self._reason = reason
            self._running = None

    def _need_ready(self) -> None:
        if self._keeper.state != "ready":
            raise CommandError(EBADSTATE, "there is no store: %s" % self._keeper.state)


def _row(command: int, op: int) -> tuple:
    """Name of a command, and what it takes."""
    for row in store_spec.COMMANDS:
        if row[0] == command and row[2] == op:
            return row[1], row[4]
    raise CommandError(ENOTSUP)


def _look(data: bytes) -> tuple:
    nonces = [data[at : at + _NONCE] for at in range(_HOST, len(data), _NONCE)]
    return data[:_HOST], [nonce for nonce in nonces if nonce != bytes(_NONCE)]


def _packed(looks: list) -> bytes:
    """One length for each computer: the second number is zeros where there is none."""
    data = b""
    for host, nonces in looks:
        data += host + b"".join(nonces) + bytes(_NONCE * (_NONCES_MAX - len(nonces)))
    return data


def _nonces_of(looks: list, host: bytes) -> list:
    for known, nonces in looks:
        if known == host:
            return nonces
    return []
