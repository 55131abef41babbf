"""The life of the keys: PIN, tries, delays, locking and wiping, on a flash whose power fails."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Callable
from typing import Any

import pytest
from custody_model import CustodyModel
from handset_parts import Clock, Rng
from nor_flash import ERASE_CUTS, PROGRAM_CUTS, NorFlash, PowerCut

from handset.link import cbor
from handset.store import keeper as policy
from handset.store import layout
from handset.store.errors import Damaged, Full, Locked
from handset.store.journals import Days, State
from handset.store.keeper import Keeper
from handset.store.layout import PERSONAL, PROFESSIONAL, SERVICE
from handset.store.store import Store

PIN = "271828"
WRONG = "314159"
OTHER = "0042"
_SLICE_MS_LIMIT = 20


def digits(pin: str) -> bytearray:
    """As the keeper takes it."""
    return bytearray(pin.encode())


class TimedCustody(CustodyModel):
    """Hashing takes time on the clock. `on_pin` sees the moment in which a check begins."""

    def __init__(self, clock: Clock, round_us: float, device_secret: bytes | None) -> None:
        super().__init__(device_secret, seed=11)
        self._clock = clock
        self._round_us = round_us
        self._left = 0
        self.rounds = 0
        self.longest_step_ms = 0.0
        self.on_pin: Callable[[], None] = lambda: None

    def pin_begin(self, pin: bytes, pin_salt: bytes, rounds: int) -> None:
        if rounds:
            self.on_pin()
        super().pin_begin(pin, pin_salt, rounds)
        self._left = self.rounds = rounds

    def pin_step(self, n_rounds: int) -> bool:
        taken_ms = min(n_rounds, self._left) * self._round_us / 1000
        self._left = max(0, self._left - n_rounds)
        self._clock.pass_ms(taken_ms)
        self.longest_step_ms = max(self.longest_step_ms, taken_ms)
        return super().pin_step(n_rounds)


class World:
    """A handset's store, keys and time; `restart` takes its power and gives it back."""

    def __init__(self, round_us: float = 50.0, settings: dict[str, int] | None = None) -> None:
        self.flash = NorFlash(8)
        self.clock = Clock()
        self.rng = Rng()
        self.round_us = round_us
        self.settings = settings
        self.today = -1
        self.device_secret: bytes | None = bytes(range(32))
        self.boot()

    def boot(self) -> None:
        """Everything in RAM is new, and has not been started."""
        self.custody = TimedCustody(self.clock, self.round_us, self.device_secret)
        self.store = Store(self.flash, self.custody, 64, lambda: self.today)
        self.keeper = Keeper(self.store, self.custody, self.clock, self.rng, self.settings)

    def restart(self) -> str:
        self.flash = self.flash.restart()
        self.boot()
        return self.keeper.start()

    def unlock(self, pin: str, at_handset: bool = False) -> bool:
        return asyncio.run(self.keeper.unlock(digits(pin), at_handset))

    def change(self, old: str, new: str, at_handset: bool = False) -> bool:
        return asyncio.run(self.keeper.change_pin(digits(old), digits(new), at_handset))

    def wipe(self) -> None:
        asyncio.run(self.keeper.wipe())

    def unlock_patiently(self, pin: str, at_handset: bool = False) -> bool:
        self.clock.pass_ms(self.keeper.wait_ms())
        return self.unlock(pin, at_handset)

    def twin(self) -> World:
        """A handset with this one's secret that starts from the flash as it is now."""
        twin = object.__new__(World)
        twin.__dict__.update(self.__dict__)
        twin.clock = Clock()
        twin.restart()
        return twin

    def cut_after(self, operations: int, how: str) -> None:
        """Cut the power at an operation from now on."""
        self.flash.cut_at(self.flash.n_operations + operations, how)

    def operations_of(self, action: Callable[[World], object]) -> range:
        """How many operations of the flash something takes; this handset does not do it."""
        twin = self.twin()
        before = twin.flash.n_operations
        action(twin)
        return range(twin.flash.n_operations - before)

    def clear_a_bit(self, kind: int, record_id: bytes, offset: int = 0) -> None:
        """Of the newest record of this kind and id, at an offset or behind it."""
        image = self.flash.image()
        newest, at = -1, -1
        for start in range(0, len(image) - layout.RECORD_BYTES_MIN, 4):
            found = struct.unpack_from(layout.RECORD_FORMAT, image, start)
            is_it = found[0] & layout.KIND_MASK == kind and found[2] == layout.ALIVE
            if is_it and found[3] == record_id and found[4] > newest:
                newest, at = found[4], start
        at += offset
        while not image[at]:
            at += 1
        self.flash.program(at, bytes([image[at] & (image[at] - 1)]))

    def open_domains(self) -> list[int]:
        domains = (SERVICE, PROFESSIONAL, PERSONAL)
        return [domain for domain in domains if self.custody.is_open(domain)]


@pytest.fixture
def world() -> World:
    """Right after its first start."""
    made = World()
    assert made.keeper.start() == "ready"
    return made


@pytest.fixture
def protected(world: World) -> World:
    """With a PIN, something written in each domain, and locked."""
    assert world.change("", PIN, at_handset=True)
    world.store.put("form", b"what was seen", PROFESSIONAL)
    world.store.put("diary", b"nobody's business", PERSONAL)
    world.keeper.lock()
    return world


# ------------------------------------------------------------------------------------ first start


def test_first_start_makes_a_store_without_pin(world: World) -> None:
    assert world.keeper.report.state == "blank"
    assert not world.keeper.pin_set
    assert world.open_domains() == [SERVICE, PROFESSIONAL], "personal opens at the handset only"
    world.store.put("form", b"what was seen", PROFESSIONAL)
    world.store.put("diary", b"nobody's business", PERSONAL)
    assert world.restart() == "ready"
    assert world.keeper.report.state == "open"
    assert world.store.get("form", PROFESSIONAL) == b"what was seen"
    assert world.unlock("", at_handset=True)
    assert world.store.get("diary", PERSONAL) == b"nobody's business"


def test_without_device_secret_there_is_no_store_and_the_flash_stays_blank() -> None:
    world = World()
    world.device_secret = None
    world.boot()
    with pytest.raises(OSError, match="device secret"):
        world.keeper.start()
    assert world.flash.image() == b"\xff" * world.flash.size_bytes()
    assert world.keeper.state == "closed"
    with pytest.raises(policy.Refused, match="no store"):
        world.unlock("")


def test_a_first_start_that_is_cut_anywhere_is_made_again() -> None:
    uncut = World()
    uncut.keeper.start()
    for operation in range(uncut.flash.n_operations):
        for how in PROGRAM_CUTS:
            world = World()
            world.cut_after(operation, how)
            with pytest.raises(PowerCut):
                world.keeper.start()
            assert world.restart() == "ready", (operation, how)
            assert world.change("", PIN, at_handset=True)
            world.restart()
            assert world.unlock(PIN)


def test_the_store_of_another_device_is_left_alone(protected: World) -> None:
    before = protected.flash.image()
    protected.device_secret = bytes(32)
    assert protected.restart() != "ready"
    assert protected.flash.image() == before
    with pytest.raises(policy.Refused, match="no store"):
        protected.unlock(PIN)
    protected.device_secret = bytes(range(32))
    assert protected.restart() == "ready"
    assert protected.unlock(PIN)


# ---------------------------------------------------------------------------------- PIN and domains


def test_a_pin_locks_from_the_next_start_on(protected: World) -> None:
    protected.restart()
    assert protected.keeper.pin_set
    assert protected.keeper.locked
    assert protected.open_domains() == [SERVICE]
    assert not protected.unlock(WRONG)
    assert protected.open_domains() == [SERVICE]
    assert protected.unlock(PIN)
    assert protected.store.get("form", PROFESSIONAL) == b"what was seen"


@pytest.mark.parametrize("at_handset", [True, False])
def test_personal_opens_at_the_handset_only(protected: World, at_handset: bool) -> None:
    assert protected.unlock(PIN, at_handset)
    assert protected.keeper.personal_open is at_handset
    assert not protected.keeper.locked
    protected.keeper.lock()
    assert protected.open_domains() == [SERVICE]


@pytest.mark.parametrize("at_handset", [True, False])
def test_after_a_change_the_new_pin_counts_alone(protected: World, at_handset: bool) -> None:
    assert protected.change(PIN, OTHER, at_handset)
    assert protected.keeper.locked is not at_handset
    assert protected.keeper.personal_open is at_handset
    for _ in range(2):
        assert not protected.unlock(PIN)
        assert protected.unlock(OTHER, at_handset=True)
        assert protected.store.get("diary", PERSONAL) == b"nobody's business"
        protected.restart()


def test_a_change_with_a_wrong_pin_counts_and_changes_nothing(protected: World) -> None:
    body = protected.store.keys_body()
    assert not protected.change(WRONG, OTHER)
    assert protected.keeper.tries_left() == 9
    assert protected.store.keys_body() == body
    assert protected.unlock(PIN)


def test_a_wrong_pin_does_not_lock_what_is_unlocked(protected: World) -> None:
    assert protected.unlock(PIN, at_handset=True)
    assert not protected.unlock(WRONG)
    assert protected.open_domains() == [SERVICE, PROFESSIONAL, PERSONAL]


@pytest.mark.parametrize("pin", ["", "123", "12345678901234567", "12a4", "١٢٣٤", "12 34"])
def test_what_is_no_pin_by_the_rules_is_refused_uncounted(protected: World, pin: str) -> None:
    with pytest.raises(policy.Refused, match="PIN"):
        protected.unlock(pin)
    with pytest.raises(policy.Refused, match="PIN"):
        protected.change(PIN, pin)
    assert protected.store.tries() == 0
    assert protected.unlock(PIN)


@pytest.mark.parametrize("pin", [PIN, WRONG, "", "12a4"])
@pytest.mark.parametrize("is_change", [False, True])
def test_a_pin_is_zeros_as_soon_as_nobody_needs_it(
    protected: World, monkeypatch: pytest.MonkeyPatch, pin: str, is_change: bool
) -> None:
    """Whatever becomes of it; while it is hashed it is in C alone."""
    keeper, old, new = protected.keeper, digits(pin), digits(OTHER)
    step = protected.custody.pin_step

    def watched(n_rounds: int) -> bool:
        assert not any(old)
        return step(n_rounds)

    monkeypatch.setattr(protected.custody, "pin_step", watched)
    work = keeper.change_pin(old, new, True) if is_change else keeper.unlock(old, True)
    with contextlib.suppress(policy.Refused):
        asyncio.run(work)
    assert not any(old)
    assert not any(new) or not is_change


def test_a_pin_that_can_not_be_checked_now_is_zeros_too(protected: World) -> None:
    given = [digits(PIN), digits(PIN), digits("12")]

    async def meanwhile() -> None:
        check = asyncio.ensure_future(protected.keeper.unlock(digits(PIN), True))
        await asyncio.sleep(0)
        with pytest.raises(policy.Refused, match="another PIN"):
            await protected.keeper.unlock(given[0], True)
        with pytest.raises(policy.Refused, match="digits"):
            await protected.keeper.change_pin(given[1], given[2], True)
        await check

    asyncio.run(meanwhile())
    assert not any(b"".join(given))


def test_no_pin_is_wrong_while_none_is_set(world: World) -> None:
    with pytest.raises(policy.Refused, match="PIN"):
        world.unlock(PIN)
    with pytest.raises(policy.Refused, match="PIN"):
        world.change(PIN, OTHER)


def test_a_change_cut_anywhere_leaves_the_old_or_the_new_pin(protected: World) -> None:
    operations = protected.operations_of(lambda world: world.change(PIN, OTHER))
    assert len(operations) > 4
    for operation in operations:
        for how in (*PROGRAM_CUTS, "erase_part"):
            world = protected.twin()
            world.cut_after(operation, how)
            with pytest.raises(PowerCut):
                world.change(PIN, OTHER)
            assert world.restart() == "ready", (operation, how)
            right = [pin for pin in (PIN, OTHER) if world.unlock_patiently(pin, at_handset=True)]
            assert len(right) == 1, (operation, how)
            assert world.store.get("diary", PERSONAL) == b"nobody's business"


# --------------------------------------------------------------------------------- counter, delays


def test_a_try_is_on_the_flash_before_the_pin_is_looked_at(protected: World) -> None:
    seen: list[int] = []
    protected.custody.on_pin = lambda: seen.append(protected.twin().store.tries())
    assert not protected.unlock(WRONG)
    assert protected.unlock(PIN)
    assert protected.unlock(PIN)
    assert seen == [1, 2, 1], "a right PIN is counted too, until it was right"


@pytest.mark.parametrize("pin", [PIN, WRONG])
def test_no_cut_gives_a_try_for_nothing(protected: World, pin: str) -> None:
    operations = protected.operations_of(lambda world: world.unlock(pin))
    assert operations
    for operation in operations:
        for how in (*PROGRAM_CUTS, *ERASE_CUTS):
            world = protected.twin()
            has_begun: list[bool] = []
            world.custody.on_pin = lambda begun=has_begun: begun.append(True)
            world.cut_after(operation, how)
            with pytest.raises(PowerCut):
                world.unlock(pin)
            knows = bool(has_begun)
            assert world.restart() == "ready"
            if pin == WRONG and knows:
                assert world.store.tries() == 1, (operation, how)
            assert world.store.tries() in (0, 1)
            assert world.unlock_patiently(PIN)


def test_who_tries_on_waits_longer_each_time() -> None:
    delays_s = [policy.delay_after(tries) / 1000 for tries in range(16)]
    assert delays_s == [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert policy.delay_after(0xFFFF) == 900_000


def test_a_try_too_early_is_refused_uncounted_also_after_a_restart(protected: World) -> None:
    for _ in range(3):
        assert not protected.unlock(WRONG)
    for _ in range(2):
        with pytest.raises(policy.Refused, match="wait 1 s") as caught:
            protected.unlock(PIN)
        assert 0 < caught.value.left_ms <= 1000
        assert protected.store.tries() == 3
        protected.clock.pass_ms(999)
        with pytest.raises(policy.Refused, match="wait 1 s"):
            protected.unlock(PIN)
        protected.restart()
    protected.clock.pass_ms(1000)
    assert protected.unlock(PIN)
    assert protected.keeper.wait_ms() == 0
    assert protected.keeper.tries_left() == 10


# --------------------------------------------------------------------------------------------- wipe


def exhaust(world: World, tries: int) -> None:
    for _ in range(tries):
        assert not world.unlock_patiently(WRONG)


def assert_all_new(world: World, old_keys: bytes) -> None:
    assert world.keeper.state == "ready"
    assert not world.keeper.pin_set
    assert world.keeper.tries_left() == world.keeper.settings["tries_max"]
    assert world.store.get("form", PROFESSIONAL) is None
    image = world.flash.image()
    assert not any(old_keys[at : at + 48] in image for at in range(85, 329 - 48))


def test_too_many_wrong_pins_wipe_everything(protected: World) -> None:
    old = protected.store.keys_body()
    exhaust(protected, 9)
    assert protected.keeper.tries_left() == 1
    assert protected.unlock_patiently(PIN), "the last try is one"
    exhaust(protected, 10)
    assert_all_new(protected, old)
    protected.restart()
    assert_all_new(protected, old)


def test_the_number_of_tries_is_provisioned(protected: World) -> None:
    protected.store.put(policy.SETTINGS_NAME, cbor.dumps({"tries_max": 3, "x": 1}), SERVICE)
    protected.restart()
    assert protected.keeper.tries_left() == 3
    old = protected.store.keys_body()
    exhaust(protected, 3)
    assert protected.keeper.settings["tries_max"] == 10, "settings are gone with everything else"
    assert_all_new(protected, old)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff",
        cbor.dumps([3, 3]),
        cbor.dumps({"tries_max": 0, "check_ms": 0, "lock_after_ms": -1}),
        cbor.dumps({"tries_max": 1001, "check_ms": 5001, "lock_after_ms": 86_400_001}),
        cbor.dumps({"tries_max": "1"}),
    ],
)
def test_settings_that_can_not_be_are_not_taken(protected: World, data: bytes) -> None:
    protected.store.put(policy.SETTINGS_NAME, data, SERVICE)
    protected.restart()
    is_no_map = data in (b"\xff", cbor.dumps([3, 3]))
    tries_max = 3 if is_no_map else policy.DEFAULT_SETTINGS["tries_max"]
    assert protected.keeper.settings == {**policy.DEFAULT_SETTINGS, "tries_max": tries_max}
    assert bool(protected.keeper.trouble) == is_no_map, "what can not be read is told"
    assert protected.unlock(PIN)


@pytest.mark.parametrize("n_wrong", [1, 4])
def test_settings_that_are_damaged_give_nobody_more_tries(protected: World, n_wrong: int) -> None:
    protected.store.put(policy.SETTINGS_NAME, cbor.dumps({"tries_max": 6}), SERVICE)
    protected.restart()
    exhaust(protected, n_wrong)
    name_id = protected.custody.name_id(SERVICE, policy.SETTINGS_NAME.encode())
    protected.clear_a_bit(layout.VALUE, name_id)
    protected.restart()
    assert "damaged" in protected.keeper.trouble
    assert protected.keeper.tries_left() == {1: 2, 4: 1}[n_wrong]


@pytest.mark.parametrize("offset", [0, 4, 10, 22, 24, 31])
def test_a_bit_of_the_counter_that_is_cleared_gives_nobody_more_tries(
    protected: World, offset: int
) -> None:
    old = protected.store.keys_body()
    exhaust(protected, 5)
    protected.clear_a_bit(layout.TRIES, layout.NO_ID, offset)
    protected.restart()
    assert protected.keeper.tries_left() == 1
    exhaust(protected, 1)
    assert_all_new(protected, old)


def test_damage_beside_the_counter_takes_no_tries(protected: World) -> None:
    exhaust(protected, 2)
    protected.store.put("before", b"", SERVICE)
    protected.store.put("before", b"again", SERVICE)
    assert not protected.unlock_patiently(WRONG)
    protected.clear_a_bit(layout.VALUE, protected.custody.name_id(SERVICE, b"before"), 46)
    assert protected.keeper.tries_left() == 7
    protected.restart()
    assert protected.keeper.report.damage
    assert protected.keeper.tries_left() == 7


def test_settings_that_are_damaged_destroy_nothing(protected: World) -> None:
    """Where more tries were allowed than there are without them."""
    protected.store.put(policy.SETTINGS_NAME, cbor.dumps({"tries_max": 20}), SERVICE)
    protected.restart()
    exhaust(protected, 11)
    name_id = protected.custody.name_id(SERVICE, policy.SETTINGS_NAME.encode())
    protected.clear_a_bit(layout.VALUE, name_id)
    protected.restart()
    assert protected.keeper.tries_left() == 1
    assert protected.unlock_patiently(PIN)


def test_who_sets_the_first_pin_has_all_tries(world: World) -> None:
    world.clear_a_bit(layout.TRIES, layout.NO_ID)
    world.restart()
    world.change("", PIN, True)
    world.restart()
    assert world.keeper.tries_left() == policy.DEFAULT_SETTINGS["tries_max"]


def test_with_a_damaged_counter_one_try_is_left(
    protected: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged() -> int:
        raise Damaged("the record is not what was written")

    protected.restart()
    monkeypatch.setattr(protected.store, "tries", damaged)
    assert protected.keeper.tries_left() == 1
    with pytest.raises(policy.Refused, match="wait"):
        protected.unlock(PIN)
    twin = protected.twin()
    monkeypatch.setattr(twin.store, "tries", damaged)
    assert twin.unlock_patiently(PIN), "who knows the PIN sets it right"
    old = protected.store.keys_body()
    protected.clock.pass_ms(protected.keeper.wait_ms())
    begin = protected.store.begin_wipe
    monkeypatch.setattr(protected.store, "begin_wipe", lambda: _undone(begin, monkeypatch))
    assert not protected.unlock(WRONG)
    assert_all_new(protected, old)


def _undone(wipe: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A wipe takes the damage with it."""
    wipe()
    monkeypatch.undo()


def test_a_cut_during_the_last_check_does_not_give_another(protected: World) -> None:
    old = protected.store.keys_body()
    exhaust(protected, 9)

    def cut() -> None:
        raise PowerCut

    protected.custody.on_pin = cut
    with pytest.raises(PowerCut):
        protected.unlock_patiently(WRONG)
    protected.restart()
    assert_all_new(protected, old)


def test_a_wipe_goes_on_wherever_it_is_cut(protected: World) -> None:
    old = protected.store.keys_body()
    uncut = protected.twin()
    uncut.wipe()
    assert_all_new(uncut, old)
    for operation in protected.operations_of(World.wipe):
        for how in ("torn_bits", "erase_part", "clean"):
            world = protected.twin()
            world.cut_after(operation, how)
            with pytest.raises(PowerCut):
                world.wipe()
            assert world.restart() == "ready", (operation, how)
            if world.keeper.pin_set:
                # Cut before it was decided: nothing happened at all.
                assert operation <= 1, (operation, how)
                assert world.unlock(PIN)
                continue
            assert_all_new(world, old)


def test_others_have_their_turn_between_sectors_that_are_wiped(protected: World) -> None:
    """No key is left before the first of them, and nobody gets at a store that is half gone."""
    old = protected.store.keys_body()
    n_turns = 0

    async def others() -> None:
        nonlocal n_turns
        while protected.keeper.state == "closed":
            n_turns += 1
            assert old is not None and old[85:133] not in protected.flash.image()
            with pytest.raises(policy.Refused, match="closed"):
                await protected.keeper.unlock(digits(PIN), True)
            with pytest.raises(policy.Refused, match="being wiped"):
                await protected.keeper.wipe()
            await asyncio.sleep(0)

    async def both() -> None:
        wiping = asyncio.ensure_future(protected.keeper.wipe())
        await asyncio.sleep(0)
        await others()
        await wiping

    asyncio.run(both())
    assert n_turns >= protected.flash.size_bytes() // protected.flash.sector_bytes() - 1
    assert_all_new(protected, old)


# --------------------------------------------------------------------------------- cost of a check


@pytest.mark.parametrize("round_us", [0.4, 2.0, 17.0, 49.0])
def test_a_check_is_calibrated_to_half_a_second(round_us: float) -> None:
    world = World(round_us)
    world.keeper.start()
    assert world.change("", PIN)
    world.restart()
    began_us = world.clock.now_us
    assert world.unlock(PIN)
    assert 400_000 < world.clock.now_us - began_us < 600_000
    assert world.custody.longest_step_ms <= _SLICE_MS_LIMIT


def test_slow_boards_do_ten_thousand_rounds() -> None:
    world = World(round_us=150.0)
    world.keeper.start()
    assert world.change("", PIN)
    assert world.unlock(PIN)
    assert world.custody.rounds == policy.ROUNDS_MIN
    assert world.custody.longest_step_ms <= _SLICE_MS_LIMIT


def test_others_have_their_turn_between_slices(protected: World) -> None:
    protected.restart()
    turns: list[int] = []

    async def others() -> None:
        while True:
            turns.append(protected.clock.now_us)
            await asyncio.sleep(0)

    async def both() -> None:
        other = asyncio.ensure_future(others())
        assert await protected.keeper.unlock(digits(PIN), True)
        other.cancel()

    asyncio.run(both())
    gaps_ms = [(b - a) / 1000 for a, b in zip(turns, turns[1:], strict=False)]
    assert len(gaps_ms) > 20
    assert max(gaps_ms) <= _SLICE_MS_LIMIT


def test_others_have_their_turn_between_slices_and_what_is_written(
    protected: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of them on end would be more than others wait for."""
    deeds: list[str] = []

    def note(owner: object, name: str) -> None:
        deed = getattr(owner, name)

        def noted(*arguments: object) -> object:
            deeds.append(name)
            return deed(*arguments)

        monkeypatch.setattr(owner, name, noted)

    note(protected.store, "put_tries")
    note(protected.store, "put_keys")
    note(protected.custody, "pin_step")

    async def others() -> None:
        while True:
            deeds.append("others")
            await asyncio.sleep(0)

    async def both() -> None:
        other = asyncio.ensure_future(others())
        assert await protected.keeper.change_pin(digits(PIN), digits(OTHER), True)
        other.cancel()

    asyncio.run(both())
    assert {"put_tries", "put_keys", "pin_step"} <= set(deeds)
    pairs = list(zip(deeds, deeds[1:], strict=False))
    assert [pair for pair in pairs if "others" not in pair] == []


# --------------------------------------------------------------------------------------------- lock


def _time_out(world: World) -> None:
    world.clock.pass_ms(world.keeper.settings["lock_after_ms"])
    world.keeper.tick()


def _enter_wrong_pins(world: World) -> None:
    while world.keeper.pin_set:
        world.unlock_patiently(WRONG)


@pytest.mark.parametrize(
    "lock",
    [
        lambda world: world.keeper.lock(),
        _time_out,
        World.wipe,
        _enter_wrong_pins,
        lambda world: world.change(PIN, OTHER),
    ],
)
def test_who_has_read_is_told_as_soon_as_the_keys_have_gone(
    protected: World, lock: Callable[[World], object]
) -> None:
    assert protected.unlock(PIN)
    told: list[tuple[bool, int]] = []
    for _ in range(2):
        protected.keeper.on_lock.append(
            lambda: told.append((protected.keeper.locked, protected.keeper.n_wipes))
        )
    lock(protected)
    assert len(told) >= 2
    assert set(told) == {(True, 0)}, "before anything of a wipe has begun"


def test_nobody_there_for_long_locks(protected: World) -> None:
    assert protected.unlock(PIN, at_handset=True)
    protected.clock.pass_ms(299_000)
    protected.keeper.tick()
    assert not protected.keeper.locked
    protected.keeper.activity()
    protected.clock.pass_ms(299_000)
    protected.keeper.tick()
    assert not protected.keeper.locked
    protected.clock.pass_ms(1_000)
    protected.keeper.tick()
    assert protected.open_domains() == [SERVICE]


def test_no_time_out_without_a_pin_or_when_it_is_provisioned_away(world: World) -> None:
    world.clock.pass_ms(10_000_000)
    world.keeper.tick()
    assert not world.keeper.locked
    world.store.put(policy.SETTINGS_NAME, cbor.dumps({"lock_after_ms": 0}), SERVICE)
    assert world.change("", PIN)
    world.restart()
    assert world.unlock(PIN)
    world.clock.pass_ms(10_000_000)
    world.keeper.tick()
    assert not world.keeper.locked


def test_locking_ends_a_check_and_the_try_counts(protected: World) -> None:
    async def lock_meanwhile() -> None:
        check = asyncio.ensure_future(protected.keeper.unlock(digits(PIN), True))
        for _ in range(5):
            await asyncio.sleep(0)
        with pytest.raises(policy.Refused, match="another PIN"):
            await protected.keeper.unlock(digits(PIN), True)
        protected.keeper.lock()
        with pytest.raises(policy.Interrupted):
            await check

    asyncio.run(lock_meanwhile())
    assert protected.open_domains() == [SERVICE]
    assert protected.store.tries() == 1
    assert protected.unlock(PIN)


def test_a_try_that_cannot_be_counted_is_not_made(
    protected: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(tries: int) -> None:
        raise Full("no room")

    monkeypatch.setattr(protected.store, "put_tries", full)
    began: list[Any] = []
    protected.custody.on_pin = lambda: began.append(1)
    with pytest.raises(Full):
        protected.unlock(PIN)
    assert not began
    assert protected.keeper.locked


def test_tries_that_cannot_be_forgotten_lock_again(
    protected: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = protected.store.put_tries

    def full_for_zero(tries: int) -> None:
        if not tries:
            raise Full("no room")
        put(tries)

    monkeypatch.setattr(protected.store, "put_tries", full_for_zero)
    with pytest.raises(Full):
        protected.unlock(PIN, at_handset=True)
    assert protected.open_domains() == [SERVICE]


def test_how_long_entries_are_kept_is_provisioned(protected: World) -> None:
    days = {"positions": 3, "calls": 2, "nonsense": "x"}
    protected.store.put(policy.RETENTION_NAME, cbor.dumps(days), SERVICE)
    protected.restart()
    for day in range(100, 110):
        protected.today = day
        for journal in ("positions", "calls"):
            protected.store.append(journal, b"%d" % day)
    assert [protected.store.span(name) for name in ("positions", "calls")] == [(7, 10), (0, 10)]


def provisioned(world: World) -> tuple[int, int]:
    return world.keeper.settings["tries_max"], world.store.days_kept()["positions"]


def test_settings_change_both_or_not_at_all_wherever_power_is_cut(world: World) -> None:
    def change(world: World) -> None:
        world.keeper.provision({"tries_max": 4}, {"positions": 30})

    for operation in world.operations_of(change):
        for how in PROGRAM_CUTS:
            twin = world.twin()
            twin.cut_after(operation, how)
            with pytest.raises(PowerCut):
                change(twin)
            assert twin.restart() == "ready"
            assert provisioned(twin) in ((10, 61), (4, 30))
    change(world)
    assert provisioned(world) == (4, 30)
    world.restart()
    assert provisioned(world) == (4, 30)


@pytest.mark.parametrize("name", ["tries_max", "lock_after_ms", "check_ms"])
def test_settings_with_which_nobody_could_go_on_are_refused(world: World, name: str) -> None:
    before = dict(world.keeper.settings)
    least, most = {"tries_max": (3, 1000), "lock_after_ms": (0, 86_400_000)}.get(name, (100, 5000))
    for value in (least - 1, most + 1, 1 << 40):
        with pytest.raises(ValueError, match="%s .*: %d to %d" % (name, least, most)):
            world.keeper.provision({name: value}, {})
    assert world.keeper.settings == before
    for value in (least, most):
        world.keeper.provision({name: value}, {})
        assert world.keeper.settings[name] == value


def put_many(world: World, n_bytes: int) -> None:
    for number in range(10_000):
        world.store.put("form/%d/%d" % (n_bytes, number), bytes(n_bytes))


def test_settings_that_find_no_room_stay_as_they_were(world: World) -> None:
    for n_bytes in (500, 1):
        with pytest.raises(Full):
            put_many(world, n_bytes)
    with pytest.raises(Full):
        world.keeper.provision({"tries_max": 4}, {"positions": 30})
    assert provisioned(world) == (10, 61)
    assert world.store.delete("form/500/0") and world.store.delete("form/500/1")
    world.keeper.provision({"tries_max": 3}, {})
    assert world.keeper.settings["tries_max"] == 3


def test_settings_are_not_changed_while_a_pin_is_checked(protected: World) -> None:
    async def meanwhile() -> None:
        change = asyncio.ensure_future(
            protected.keeper.change_pin(digits(PIN), digits(OTHER), True)
        )
        n_refused = 0
        while not change.done():
            await asyncio.sleep(0)
            if not change.done():
                with pytest.raises(Locked):
                    protected.keeper.provision({"tries_max": 3}, {})
                n_refused += 1
        assert n_refused > 1 and change.result()

    asyncio.run(meanwhile())
    assert protected.keeper.settings["tries_max"] == 10
    protected.keeper.provision({"tries_max": 3}, {})
    assert protected.keeper.tries_left() == 3


def test_settings_that_can_not_be_read_are_made_anew(world: World) -> None:
    world.store.put(policy.SETTINGS_NAME, b"\xff", SERVICE)
    world.restart()
    assert world.keeper.trouble
    world.keeper.provision({"lock_after_ms": 0}, {})
    assert not world.keeper.trouble
    assert world.keeper.settings == {**policy.DEFAULT_SETTINGS, "lock_after_ms": 0}


def test_the_longest_time_that_entries_may_be_kept_can_be_trimmed(world: World) -> None:
    """All days of a journal are one record."""
    world.keeper.provision({}, {"consent": 600})
    with pytest.raises(ValueError, match="3 to 600"):
        world.keeper.provision({}, {"consent": 601})
    days = Days()
    for day in range(1, 602):
        days.begin(day, 600, day)
    world.store.put("as long", State().body(days))
