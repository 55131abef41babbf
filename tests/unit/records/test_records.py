"""What the handset writes down: where, when the flash is touched, and what a radio does without a
store."""

from __future__ import annotations

import asyncio
import errno

import pytest
from custody_model import CustodyModel
from handset_parts import Clock, Rng
from nor_flash import NorFlash

from handset.geo.report import Report
from handset.link import cbor
from handset.records import records
from handset.records.records import Records
from handset.store.errors import WornOut
from handsetctl.store.positions import positions_in

NOON_MS = 1_900_000_000_000


class Handset:
    """A handset's records; `quiet` is what the channel is."""

    def __init__(self, flash: NorFlash | None = None, secret: bytes | None = bytes(32)) -> None:
        self.flash = flash or NorFlash(8)
        self.clock = Clock()
        self.clock.utc_offset_ms = NOON_MS - self.clock.now_us // 1000
        self.quiet = True
        self.logged: list[str] = []
        self.custody = CustodyModel(secret, seed=3)
        self.records = Records(
            self.flash,
            self.custody,
            self.clock,
            Rng(),
            256,
            lambda: self.quiet,
            self.logged.append,
        )
        self.records.start()

    def entries(self, journal: str) -> list[bytes]:
        return [value for _, value in self.records.store.entries(journal)]

    def blocks(self) -> list[list[tuple[int, int, int]]]:
        """Positions, block by block."""
        return [
            [(p.lat_e7, p.lon_e7, p.utc_ms) for p in positions_in(block)]
            for block in self.entries("positions")
        ]

    def pass_minutes(self, n_minutes: int) -> None:
        """With a position in each."""
        for _ in range(n_minutes):
            self.records.position(report(self.clock.utc_ms()))
            self.clock.pass_ms(60_000)
            self.records.turn()

    def calls(self) -> list[object]:
        return [cbor.loads(value) for value in self.entries("calls")]

    def turns_until_idle(self) -> int:
        n_turns = 0
        while self.records.turn() < 1000:
            n_turns += 1
        return n_turns


@pytest.fixture
def handset() -> Handset:
    return Handset()


def report(utc_ms: int = NOON_MS, lat: int = 488_500_000, lon: int = -23_500_000) -> Report:
    made = Report(1, "sip:agent@example.org")
    made.utc_ms, made.lat_deg_e7, made.lon_deg_e7 = utc_ms, lat, lon
    return made


# ------------------------------------------------------------------------------------------- start


def test_a_start_says_how_the_store_is(handset: Handset) -> None:
    assert handset.logged == ["store: 3 records, tail clean, no PIN set"]
    again = Handset(handset.flash.restart())
    assert again.logged == ["store: 3 records, tail clean, no PIN set"]


def test_damage_and_a_tail_in_doubt_are_said(handset: Handset) -> None:
    for number in range(12):
        handset.records.store.put("form %d" % number, b"x" * 30)
    flash = handset.flash.restart()
    image = bytearray(flash.image())
    end = len(image[: flash.sector_bytes()].rstrip(b"\xff"))
    image[1200:1240] = bytes(40)
    image[end + 2] = 0
    flash.load(bytes(image))
    again = Handset(flash)
    assert "tail in doubt" in again.logged[0]
    assert again.logged[1].startswith("store: damage: altered, sector 0")
    assert again.records.stats()["ready"] == 1


def test_without_device_secret_a_handset_goes_on_and_keeps_nothing() -> None:
    handset = Handset(secret=None)
    (line,) = handset.logged
    assert line.startswith("no store, nothing is kept") and "device secret" in line
    handset.records.geolocation(True)
    handset.records.position(report())
    handset.records.floor("taken", {"user_id": "sip:other"})
    handset.records.floor("idle", {})
    handset.records.keep_setting("voice", ["opus", 16000, False])
    assert handset.records.setting("voice") is None
    assert handset.records.stats() == {
        "ready": 0,
        "entries_written": 0,
        "entries_waiting": 0,
        "entries_lost": 3,
    }
    assert handset.flash.n_operations == 0
    assert handset.records.turn() == 1000


def test_a_store_of_another_device_is_left_alone(handset: Handset) -> None:
    flash = handset.flash.restart()
    other = Handset(flash, secret=bytes(range(32)))
    assert other.logged[0] == "no store, nothing is kept: foreign; left as it is"
    other.records.geolocation(True)
    other.turns_until_idle()
    assert flash.n_operations == 0


# ------------------------------------------------------------------------------------- what is kept


def test_geolocation_on_and_off_is_on_the_flash_at_once_even_while_somebody_talks(
    handset: Handset,
) -> None:
    handset.quiet = False
    handset.records.geolocation(True)
    handset.clock.pass_ms(7_000)
    handset.records.geolocation(False)
    again = Handset(handset.flash.restart())
    consent = [cbor.loads(value) for value in again.entries("consent")]
    assert consent == [[NOON_MS, "geolocation", True], [NOON_MS + 7_000, "geolocation", False]]


def test_positions_are_kept_once_a_minute_and_each_time_anew_from_the_switch_on(
    handset: Handset,
) -> None:
    handset.records.geolocation(True)
    for second in range(0, 130, 5):
        handset.records.position(report(NOON_MS + second * 1000))
        handset.clock.pass_ms(5_000)
    handset.records.geolocation(False)
    handset.records.geolocation(True)
    handset.records.position(report(NOON_MS + 131_000, lat=-1, lon=2))
    expected = [(488_500_000, -23_500_000, NOON_MS + s * 1000) for s in (0, 60, 120)]
    assert handset.blocks() == [expected, [(-1, 2, NOON_MS + 131_000)]]


def test_each_position_is_on_the_flash_at_once(handset: Handset) -> None:
    for minute in range(5):
        handset.pass_minutes(1)
        (block,) = Handset(handset.flash.restart()).blocks()
        assert len(block) == minute + 1


def test_a_restart_begins_another_block(handset: Handset) -> None:
    handset.pass_minutes(3)
    again = Handset(handset.flash.restart())
    again.pass_minutes(2)
    assert [len(block) for block in again.blocks()] == [3, 2]


def test_a_block_ends_with_the_day_and_is_kept_as_long_as_its_day(handset: Handset) -> None:
    minutes_left = (86_400_000 - NOON_MS % 86_400_000) // 60_000
    handset.clock.pass_ms((minutes_left - 10) * 60_000)
    handset.pass_minutes(20)
    assert [len(block) for block in handset.blocks()] == [11, 9]


def test_a_block_is_forgotten_and_goes_no_further_when_the_store_is_locked(
    handset: Handset,
) -> None:
    handset.pass_minutes(3)
    handset.records.keeper.lock()
    handset.pass_minutes(4)
    assert [len(block) for block in Handset(handset.flash.restart()).blocks()] == [3, 4]


def test_a_block_is_forgotten_at_once_however_soon_the_store_is_unlocked(handset: Handset) -> None:
    handset.pass_minutes(3)
    handset.records.keeper.lock()
    assert asyncio.run(handset.records.keeper.unlock(bytearray(), False))
    handset.pass_minutes(4)
    assert [len(block) for block in handset.blocks()] == [3, 4]


def test_a_wiped_store_begins_with_a_block_of_its_own(handset: Handset) -> None:
    handset.pass_minutes(3)
    asyncio.run(handset.records.keeper.wipe())
    handset.pass_minutes(2)
    assert [len(block) for block in handset.blocks()] == [2]
    assert handset.records.lost == 0


def test_each_talker_becomes_an_entry_when_done(handset: Handset) -> None:
    talk = handset.records.floor
    for event, user_id, seconds in (
        ("pending", "", 1),
        ("granted", "sip:me", 3),
        ("revoked", "", 2),
        ("idle", "", 1),
        ("taken", "sip:a", 4),
        ("taken", "sip:b", 5),
        ("taken", "sip:b", 1),
        ("idle", "", 1),
        ("idle", "", 1),
    ):
        talk(event, {"user_id": user_id} if user_id else {})
        handset.clock.pass_ms(seconds * 1000)
    assert handset.calls() == [
        [NOON_MS + 1_000, 3_000, "sip:me"],
        [NOON_MS + 7_000, 4_000, "sip:a"],
        [NOON_MS + 11_000, 6_000, "sip:b"],
    ]


def test_a_clock_that_is_not_set_is_said_as_it_is(handset: Handset) -> None:
    handset.clock.utc_offset_ms = None
    handset.records.floor("taken", {"user_id": "sip:a"})
    handset.clock.pass_ms(1_500)
    handset.records.floor("idle", {})
    assert handset.calls() == [[-1, 1_500, "sip:a"]]


def test_settings_outlive_a_restart_and_are_written_when_they_change_only(handset: Handset) -> None:
    assert handset.records.setting("voice") is None
    handset.records.keep_setting("voice", ["opus", 24000, True])
    written = handset.flash.n_operations
    handset.records.keep_setting("voice", ["opus", 24000, True])
    assert handset.flash.n_operations == written
    again = Handset(handset.flash.restart())
    assert again.records.setting("voice") == ["opus", 24000, True]


# ------------------------------------------------------------------------------------------ voice


def test_nothing_is_written_while_somebody_talks_until_it_has_waited_long(handset: Handset) -> None:
    handset.turns_until_idle()
    handset.quiet = False
    before = handset.flash.n_operations
    handset.records.floor("taken", {"user_id": "sip:a"})
    handset.records.floor("taken", {"user_id": "sip:b"})
    handset.records.position(report())
    handset.clock.pass_ms(records.PATIENCE_MS - 1)
    assert handset.records.turn() == 1000
    assert handset.flash.n_operations == before
    handset.clock.pass_ms(1)
    written = []
    while handset.records.turn() < 1000:
        written.append(handset.records.written)
    assert written == [1, 2], "one entry a turn"


def test_what_waits_is_written_when_the_channel_is_quiet(handset: Handset) -> None:
    handset.quiet = False
    handset.records.position(report())
    assert handset.records.stats()["entries_waiting"] == 1
    handset.quiet = True
    handset.records.turn()
    assert len(handset.entries("positions")) == 1


def test_what_waits_has_a_bound(handset: Handset) -> None:
    handset.quiet = False
    for number in range(100):
        handset.records.floor("taken", {"user_id": "sip:%d" % number})
        assert handset.records.stats()["entries_waiting"] <= records.WAITING_MAX
    assert handset.records.lost == 0


def test_the_store_tidies_up_in_quiet_times_only(handset: Handset) -> None:
    for number in range(150):
        handset.records.store.put("form", b"%d" % number * 40)
    handset.quiet = False
    before = handset.flash.n_operations
    for _ in range(50):
        assert handset.records.turn() == 1000
    assert handset.flash.n_operations == before
    handset.quiet = True
    assert handset.turns_until_idle() > 0
    assert handset.flash.n_erases > 0


# ------------------------------------------------------------------------------------------ trouble


@pytest.mark.parametrize("error", [WornOut("worn"), OSError(errno.ENODEV, "no randomness")])
def test_what_the_store_refuses_is_counted_and_said_once(
    handset: Handset, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*arguments: object) -> None:
        raise error

    for name in ("append", "put", "tidy"):
        monkeypatch.setattr(handset.records.store, name, refuse)
    handset.logged.clear()
    for _ in range(5):
        handset.records.geolocation(True)
        handset.records.keep_setting("voice", ["amrwb", 12650, False])
        assert handset.records.turn() == 1000
    assert handset.records.lost == 5
    assert handset.logged == ["store: %s" % error]


def test_positions_go_on_after_all_of_the_journal_was_trimmed(handset: Handset) -> None:
    handset.pass_minutes(3)
    handset.records.store.trim_journal("positions", 1)
    handset.pass_minutes(2)
    assert [len(block) for block in handset.blocks()] == [2]


def test_what_waited_for_a_store_that_was_wiped_is_not_for_the_next_one(handset: Handset) -> None:
    handset.quiet = False
    handset.records.position(report())
    handset.records.floor("taken", {"user_id": "sip:a"})
    handset.records.floor("idle", {})
    assert handset.records.stats()["entries_waiting"] == 2
    asyncio.run(handset.records.keeper.wipe())
    handset.quiet = True
    handset.turns_until_idle()
    assert (handset.blocks(), handset.calls()) == ([], [])
    assert (handset.records.stats()["entries_waiting"], handset.records.lost) == (0, 2)
    handset.pass_minutes(3)
    assert [len(block) for block in handset.blocks()] == [2]
