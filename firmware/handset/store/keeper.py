"""The life of the keys: when they are made, when they come, how long they stay, when they go.

The keys themselves are in C (`custody`) and never pass through here. What is here is the policy: a
PIN is counted as wrong, on the flash, before anybody looks at it; who tries on waits longer each
time, and in the end there is nothing left to try. Keys of the personal domain come with a PIN that
was entered at the handset, and in no other way. A PIN comes as ASCII digits in a bytearray, which
is zeros as soon as `custody` has begun with it, and whenever it was refused.

    no PIN set --change_pin--> unlocked --lock, time-out, restart--> locked --unlock--> unlocked
                                                                       | too many wrong PINs, wipe
                                                                       v
                                                                  no PIN set, all new

Without a PIN there is nothing to wait for: the professional domain opens at start. The personal one
is written in boxes until the agent unlocks it at the handset.
"""

import asyncio
import struct

from handset.link import cbor
from handset.security.erase import erase
from handset.store.errors import Damaged, Locked, StoreError
from handset.store.layout import PERSONAL, PROFESSIONAL, SERVICE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from hal.contracts import Clock, Custody, Rng

DEFAULT_SETTINGS = {
    "tries_max": 10,  # wrong PINs in a row, then everything is wiped
    "lock_after_ms": 300_000,  # without `activity`; 0: never
    "check_ms": 500,  # what one check of a PIN costs on this board
}
# At most: what TRIES can count by far, a day, and a check that nobody takes for a dead handset.
_SETTINGS_LIMITS = {
    "tries_max": (3, 1000),
    "lock_after_ms": (0, 86_400_000),
    "check_ms": (100, 5000),
}
# Provisioned settings: a map of some of the above (CBOR), in the service domain.
SETTINGS_NAME = "keeper"
# Likewise: for how many days each journal keeps what is in it.
RETENTION_NAME = "journals"
# So many days in a row tell a clock that is right.
_RETENTION_DAYS_MIN = 3
# All days of a journal, 6 bytes each, are one record, which a sector of 4 KiB must take.
_RETENTION_DAYS_MAX = 600

PIN_DIGITS_MIN = 4
PIN_DIGITS_MAX = 16
ROUNDS_MIN = 10_000
# Where calibration ends in any case, whatever the clock says.
ROUNDS_MAX = 4_000_000

STORE_SALT_BYTES = 8
_PIN_SALT_BYTES = 16
_FREE_TRIES = 2
_FIRST_DELAY_MS = 1000
_LONGEST_DELAY_MS = 900_000
# A slice of PBKDF2 lies between these; others wait that long at most.
_SLICE_MS_MIN = 5
_SLICE_MS_MAX = 12
_FIRST_SLICE_ROUNDS = 32
_CALIBRATION_MS = 100
# In the body of KEYS (see README.md).
_ROUNDS_AT = 1
_SALT_AT = 5
_GENERATION_AT = 329


class Refused(Exception):
    """Nothing was checked, counted or changed; the message says why. `left_ms`: how long to wait,
    where that is all that is wrong."""

    def __init__(self, why: str, left_ms: int = 0) -> None:
        super().__init__(why)
        self.left_ms = left_ms


class Interrupted(Exception):
    """Locked while a PIN was being checked: the try counts, whatever the PIN was."""


class Keeper:
    """`state` is "closed" before `start`, then "ready", or "foreign": what is in the flash is not
    this handset's, or its keys are damaged; it is left alone. `report` says what opening has
    found. Who keeps in the clear what was read puts into `on_lock` a function that forgets it:
    called whenever keys go."""

    def __init__(
        self,
        store: "Any",
        custody: "Custody",
        clock: "Clock",
        rng: "Rng",
        settings: "dict | None" = None,
    ) -> None:
        self.state = "closed"
        self.report: Any = store.report
        self.settings: dict = {}
        self.trouble = ""  # what was provisioned and can not be read
        self.n_wipes = 0  # since the start, those that have begun
        self.on_lock: "list[Callable[[], None]]" = []
        self._given_settings = settings or {}
        self._store = store
        self._custody = custody
        self._clock = clock
        self._rng = rng
        self._rounds = 0
        self._is_checking = False
        self._is_interrupted = False
        self._slice_rounds = _FIRST_SLICE_ROUNDS
        self._tried_ms = 0
        self._active_ms = 0

    def start(self) -> str:
        """Open the store with what needs no PIN, and make it when there is none; returns `state`. A
        wipe that was cut goes on. OSError without device secret or without randomness."""
        self._tried_ms = self._active_ms = self._clock.ticks_ms()
        try:
            self.report = self._store.open()
        except ValueError:
            # All is right but the keys: wrapped for another device secret, or damaged.
            self._custody.forget()
            self.state = "foreign"
            return self.state
        found = self.report.state
        if found == "open":
            self._begin()
        elif found == "blank":
            self._create()
        elif found == "wiping":
            self._wipe()
        else:
            self.state = found
        return self.state

    # ------------------------------------------------------------------------------------ questions

    @property
    def pin_set(self) -> bool:
        return self._rounds > 0

    @property
    def locked(self) -> bool:
        """The professional domain can not be read (it can be written)."""
        return not self._custody.is_open(PROFESSIONAL)

    @property
    def personal_open(self) -> bool:
        return self._custody.is_open(PERSONAL)

    @property
    def flash_protected(self) -> bool:
        """Whether the hardware protects what is in the flash from who dumps it."""
        return self._custody.is_flash_protected()

    def tries_left(self) -> int:
        """Wrong PINs until everything is wiped."""
        if self.state != "ready":
            return 0
        return max(0, self.settings["tries_max"] - self._tries())

    def wait_ms(self) -> int:
        """How long until a PIN may be tried; follows from what is on the flash and starts anew with
        a restart."""
        if self.state != "ready":
            return 0
        delay_ms = delay_after(self._tries())
        passed_ms = self._clock.ticks_diff(self._clock.ticks_ms(), self._tried_ms)
        # Negative after half a wrap of the ticks, days later.
        return 0 if passed_ms < 0 else max(0, delay_ms - passed_ms)

    # -------------------------------------------------------------------------------------- actions

    async def unlock(self, pin: bytearray, at_handset: bool) -> bool:
        """False: wrong PIN, and with the last of them everything has been wiped. `at_handset`: the
        agent entered it here, so that the personal domain opens too; never for the link. Raises
        Refused, Interrupted, and StoreError when the try can not be counted."""
        try:
            self._enter(pin)
            try:
                return await self._check(pin, at_handset)
            finally:
                self._leave()
        finally:
            erase(pin, len(pin))

    async def change_pin(self, old: bytearray, new: bytearray, at_handset: bool) -> bool:
        """Another PIN, or the first one (`old` is empty). False as `unlock`. Afterwards the handset
        is unlocked if this was done there, and locked otherwise."""
        try:
            return await self._change(old, new, at_handset)
        finally:
            erase(old, len(old))
            erase(new, len(new))

    async def _change(self, old: bytearray, new: bytearray, at_handset: bool) -> bool:
        check_rules(new)
        self._enter(old)
        is_done = False
        try:
            # Keys are wrapped together: all of them must be open.
            if not await self._check(old, True):
                is_done = True
                return False
            body = await self._wrap(new)
            await self._give_way()
            self._store.put_keys(body)
            self._note_rounds(body)
            is_done = at_handset
            return True
        finally:
            self._leave()
            if not is_done:
                self._drop_keys()

    def lock(self) -> None:
        """Erase all keys that came with a PIN, at once, also while one is being checked."""
        self._is_interrupted = self._is_checking
        self._drop_keys()

    def activity(self) -> None:
        """The agent is there: the time-out starts anew."""
        self._active_ms = self._clock.ticks_ms()

    def tick(self) -> None:
        """Lock when nobody has been there for long; call it about once a second."""
        if self.state != "ready" or self.locked or not self.pin_set or self._is_checking:
            return
        lock_after_ms = self.settings["lock_after_ms"]
        passed_ms = self._clock.ticks_diff(self._clock.ticks_ms(), self._active_ms)
        if lock_after_ms and not 0 <= passed_ms < lock_after_ms:
            self.lock()

    def provision(self, settings: "dict[str, int]", retention: "dict[str, int]") -> None:
        """Change some settings, and for how many days journals keep their entries: all or nothing.

        They count at once, but `check_ms` for the next PIN that is set, and days from the next day
        on that begins. ValueError says what is out of its limits; Locked: who asks has not shown
        that they have the PIN; StoreError as `put` of the store.
        """
        if self._is_checking:
            raise Locked("a PIN is being checked: wait for its result")
        if self.pin_set and self.locked:
            raise Locked("locked: settings are changed by who has the PIN, unlock first")
        self._check_settings(settings)
        self._check_retention(retention)
        self._store.begin()
        try:
            self._amend(SETTINGS_NAME, settings)
            self._amend(RETENTION_NAME, retention)
            self._store.commit()
        except Exception:
            self._store.abort()
            raise
        self._read_settings()

    def _check_settings(self, settings: "dict[str, int]") -> None:
        for name, value in settings.items():
            if name not in _SETTINGS_LIMITS:
                raise ValueError("no setting %r: %s" % (name, ", ".join(sorted(_SETTINGS_LIMITS))))
            least, most = _SETTINGS_LIMITS[name]
            if not least <= value <= most:
                raise ValueError("%s %d: %d to %d" % (name, value, least, most))
        tries = self._tries()
        if settings.get("tries_max", tries + 1) <= tries:
            # The next start would take the last try for one that was cut, and wipe.
            raise ValueError("tries_max: more than the wrong PINs so far, which are %d" % tries)

    def _check_retention(self, retention: "dict[str, int]") -> None:
        journals = self._store.days_kept()
        for name, days in retention.items():
            if name not in journals:
                raise ValueError("no such journal: there are %s" % ", ".join(sorted(journals)))
            if not _RETENTION_DAYS_MIN <= days <= _RETENTION_DAYS_MAX:
                limits = (name, days, _RETENTION_DAYS_MIN, _RETENTION_DAYS_MAX)
                raise ValueError("%s, %d days: %d to %d" % limits)

    def _amend(self, name: str, changes: "dict[str, int]") -> None:
        """What is not changed stays as it was provisioned, or as this firmware has it."""
        if changes:
            provisioned = dict(self._provisioned(name))
            provisioned.update(changes)
            self._store.put(name, cbor.dumps(provisioned), SERVICE)

    async def wipe(self) -> None:
        """Everything goes, keys first and at once, the rest sector by sector; then a new, empty
        store without PIN. A cut half-way does not save anything: the next start goes on."""
        if self.state == "closed":
            raise Refused("the store is closed: it has not been opened, or is being wiped")
        self.lock()
        for _ in self._wiping():
            await asyncio.sleep(0)

    # ------------------------------------------------------------------------------- start and end

    def _create(self) -> None:
        """Keys of a new store, which has no PIN yet."""
        salt = bytearray(STORE_SALT_BYTES)
        self._rng.fill(salt)
        self._custody.begin(salt)
        self._custody.create()
        self._derive_without_pin(bytes(_PIN_SALT_BYTES))
        body = self._custody.wrap(1)
        self._custody.lock()
        self._store.format(body, bytes(salt))
        self._begin()

    def _begin(self) -> None:
        self.state = "ready"
        self._note_rounds(self._store.keys_body())
        self._read_settings()
        if self._tries() >= self.settings["tries_max"]:
            # The power went during the last check. Nobody knows what it would have said, and who
            # cuts it each time would try for ever.
            self._wipe()
        elif not self.pin_set:
            self._mend_tries()
            self._unlock_without_pin(False)

    def _wipe(self) -> None:
        """At start, when nobody waits."""
        for _ in self._wiping():
            pass

    def _wiping(self) -> "Iterator[None]":
        self.state = "closed"
        self.n_wipes += 1
        self._rounds = 0
        self._store.begin_wipe()
        yield from self._store.wipe_sectors()
        yield
        self._custody.forget()
        self._create()

    def _tries(self) -> int:
        """Wrong PINs in a row. Where nobody can tell any more, one try is left: neither is somebody
        given new ones, nor does a flipped bit destroy everything."""
        try:
            return self._store.tries()
        except Damaged:
            return self.settings["tries_max"] - 1

    def _mend_tries(self) -> None:
        """There is no PIN to try yet: who sets one is to have all tries."""
        try:
            self._store.tries()
        except Damaged:
            self._store.put_tries(0)

    def _note_rounds(self, keys_body: bytes) -> None:
        """What a check of the PIN costs; 0 where there is none."""
        self._rounds = struct.unpack_from("<I", keys_body, _ROUNDS_AT)[0]

    def _read_settings(self) -> None:
        self.settings = dict(DEFAULT_SETTINGS)
        self.settings.update(self._given_settings)
        self.trouble = ""
        provisioned = self._provisioned(SETTINGS_NAME)
        for name, (least, most) in _SETTINGS_LIMITS.items():
            value = provisioned.get(name)
            if isinstance(value, int) and least <= value <= most:
                self.settings[name] = value
        if self.trouble:
            # It may have said fewer tries; one is left in any case, as in `_tries`.
            self.settings["tries_max"] = max(_SETTINGS_LIMITS["tries_max"][0], self._tries() + 1)
        retention = self._provisioned(RETENTION_NAME)
        self._store.keep_days(
            {
                name: days
                for name, days in retention.items()
                if isinstance(days, int) and days >= _RETENTION_DAYS_MIN
            }
        )

    def _provisioned(self, name: str) -> dict:
        """A map of settings, empty where it can not be read."""
        try:
            data = self._store.get(name, SERVICE)
            found = cbor.loads(data) if data else {}
            if not isinstance(found, dict):
                raise ValueError("they are no map")
        except (StoreError, ValueError) as error:
            self.trouble = "the settings %r can not be read, the defaults count: %s" % (name, error)
            return {}
        return found

    # ------------------------------------------------------------------------------------ one check

    def _enter(self, pin: bytearray) -> None:
        if self.state != "ready":
            raise Refused("there is no store: %s" % self.state)
        if self._is_checking:
            raise Refused("another PIN is being checked")
        if self.pin_set:
            check_rules(pin)
            left_ms = self.wait_ms()
            if left_ms:
                seconds = (left_ms + 999) // 1000
                raise Refused("too many wrong PINs: wait %d s" % seconds, left_ms)
        elif pin:
            raise Refused("no PIN is set")
        self._is_checking = True
        self._is_interrupted = False

    def _leave(self) -> None:
        self._custody.pin_forget()
        self._is_checking = False
        self.activity()

    async def _check(self, pin: bytearray, personal: bool) -> bool:
        if not self.pin_set:
            return self._unlock_without_pin(personal)
        tries = self._tries() + 1
        # On the flash before the check begins: a cut during it costs a try.
        self._store.put_tries(tries)
        self._tried_ms = self._clock.ticks_ms()
        body = self._store.keys_body()
        await self._derive(pin, _pin_salt(body), self._rounds)
        is_right = self._custody.unlock(body, personal)
        self._tried_ms = self._clock.ticks_ms()
        if is_right:
            self._forgive()
        elif tries >= self.settings["tries_max"]:
            await self.wipe()
        return is_right

    def _forgive(self) -> None:
        """The PIN was right: earlier tries do not count."""
        try:
            self._store.put_tries(0)
        except Exception:
            # Whoever may not forget tries may not go on either: each unlocking would count.
            self._drop_keys()
            raise

    def _drop_keys(self) -> None:
        """Those that came with a PIN, and what was read with them."""
        self._custody.lock()
        for forget in self.on_lock:
            forget()

    def _unlock_without_pin(self, personal: bool) -> bool:
        body = self._store.keys_body()
        self._derive_without_pin(_pin_salt(body))
        is_open = self._custody.unlock(body, personal)
        self._custody.pin_forget()
        return is_open

    def _derive_without_pin(self, salt: bytes) -> None:
        self._custody.pin_begin(b"", salt, 0)
        while not self._custody.pin_step(1):
            pass

    async def _derive(self, pin: bytearray, salt: bytes, rounds: int) -> None:
        """The PIN's KEK, in slices."""
        self._custody.pin_begin(pin, salt, rounds)
        erase(pin, len(pin))
        while not (await self._slice())[0]:
            pass
        await self._give_way()

    async def _give_way(self) -> None:
        """Everything else has its turn: between two slices, and between a slice and what is
        written to the flash before the first and after the last, which takes as long as one."""
        await asyncio.sleep(0)
        if self._is_interrupted:
            raise Interrupted("locked while a PIN was being checked or changed")

    async def _slice(self) -> tuple:
        """One slice: whether it was the last, its rounds, and the milliseconds it took."""
        await self._give_way()
        n_rounds = self._slice_rounds
        began_ms = self._clock.ticks_ms()
        is_last = self._custody.pin_step(n_rounds)
        took_ms = self._clock.ticks_diff(self._clock.ticks_ms(), began_ms)
        if took_ms > _SLICE_MS_MAX:
            self._slice_rounds = max(1, n_rounds // 2)
        elif took_ms < _SLICE_MS_MIN and not is_last:
            self._slice_rounds = 2 * n_rounds
        return is_last, n_rounds, took_ms

    # ----------------------------------------------------------------------------------- a new PIN

    async def _wrap(self, pin: bytearray) -> bytes:
        """The keys now open, under a new PIN and at this board's pace."""
        salt = bytearray(_PIN_SALT_BYTES)
        self._rng.fill(salt)
        rounds = await self._calibrate(salt)
        await self._derive(pin, salt, rounds)
        generation = struct.unpack_from("<Q", self._store.keys_body(), _GENERATION_AT)[0]
        return self._custody.wrap(generation + 1)

    async def _calibrate(self, salt: bytes) -> int:
        """Rounds that take about `check_ms` here, by running some."""
        self._custody.pin_begin(bytes(PIN_DIGITS_MIN), salt, ROUNDS_MAX)
        n_rounds = took_ms = 0
        is_last = False
        while took_ms < _CALIBRATION_MS and not is_last:
            is_last, n, ms = await self._slice()
            n_rounds += n
            took_ms += ms
        self._custody.pin_forget()
        rounds = n_rounds * self.settings["check_ms"] // max(1, took_ms)
        return min(max(ROUNDS_MIN, rounds), ROUNDS_MAX)


def check_rules(pin: bytearray) -> None:
    """Refused unless this could be a PIN."""
    if not PIN_DIGITS_MIN <= len(pin) <= PIN_DIGITS_MAX:
        raise Refused("a PIN has %d to %d digits" % (PIN_DIGITS_MIN, PIN_DIGITS_MAX))
    for character in pin:
        if not 0x30 <= character <= 0x39:
            raise Refused("a PIN has digits only")


def delay_after(tries: int) -> int:
    """Milliseconds to wait after so many wrong PINs in a row: 0, 0, 1 s, 2 s, 4 s ... 15 min."""
    if tries <= _FREE_TRIES:
        return 0
    doublings = min(tries - _FREE_TRIES - 1, 10)
    return min(_FIRST_DELAY_MS << doublings, _LONGEST_DELAY_MS)


def _pin_salt(body: bytes) -> bytes:
    return body[_SALT_AT : _SALT_AT + _PIN_SALT_BYTES]
