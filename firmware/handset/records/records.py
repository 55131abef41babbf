"""What the handset writes down, and when: between the behaviours, which have something to keep, and
the store, which keeps it.

Entries are written at once while the channel is quiet. While somebody talks they wait, because a
flash takes its time, but not for ever. The store tidies up while the channel is quiet and at no
other time. Without a store everything goes on, and what could not be kept is counted.
"""

import asyncio

from handset.link import cbor
from handset.records import entries
from handset.store.errors import StoreError
from handset.store.keeper import Keeper
from handset.store.layout import SERVICE
from handset.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hal.contracts import Clock, Custody, Flash, Rng
    from handset.geo.report import Report

# A receiver gives a position each second, the group gets one every few: a trace needs fewer.
POSITION_INTERVAL_MS = 60_000
# How long an entry waits for the channel to become quiet.
PATIENCE_MS = 5_000
WAITING_MAX = 16
# Of RAM, kept for what is about to be written: a value of nearly 2 kB at most, or some together.
_TRANSACTION_BYTES = 2048
# Between two turns: with something to do, and without.
_BUSY_TURN_MS = 20
_IDLE_TURN_MS = 1_000
_DAMAGE_LINES_MAX = 4
_DAY_MS = 86_400_000
# 2020-01-01: before, there was no such handset.
_FIRST_DAY = 18_262


class Records:
    """`is_quiet()`: nobody talks or is heard. `log(text)`: one line for people."""

    def __init__(
        self,
        flash: "Flash",
        custody: "Custody",
        clock: "Clock",
        rng: "Rng",
        records_max: int,
        is_quiet: "Callable[[], bool]",
        log: "Callable[[str], None]",
    ) -> None:
        self.store = Store(
            flash, custody, records_max, self._today, transaction_bytes=_TRANSACTION_BYTES
        )
        self.keeper = Keeper(self.store, custody, clock, rng)
        self._block = entries.PositionBlock(self.store, bytearray(entries.BLOCK_BYTES))
        # Positions from before a lock, and all of a store that was wiped, do not stay in RAM.
        self.keeper.on_lock.append(self._block.forget)
        self._n_wipes = 0
        self._clock = clock
        self._is_quiet = is_quiet
        self._log = log
        self._waiting: list = []
        self._waiting_since_ms = 0
        self._position_ms: "int | None" = None
        self._talker = ""
        self._talking_since: tuple = ()
        self._trouble = ""
        # Entries that are in the store, and those that are not.
        self.written = 0
        self.lost = 0

    # --------------------------------------------------------------------------------- start, rest

    def start(self) -> None:
        """Open the store, and say how it is."""
        try:
            state = self.keeper.start()
        except Exception as error:
            # Whatever it is: without its store a handset is still a radio.
            self._log("no store, nothing is kept: %s" % (str(error) or repr(error)))
            return
        if state == "ready":
            self._log("store: %s" % self._summary())
        else:
            self._log("no store, nothing is kept: %s; left as it is" % state)
        if self.keeper.trouble:
            self._log("store: %s" % self.keeper.trouble)
        self._tell_damage()

    def _summary(self) -> str:
        report = self.keeper.report
        keys = "locked" if self.keeper.locked else "open"
        if not self.keeper.pin_set:
            keys = "no PIN set"
        return "%d records, tail %s, %s" % (self.store.stats()["records"], report.tail, keys)

    def _tell_damage(self) -> None:
        damage = self.keeper.report.damage
        for kind, sector, offset in damage[:_DAMAGE_LINES_MAX]:
            self._log("store: damage: %s, sector %d, offset %d" % (kind, sector, offset))
        if len(damage) > _DAMAGE_LINES_MAX:
            self._log("store: %d places are damaged" % len(damage))

    async def run(self) -> None:
        """Write what waits and tidy up, for ever."""
        while True:
            await asyncio.sleep_ms(self.turn())

    def turn(self) -> int:
        """One bounded piece of work; returns in how many milliseconds there may be more."""
        self._guard()
        if not self.is_ready():
            return _IDLE_TURN_MS
        is_quiet = self._is_quiet()
        if self._waiting and (is_quiet or self._has_waited_long()):
            self._write_first()
            return _BUSY_TURN_MS
        if is_quiet and self._tidy():
            return _BUSY_TURN_MS
        return _IDLE_TURN_MS

    def is_ready(self) -> bool:
        """There is a store to write to."""
        return self.keeper.state == "ready"

    def stats(self) -> dict:
        """Counters for the management link."""
        counters = {
            "ready": int(self.is_ready()),
            "entries_written": self.written,
            "entries_waiting": len(self._waiting),
            "entries_lost": self.lost,
        }
        if self.is_ready():
            counters["locked"] = int(self.keeper.locked)
            counters.update(self.store.stats())
        return counters

    # --------------------------------------------------------------------------------- what to keep

    def geolocation(self, on: bool) -> None:
        """The agent switched geolocation."""
        self._position_ms = None
        self._note("consent", entries.consent(self._clock.utc_ms(), "geolocation", on))
        # Quiet or not: it is what the agent may have to prove. And once geolocation is off, no
        # position is in RAM.
        self._write_all()
        self._block.forget()

    def position(self, own: "Report") -> None:
        """Where the agent is, while geolocation is on."""
        now_ms = self._clock.ticks_ms()
        if self._position_ms is not None:
            passed_ms = self._clock.ticks_diff(now_ms, self._position_ms)
            # Negative after half a wrap of the ticks, days later.
            if 0 <= passed_ms < POSITION_INTERVAL_MS:
                return
        self._position_ms = now_ms
        self._note(entries.POSITIONS, entries.position(own))

    def floor(self, event: str, facts: dict) -> None:
        """What floor control says of who talks: each talker becomes an entry when done."""
        if event in ("granted", "taken"):
            self._talker_is(facts["user_id"])
        elif event in ("idle", "denied", "revoked"):
            self._talker_is("")

    def _talker_is(self, user_id: str) -> None:
        if user_id == self._talker:
            return
        now_ms = self._clock.ticks_ms()
        if self._talker:
            utc_ms, since_ms = self._talking_since
            duration_ms = self._clock.ticks_diff(now_ms, since_ms)
            self._note("calls", entries.call(utc_ms, duration_ms, self._talker))
        self._talker = user_id
        self._talking_since = (self._clock.utc_ms(), now_ms)

    def setting(self, name: str) -> "Any":
        """What `keep_setting` kept, None for nothing."""
        if not self.is_ready():
            return None
        try:
            data = self.store.get(_setting_name(name), SERVICE)
            return cbor.loads(data) if data else None
        except (StoreError, OSError, ValueError) as error:
            self._in_trouble(error)
            return None

    def keep_setting(self, name: str, value: "Any") -> None:
        """Keep it over a restart; what is the same already is not written again."""
        if not self.is_ready() or self.setting(name) == value:
            return
        try:
            self.store.put(_setting_name(name), cbor.dumps(value), SERVICE)
        except (StoreError, OSError) as error:
            self._in_trouble(error)

    # ------------------------------------------------------------------------------- into the store

    def _today(self) -> int:
        """Days since 1970, -1 while the date is not known, or can not be."""
        day = self._clock.utc_ms() // _DAY_MS
        return day if day >= _FIRST_DAY else -1

    def _note(self, journal: str, entry: bytes) -> None:
        self._guard()
        if not self.is_ready():
            self.lost += 1
            return
        if not self._waiting:
            self._waiting_since_ms = self._clock.ticks_ms()
        self._waiting.append((journal, entry))
        if self._is_quiet() or len(self._waiting) > WAITING_MAX:
            self._write_all()

    def _has_waited_long(self) -> bool:
        now_ms = self._clock.ticks_ms()
        return not 0 <= self._clock.ticks_diff(now_ms, self._waiting_since_ms) < PATIENCE_MS

    def _write_all(self) -> None:
        while self._waiting:
            self._write_first()

    def _write_first(self) -> None:
        journal, entry = self._waiting.pop(0)
        try:
            if journal == entries.POSITIONS:
                self._block.add(entry)
            else:
                self.store.append(journal, entry)
            self.written += 1
        except (StoreError, OSError) as error:
            self.lost += 1
            self._in_trouble(error)

    def _guard(self) -> None:
        """What waited for a store that was wiped is not for the next one; a block that was trimmed
        does not go on."""
        if self._n_wipes != self.keeper.n_wipes:
            self._n_wipes = self.keeper.n_wipes
            self.lost += len(self._waiting)
            self._waiting.clear()
        if self.is_ready() and not self._block.is_newest():
            self._block.forget()

    def _tidy(self) -> bool:
        try:
            return self.store.tidy()
        except (StoreError, OSError) as error:
            self._in_trouble(error)
            return False

    def _in_trouble(self, error: Exception) -> None:
        """Say it once, not with every entry."""
        text = str(error) or repr(error)
        if text != self._trouble:
            self._trouble = text
            self._log("store: %s" % text)


def _setting_name(name: str) -> str:
    return "setting." + name
