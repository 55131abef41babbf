"""Two months on a board with 4 MB of flash: 61 days of 8 hours, one position a minute on foot."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from custody_model import CustodyModel
from handset_parts import Clock, Rng
from nor_flash import NorFlash

from handset.geo.report import Report
from handset.records import entries
from handset.records.entries import BLOCK_BYTES, PositionBlock
from handset.store.journals import JOURNALS
from handset.store.keeper import Keeper
from handset.store.store import Store
from handsetctl.store.positions import Position, positions_in

N_SECTORS, RECORDS_MAX = 80, 1024
N_DAYS, A_DAY = 61, 480
FIRST_DAY = 20_000
DAY_MS, MINUTE_MS = 86_400_000, 60_000
STEP_E7 = 7_500  # 84 m
FORMS = {"form/%d" % i: b"%d " % i * 100 for i in range(60)}


class Handset:
    """A store of a 4 MB board, and the agent's way through the city."""

    def __init__(self, flash: NorFlash) -> None:
        self.flash = flash
        self.day = FIRST_DAY
        custody = CustodyModel(bytes(32), seed=3)
        self.store = Store(flash, custody, RECORDS_MAX, lambda: self.day, transaction_bytes=2048)
        assert Keeper(self.store, custody, Clock(), Rng()).start() == "ready"
        self.block = PositionBlock(self.store, bytearray(BLOCK_BYTES))

    def work_a_day(self) -> None:
        own = Report(1, "sip:agent@example.org")
        for minute in range(A_DAY):
            own.lat_deg_e7 = 488_566_000 + STEP_E7 * minute
            own.lon_deg_e7 = 23_522_000 - STEP_E7 * minute
            own.utc_ms = self.day * DAY_MS + minute * MINUTE_MS
            self.block.add(entries.position(own))
            while self.store.tidy():
                pass
        self.block.forget()
        self.day += 1

    def days(self) -> dict[int, list[Position]]:
        """Positions by day."""
        found: dict[int, list[Position]] = {}
        for _, block in self.store.entries("positions"):
            for position in positions_in(block):
                found.setdefault(position.utc_ms // DAY_MS, []).append(position)
        return found


@dataclass(frozen=True)
class Months:
    """What is there after 61 days, and with the first position of the 62nd."""

    after_61: dict[int, list[Position]]
    on_62nd: dict[int, list[Position]]
    handset: Handset


@pytest.fixture(scope="module")
def months() -> Months:
    handset = Handset(NorFlash(N_SECTORS))
    for name, form in FORMS.items():
        handset.store.put(name, form)
    for _ in range(N_DAYS):
        handset.work_a_day()
    after_61 = Handset(handset.flash.restart()).days()
    handset.work_a_day()
    return Months(after_61, handset.days(), handset)


def test_the_first_of_61_days_is_still_there_and_each_is_whole(months: Months) -> None:
    assert sorted(months.after_61) == list(range(FIRST_DAY, FIRST_DAY + N_DAYS))
    assert {len(positions) for positions in months.after_61.values()} == {A_DAY}


def test_on_the_62nd_day_the_first_is_gone(months: Months) -> None:
    assert sorted(months.on_62nd) == list(range(FIRST_DAY + 1, FIRST_DAY + N_DAYS + 1))


def test_values_beside_them_and_a_restart(months: Months) -> None:
    again = Handset(months.handset.flash.restart())
    assert again.store.report.damage == []
    assert {name: again.store.get(name) for name in again.store.iterate()} == FORMS
    assert again.days() == months.on_62nd


def test_a_fifth_more_blocks_would_fit_index_and_flash(months: Months) -> None:
    first, end = months.handset.store.span("positions")
    assert end - first <= 5 * N_DAYS
    stats = months.handset.store.stats()
    assert (end - first) * 6 // 5 <= 384
    assert stats["live_bytes"] + (end - first) * 564 // 5 < stats["capacity_bytes"]


def test_a_sector_is_erased_less_than_once_a_day(months: Months) -> None:
    stats = months.handset.store.stats()
    assert stats["erases"] < N_SECTORS * (N_DAYS + 1)
    assert stats["erase_count_max"] < 2 * stats["erases"] // N_SECTORS


def test_entries_that_are_forgotten_and_not_yet_erased_do_not_keep_a_store_from_opening() -> None:
    """More of them than the index takes: a block for each position, as after so many restarts."""
    handset = Handset(NorFlash(N_SECTORS))
    for i in range(3 * RECORDS_MAX):
        handset.store.append("positions", b"%d" % i)
    again = Handset(handset.flash.restart())
    assert again.store.span("positions") == handset.store.span("positions")
    assert list(again.store.entries("positions")) == list(handset.store.entries("positions"))


def test_nor_do_forgotten_entries_of_all_journals_beside_as_many_values() -> None:
    handset = Handset(NorFlash(N_SECTORS))
    for journal in JOURNALS:
        for i in range(400):
            handset.store.append(journal, b"%d" % i)
        handset.store.trim_journal(journal, handset.store.span(journal)[1] - 1)
    forms = {"form/%d" % i: b"%d" % i for i in range(440)}
    for name, form in forms.items():
        handset.store.put(name, form)
    again = Handset(handset.flash.restart())
    assert again.store.report.damage == []
    assert {name: again.store.get(name) for name in again.store.iterate()} == forms
    for journal in JOURNALS:
        assert list(again.store.entries(journal)) == list(handset.store.entries(journal))
        assert again.store.append(journal, b"next") == 400
