"""Blocks of positions: what goes in comes out of the host's reader, whatever it was and whatever
the store refused meanwhile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handset.geo.report import Report
from handset.records import entries
from handset.records.entries import BLOCK_BYTES, PositionBlock
from handset.store.errors import Full
from handsetctl.store.positions import Position, positions_in

NOON_MS = 1_900_000_000_000
MINUTE_MS = 60_000
PARIS = (488_566_000, 23_522_000)

steps = st.one_of(st.just(0), st.integers(-20_000, 20_000), st.integers(-(1 << 32), 1 << 32))
times = st.one_of(
    st.just(MINUTE_MS),
    st.integers(MINUTE_MS, 65_000),
    st.integers(-5_000, 40_000_000),
    st.integers(0, 1 << 40),
)


class Journal:
    """The store's journal of positions as a list; refuses while `is_full`."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []
        self.is_full = False

    def append(self, journal: str, value: bytes) -> int:
        self._check(journal)
        self.blocks.append(bytes(value))
        return len(self.blocks) - 1

    def amend(self, journal: str, number: int, value: bytes) -> None:
        self._check(journal)
        assert number == len(self.blocks) - 1
        self.blocks[number] = bytes(value)

    def span(self, journal: str) -> tuple[int, int]:
        return 0, len(self.blocks)

    def _check(self, journal: str) -> None:
        assert journal == "positions"
        if self.is_full:
            raise Full("no room")

    def positions(self) -> list[Position]:
        return [position for block in self.blocks for position in positions_in(block)]


class Trace:
    """A block under way: where and when is what the test says."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.buf = bytearray(BLOCK_BYTES)
        self.block = PositionBlock(self.journal, self.buf)  # type: ignore[arg-type]
        self.added: list[Position] = []

    def add(self, lat_e7: int, lon_e7: int, utc_ms: int) -> None:
        own = Report(1, "sip:agent@example.org")
        own.lat_deg_e7, own.lon_deg_e7, own.utc_ms = lat_e7, lon_e7, utc_ms
        self.block.add(entries.position(own))
        self.added.append(Position(lat_e7, lon_e7, utc_ms))

    def walk(self, n_positions: int, step_e7: int, first_ms: int = NOON_MS) -> None:
        for i in range(n_positions):
            self.add(PARIS[0] + i * step_e7, PARIS[1] - i * step_e7, first_ms + i * MINUTE_MS)


def assert_same(found: list[Position], added: list[Position]) -> None:
    """To 1e-6 degrees and a second: half of each, in fact."""
    assert len(found) == len(added)
    for one, other in zip(found, added, strict=True):
        assert abs(one.lat_e7 - other.lat_e7) <= 5
        assert abs(one.lon_e7 - other.lon_e7) <= 5
        assert abs(one.utc_ms - other.utc_ms) <= 500
        assert (one.utc_ms < 0) == (other.utc_ms < 0)


def on_earth(number: int, most_e7: int) -> int:
    return (number + most_e7) % (2 * most_e7 + 1) - most_e7


@given(
    st.integers(-900_000_000, 900_000_000),
    st.integers(-1_800_000_000, 1_800_000_000),
    st.lists(st.tuples(steps, steps, times, st.sampled_from("......-dfl")), max_size=150),
)
def test_any_sequence_comes_out_as_it_went_in(lat_e7: int, lon_e7: int, walk: list) -> None:
    """Of each: "-" no date, "d" a day later, "f" the store is full this once, "l" a lock."""
    trace = Trace()
    utc_ms = NOON_MS
    for lat_step, lon_step, passed_ms, what in walk:
        lat_e7 = on_earth(lat_e7 + lat_step, 900_000_000)
        lon_e7 = on_earth(lon_e7 + lon_step, 1_800_000_000)
        utc_ms = max(0, utc_ms + passed_ms + 86_400_000 * (what == "d"))
        trace.journal.is_full = what == "f"
        if what == "f":
            with pytest.raises(Full):
                trace.add(lat_e7, lon_e7, utc_ms)
        else:
            trace.add(lat_e7, lon_e7, -1 if what == "-" else utc_ms)
        if what == "l":
            trace.block.forget()
        assert_same(trace.journal.positions()[-3:], trace.added[-3:])
    assert_same(trace.journal.positions(), trace.added)
    assert all(len(block) <= BLOCK_BYTES for block in trace.journal.blocks)


@pytest.mark.parametrize(
    ("step_e7", "n_bytes"),
    [(0, 3), (7_500, 5), (75_000, 5), (180_000, 7)],
    ids=["standing", "on foot", "in town", "on a motorway"],
)
def test_how_many_bytes_a_position_takes(step_e7: int, n_bytes: int) -> None:
    trace = Trace()
    trace.walk(40, step_e7)
    assert len(trace.journal.blocks[0]) == 16 + 39 * n_bytes


def test_a_full_block_is_followed_by_another_one() -> None:
    trace = Trace()
    trace.walk(250, 7_500)
    assert [len(positions_in(block)) for block in trace.journal.blocks] == [98, 98, 54]
    assert_same(trace.journal.positions(), trace.added)


def test_a_block_is_of_one_day_and_of_dates_that_are_all_known_or_none() -> None:
    trace = Trace()
    trace.add(*PARIS, -1)
    trace.add(*PARIS, -1)
    before_midnight_ms = NOON_MS // 86_400_000 * 86_400_000 + 86_400_000 - 3 * MINUTE_MS
    trace.walk(7, 0, before_midnight_ms)
    assert [len(positions_in(block)) for block in trace.journal.blocks] == [2, 3, 4]
    assert_same(trace.journal.positions(), trace.added)


def test_a_clock_that_goes_back_begins_another_one() -> None:
    trace = Trace()
    trace.walk(3, 0)
    trace.walk(3, 0)
    assert len(trace.journal.blocks) == 2
    assert_same(trace.journal.positions(), trace.added)


def test_what_the_store_refused_is_not_in_the_block() -> None:
    trace = Trace()
    trace.walk(3, 100)
    trace.journal.is_full = True
    with pytest.raises(Full):
        trace.add(*PARIS, NOON_MS + 3 * MINUTE_MS)
    trace.journal.is_full = False
    trace.add(*PARIS, NOON_MS + 4 * MINUTE_MS)
    assert len(trace.journal.blocks) == 1
    assert_same(trace.journal.positions(), trace.added)


def test_nothing_stays_in_ram_of_what_is_to_be_forgotten() -> None:
    trace = Trace()
    trace.walk(50, 7_500)
    trace.journal.is_full = True
    with pytest.raises(Full):
        trace.add(*PARIS, NOON_MS + 50 * MINUTE_MS)
    assert any(trace.buf)
    trace.block.forget()
    assert trace.buf == bytes(BLOCK_BYTES)
    with pytest.raises(Full):
        trace.add(*PARIS, NOON_MS)
    assert trace.buf == bytes(BLOCK_BYTES), "nor of a block that never began"


def test_a_wiped_store_has_no_such_block() -> None:
    trace = Trace()
    assert trace.block.is_newest(), "before there is any"
    trace.walk(3, 100)
    assert trace.block.is_newest()
    trace.journal.blocks.clear()
    assert not trace.block.is_newest()
