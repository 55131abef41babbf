"""The store's commands (SMP group 73) as typed calls on a handset."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from smp.error import MGMT_ERR
from smp.header import OP

from handsetctl import spec
from handsetctl.device import Device
from handsetctl.errors import CommandRefused, DeviceTimeout, ProtocolError, WrongPin
from handsetctl.store.facts import VALUES, Damage, Look, Record, Sector, Settings, Status

Progress = Callable[[str, float], None]

_PAGE_TIMEOUT_S = 10.0
_POLL_S = 0.1
# For each of them, a handset has looked at 64 records or more.
_EMPTY_PAGES_MAX = 1024
# Of a record's name, in an error.
_NAME_SHOWN = 60
_PIN_TIMEOUT_S = 60.0
# A chip that wipes a megabyte erases for many seconds; it answers meanwhile.
_WIPE_TIMEOUT_S = 120.0


class DeviceStore:
    """The store of an open handset.

    Every method may raise what Device's do; CommandRefused where the store is locked or not there.
    """

    def __init__(self, device: Device) -> None:
        self._device = device

    def status(self, timeout_s: float | None = None) -> Status:
        """How the store is."""
        return Status(**self._call("status", {}, timeout_s))

    def verify(self, host: bytes, last: bytes, nonce: bytes) -> Look:
        """What the log ends with and what is damaged; `nonce` is kept there until the next time.

        host: which computer asks; last: the number it knows to be there, or nothing.
        """
        answer = self._call("verify", {"host": host, "last": last, "nonce": nonce})
        answer["nonces"] = tuple(answer["nonces"])
        answer["damage"] = tuple(Damage(**damage) for damage in answer["damage"])
        return Look(**answer)

    def records(self) -> Iterator[Record]:
        """Every professional record, values first; records that come while this runs may be among
        them or not. ProtocolError where a page brings nothing and announces another."""
        seen: set[str] = set()
        for record in self._whole_records():
            if record.source == VALUES:
                # Written anew while this runs, it may lie both before us and behind us. What has
                # lost its name counts each time.
                if record.name in seen and record.data is not None:
                    continue
                seen.add(record.name)
            yield record

    def _whole_records(self) -> Iterator[Record]:
        begun: Record | None = None
        number, n_empty, more = 0, 0, True
        while more:
            page = self._call("records", {"page": number}, _PAGE_TIMEOUT_S)
            found = self._records_of(page)
            if begun is not None:
                found[0] = self._joined(begun, found)
            n_empty = 0 if found or page["source"] != VALUES else n_empty + 1
            if not 0 < n_empty <= _EMPTY_PAGES_MAX:
                self._check_progress(page, found)
            begun = found.pop() if page["cut"] and found else None
            yield from found
            number, more = number + 1, page["more"]
        if begun is not None:
            raise self._nonsense("records", "ends within a record")

    def _check_progress(self, page: dict[str, Any], found: list[Record]) -> None:
        """This page, unless it is the last, brings a record or a piece of one; or there may be no
        last."""
        if not page["more"] or (found and not page["cut"]):
            return
        if not found:
            raise self._nonsense("records", f"has nothing of {page['source']}, and goes on")
        if not page["data"][-1]:
            cut = found[-1]
            which = f"{cut.name[:_NAME_SHOWN]!r}" if cut.source == VALUES else f"{cut.number}"
            raise self._nonsense(
                "records", f"has an empty piece of {cut.source} {which}, and goes on"
            )

    def _records_of(self, page: dict[str, Any]) -> list[Record]:
        is_values = page["source"] == VALUES
        keys = page["names"] if is_values else page["numbers"]
        if len(keys) != len(page["data"]) or any(n >= len(keys) for n in page["lost"]):
            raise self._nonsense("records", "has lists of different lengths")
        return [
            Record(
                page["source"],
                key if is_values else "",
                0 if is_values else key,
                None if index in page["lost"] else data,
            )
            for index, (key, data) in enumerate(zip(keys, page["data"], strict=True))
        ]

    def _joined(self, begun: Record, found: list[Record]) -> Record:
        rest = found[0] if found else None
        if rest is None or (rest.source, rest.name, rest.number) != (
            begun.source,
            begun.name,
            begun.number,
        ):
            raise self._nonsense("records", "does not go on with the record that was cut")
        if begun.data is None or rest.data is None:
            return Record(begun.source, begun.name, begun.number, None)
        return Record(begun.source, begun.name, begun.number, begun.data + rest.data)

    def sectors(self) -> list[Sector]:
        """All sectors of the store's flash."""
        sectors: list[Sector] = []
        while True:
            page = self._call("sectors", {"first": len(sectors)}, _PAGE_TIMEOUT_S)
            columns = (page["states"], page["live_bytes"], page["end_bytes"], page["erases"])
            if len({len(column) for column in columns}) != 1:
                raise self._nonsense("sectors", "has lists of different lengths")
            rows = list(zip(*columns, strict=True))
            first, n_bytes = len(sectors), page["sector_bytes"]
            sectors += [
                Sector(first + n, state, n_bytes, live_bytes, end_bytes, erases)
                for n, (state, live_bytes, end_bytes, erases) in enumerate(rows)
            ]
            if len(sectors) >= page["total"] or not rows:
                return sectors

    def settings(self) -> Settings:
        """What was provisioned, or else the firmware's own."""
        answer = self._call("settings", {})
        days = {kept["journal"]: kept["days"] for kept in answer.pop("keep_days")}
        return Settings(**answer, keep_days=days)

    def provision(
        self,
        tries_max: int | None = None,
        lock_after_ms: int | None = None,
        check_ms: int | None = None,
        keep_days: Mapping[str, int] | None = None,
    ) -> str:
        """Change some settings, all or nothing; answers what of it counts later. CommandRefused
        outside their limits, and while the store is locked with a PIN."""
        as_it_is: int = spec.store_constant("AS_IT_IS")
        numbers = {"tries_max": tries_max, "lock_after_ms": lock_after_ms, "check_ms": check_ms}
        body: dict[str, Any] = {
            name: as_it_is if number is None else number for name, number in numbers.items()
        }
        body["keep_days"] = [
            {"journal": journal, "days": days} for journal, days in (keep_days or {}).items()
        ]
        return str(self._call("provision", body)["later"])

    def unlock(self, pin: str) -> Status:
        """Open the professional domain. WrongPin; CommandRefused when it is too early for another
        try."""
        return self._task("unlock", {"pin": pin.encode()}, _PIN_TIMEOUT_S)

    def lock(self) -> None:
        """Close it again, and the personal domain too."""
        self._call("lock", {})

    def change_pin(self, old: str, new: str) -> Status:
        """Set another PIN; old is "" when none is set. WrongPin, CommandRefused."""
        return self._task("pin", {"old": old.encode(), "new": new.encode()}, _PIN_TIMEOUT_S)

    def wipe(self, serial_number: str, progress: Progress = lambda what, fraction: None) -> Status:
        """Destroy all keys and all records; the serial number says that this handset is meant."""
        return self._task("wipe", {"confirm": serial_number}, _WIPE_TIMEOUT_S, progress)

    # -- messages -----------------------------------------------------------------------------

    def _task(
        self,
        name: str,
        body: dict[str, Any],
        timeout_s: float,
        progress: Progress = lambda what, fraction: None,
    ) -> Status:
        """Begin what takes long, and wait for its end."""
        self._call(name, body)
        began_s = time.monotonic()
        while True:
            left_s = began_s + timeout_s - time.monotonic()
            status = self.status(max(left_s, _POLL_S))
            if status.task_state != "running":
                break
            if left_s <= 0:
                raise DeviceTimeout(
                    f"{name!r} did not end", self._url, "see: handsetctl store status"
                )
            progress(name, 1.0 - left_s / timeout_s)
            self._device.listen(_POLL_S)
        if status.task != name:
            raise CommandRefused(
                f"{name!r} was overtaken by {status.task!r}", self._url, rc=MGMT_ERR.EBUSY
            )
        self._raise_unless_done(name, status)
        return status

    def _raise_unless_done(self, name: str, status: Status) -> None:
        if status.task_state == "done":
            return
        if status.task_state == "wiped":
            raise WrongPin("wrong PIN, and it was the last try: everything is wiped", self._url)
        if status.task_state == "wrong PIN":
            raise WrongPin(
                "wrong PIN",
                self._url,
                f"tries left before everything is wiped: {status.tries_left}",
            )
        raise CommandRefused(f"{name!r} failed: {status.reason}", self._url, rc=MGMT_ERR.EUNKNOWN)

    def _call(
        self, name: str, body: dict[str, Any], timeout_s: float | None = None
    ) -> dict[str, Any]:
        command = spec.store_commands()[name]
        op = OP.WRITE if command.is_write else OP.READ
        # Errors name the command and not what was in it: PINs and numbers stay out of logs.
        answer = self._device.call(
            op, spec.store_group(), command.number, body, f"store {name}", timeout_s, secret=True
        )
        if wrong := spec.store_answer_mismatch(name, answer):
            raise self._nonsense(name, wrong)
        return answer

    def _nonsense(self, name: str, wrong: str) -> ProtocolError:
        return ProtocolError(
            f"the answer to 'store {name}' {wrong}",
            self._url,
            "firmware and host tool differ: build and install both from the same tree",
        )

    @property
    def _url(self) -> str:
        return self._device.transport.url
