"""How long the store keeps its caller waiting, in accesses to the flash: a slice of `tidy` is one
erase or a handful of records, and what trimming leaves to do is done bit by bit."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from custody_model import CustodyModel
from nor_flash import NorFlash
from store_rig import PIN, PIN_SALT, ROUNDS, STORE_SALT

from handset.store.errors import Full
from handset.store.journals import Journal
from handset.store.layout import SERVICE
from handset.store.store import Store

_SECTOR_BYTES = 4096
_KEPT = 1200
# A slice without an erase. Those with one read the sector back, and mark it.
_READS_MAX, _PROGRAMS_MAX = 150, 40


@dataclass(frozen=True)
class Cost:
    """Of one call."""

    n_reads: int
    n_programs: int
    n_erases: int


class Measured:
    """A store whose calls are counted on its flash."""

    def __init__(
        self, n_sectors: int = 64, sector_bytes: int = _SECTOR_BYTES, records_max: int = 3000
    ) -> None:
        self._records_max = records_max
        self.day = -1
        self.flash = NorFlash(n_sectors, sector_bytes)
        self.custody = CustodyModel(seed=1)
        self.store = self._store()
        self.store.open()
        self.custody.begin(STORE_SALT)
        self.custody.create()
        self.custody.pin_begin(PIN.encode(), PIN_SALT, ROUNDS)
        self.custody.pin_step(ROUNDS)
        self.store.format(self.custody.wrap(1), STORE_SALT)

    def _store(self) -> Store:
        journals = {"log": Journal(1, SERVICE, _KEPT, 61)}
        return Store(
            self.flash, self.custody, self._records_max, lambda: self.day, journals=journals
        )

    def reopen(self) -> None:
        """As after a restart."""
        self.store = self._store()
        assert self.store.open().state == "open"

    def cost(self, do: Callable[[], object]) -> Cost:
        """Of one call."""
        flash = self.flash
        before = flash.n_reads, flash.n_programs, flash.n_erases
        do()
        return Cost(
            flash.n_reads - before[0], flash.n_programs - before[1], flash.n_erases - before[2]
        )

    def tidy_costs(self, n_max: int = 10_000) -> list[Cost]:
        """Of each slice until there is nothing to do."""
        costs: list[Cost] = []
        is_more = True

        def slice_() -> None:
            nonlocal is_more
            is_more = self.store.tidy()

        while is_more and len(costs) < n_max:
            costs.append(self.cost(slice_))
        return costs

    def fill(self, n_entries: int) -> None:
        for i in range(n_entries):
            self.store.append("log", b"entry %06d of the journal, as long as a position" % i)

    def n_records(self) -> int:
        return self.store.stats()["records"]


def _are_bounded(costs: list[Cost]) -> bool:
    """One erase and nothing else, or a handful of records and no erase."""
    to_read_back = _SECTOR_BYTES // 256 + 8
    erasing = [cost for cost in costs if cost.n_erases]
    moving = [cost for cost in costs if not cost.n_erases]
    return all(
        cost.n_erases == 1 and cost.n_programs <= 2 and cost.n_reads <= to_read_back
        for cost in erasing
    ) and all(cost.n_reads <= _READS_MAX and cost.n_programs <= _PROGRAMS_MAX for cost in moving)


def test_each_slice_is_one_erase_or_a_handful_of_records() -> None:
    measured = Measured(24)
    noise = random.Random(1)
    costs: list[Cost] = []
    for i in range(3000):
        value = noise.randbytes(noise.choice((10, 60, 60, 400, 1500)))
        measured.store.put("form/%d" % (90 * noise.random() ** 4), value, SERVICE)
        if i % 3 == 0:
            costs += measured.tidy_costs(noise.randrange(8))
    assert sum(cost.n_erases for cost in costs) > 100
    assert measured.store.stats()["moved_bytes"] > 20_000
    assert _are_bounded(costs)


def test_deletions_do_not_pile_up_until_who_writes_must_wait() -> None:
    """They go when what they deleted is gone from the flash: sector after sector is renewed."""
    measured = Measured(24, records_max=600)
    store = measured.store
    for i in range(220):
        store.put("form/%d" % i, bytes(100), SERVICE)
    puts, slices = [], []
    for i in range(400):
        puts.append(measured.cost(partial(store.put, "draft/%d" % i, b"x", SERVICE)))
        store.delete("draft/%d" % i, SERVICE)
        slices += measured.tidy_costs()
    assert sum(cost.n_erases for cost in slices) > 20
    assert _are_bounded(slices)
    assert max(cost.n_erases for cost in puts) <= 1
    assert max(cost.n_programs for cost in puts) <= 10


def test_sectors_left_by_others_are_erased_one_by_one() -> None:
    measured = Measured(24)
    measured.fill(600)
    for sector in range(14, 24):
        measured.flash.patch(sector * _SECTOR_BYTES, b"something else")
    measured.reopen()
    costs: list[Cost] = []
    for i in range(2000):
        measured.store.put("form", b"%d" % i, SERVICE)
        costs += measured.tidy_costs(2)
    assert sum(cost.n_erases for cost in costs) > 14
    assert _are_bounded(costs)


def test_a_day_that_begins_costs_two_records() -> None:
    """The calendar, and what the journal has trimmed. The rest is forgotten in slices."""
    measured = Measured()
    measured.day = 20_000
    measured.fill(200)
    for day in (20_031, 20_062):
        measured.tidy_costs()
        measured.day = day
        costs = measured.tidy_costs()
        assert costs[0].n_reads <= 20
        assert max(cost.n_reads for cost in costs) <= 50
        assert max(cost.n_programs for cost in costs) <= 6
    assert measured.store.span("log") == (200, 200)
    assert len(costs) > 50


def test_another_pin_rewrites_the_keys_and_nothing_else() -> None:
    measured = Measured()
    measured.fill(400)
    measured.tidy_costs()
    keys = measured.store.keys_body()
    n_before = measured.n_records()
    change = measured.cost(lambda: measured.store.put_keys(keys))
    # Two copies and their mark; the old ones superseded and overwritten.
    assert change.n_programs <= 12 and change.n_erases == 0
    assert measured.n_records() == n_before


@pytest.mark.parametrize("n_kept", [0, 20])
def test_trimming_is_done_at_once_and_paid_for_in_slices(n_kept: int) -> None:
    measured = Measured()
    measured.fill(800)
    n_before = measured.n_records()
    trimming = measured.cost(lambda: measured.store.trim_journal("log", 800 - n_kept))
    assert trimming.n_reads <= 100 and trimming.n_programs <= 4
    assert measured.store.span("log") == (800 - n_kept, 800)
    assert [n for n, _ in measured.store.entries("log")] == list(range(800 - n_kept, 800))
    costs = measured.tidy_costs()
    assert len(costs) > 100 and _are_bounded(costs)
    assert measured.n_records() == n_before - 800 + n_kept + 1


def test_what_was_trimmed_is_gone_for_a_store_that_opens_before_it_was_forgotten() -> None:
    measured = Measured()
    measured.fill(300)
    measured.store.trim_journal("log", 290)
    measured.reopen()
    assert measured.store.span("log") == (290, 300)
    assert [n for n, _ in measured.store.entries("log")] == list(range(290, 300))
    assert measured.n_records() < 30


def test_appending_forgets_a_few_each_time() -> None:
    measured = Measured()
    measured.fill(400)
    n_before = measured.n_records()
    measured.store.trim_journal("log", 400)
    costs = [measured.cost(lambda: measured.fill(1)) for _ in range(100)]
    assert max(cost.n_reads for cost in costs) <= 200
    assert measured.n_records() == n_before - 400 + 100 + 1


def test_what_was_trimmed_in_two_steps_is_all_forgotten() -> None:
    measured = Measured()
    measured.fill(60)
    n_before = measured.n_records()
    measured.store.trim_journal("log", 20)
    measured.store.tidy()
    measured.store.trim_journal("log", 50)
    measured.tidy_costs()
    assert measured.n_records() == n_before - 50 + 1


def test_room_that_was_trimmed_is_there_when_it_is_needed() -> None:
    """Index and flash: nobody tidies here."""
    for n_sectors, most in ((128, 2900), (16, 10_000)):
        measured = Measured(n_sectors)
        n = _put_until_full(measured, most)
        measured.store.trim_journal("log", n)
        for i in range(n // 4):
            measured.store.put("form/%d" % i, b"in the place of two entries, perhaps", SERVICE)


def _put_until_full(measured: Measured, most: int) -> int:
    for i in range(most):
        try:
            measured.fill(1)
        except Full:
            return i
    return most


def test_what_opening_and_appending_cost_does_not_grow_with_the_sectors() -> None:
    """An emulated board has sectors of 256 KiB."""
    small, large = _reads_of(4096), _reads_of(262_144)
    # But for the two sectors that are written to: all of those must be blank.
    assert large[0] <= small[0] + 2 * 1024 + 6 * 64
    assert large[1] <= small[1] + 4


def test_opening_reads_no_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heads of records and what is blank, but not what somebody kept."""
    measured, n_values, n_bytes = Measured(64), 100, 1500
    value = random.Random(1).randbytes(n_bytes)
    for i in range(n_values):
        measured.store.put("form/%d" % i, value, SERVICE)
    n_written_read = 0

    def read(flash: NorFlash, offset: int, buf: bytearray | memoryview) -> None:
        nonlocal n_written_read
        read_as_ever(flash, offset, buf)
        n_written_read += len(buf) - bytes(buf).count(0xFF)

    read_as_ever = NorFlash.read
    monkeypatch.setattr(NorFlash, "read", read)
    measured.reopen()
    assert 0 < n_written_read < n_values * n_bytes // 4


def _reads_of(sector_bytes: int) -> tuple[int, int]:
    """Of an opening, and of appending an entry, where each start but one followed a power cut."""
    measured = Measured(16, sector_bytes)
    for _ in range(6):
        measured.fill(10)
        _spoil_head(measured)
        measured.reopen()
    opening = measured.cost(measured.reopen)
    measured.tidy_costs()
    return opening.n_reads, max(measured.cost(lambda: measured.fill(1)).n_reads for _ in range(20))


def _spoil_head(measured: Measured) -> None:
    """It is given up then, and the next one begun."""
    size = measured.flash.sector_bytes()
    for number, state, _, n_written, _ in measured.store.sectors():
        if state == "head":
            measured.flash.patch(number * size + n_written, bytes(16))
