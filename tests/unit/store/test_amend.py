"""The newest entry of a journal can be written anew; nothing else of a journal can."""

from __future__ import annotations

import contextlib

import pytest
from custody_model import PROFESSIONAL
from cut_workload import SECTOR_BYTES, Handset, new_flash
from nor_flash import NorFlash

from handset.store.errors import Full, Locked, TooBig
from handset.store.journals import Journal
from handset.store.store import Store

_PIN = b"1234"
_JOURNALS = {
    "positions": Journal(1, PROFESSIONAL, 100, 5),
    "messages": Journal(2, PROFESSIONAL, 100, 61),
}


class Diary(Handset):
    """A new store whose journals keep five days, and the day it is."""

    def __init__(self, flash: NorFlash) -> None:
        super().__init__(flash, 1)
        self.day = 100
        self.store = Store(flash, self.custody, 400, lambda: self.day, _JOURNALS)
        if self.boot().state == "blank":
            store_salt, keys = self.new_keys(_PIN)
            self.store.format(keys, store_salt)
        else:
            self._enter(_PIN, self.store.keys_body()[5:21])
            assert self.custody.unlock(self.store.keys_body(), True)

    def fill(self) -> None:
        """Put values until there is no room."""
        n_forms = 0
        with contextlib.suppress(Full):
            while True:
                self.store.put("form/%d" % n_forms, bytes(100))
                n_forms += 1

    def positions(self) -> list[tuple[int, bytes]]:
        return list(self.store.entries("positions"))


@pytest.fixture
def diary() -> Diary:
    return Diary(new_flash(1))


def test_the_newest_entry_is_what_it_was_given_last_also_after_a_restart(diary: Diary) -> None:
    diary.store.append("positions", b"a")
    number = diary.store.append("positions", b"b")
    for n_bytes in (0, 1, 500, 3):
        diary.store.amend("positions", number, bytes(n_bytes))
        expected = [(0, b"a"), (number, bytes(n_bytes))]
        assert diary.positions() == expected
        assert Diary(diary.flash.restart()).positions() == expected


@pytest.mark.parametrize("number", [-1, 0, 2, 3])
def test_no_other_entry_is_amended(diary: Diary, number: int) -> None:
    for value in (b"a", b"b"):
        diary.store.append("positions", value)
    before = diary.flash.n_operations
    with pytest.raises(ValueError, match="not the newest entry of positions"):
        diary.store.amend("positions", number, b"c")
    assert diary.flash.n_operations == before
    assert diary.positions() == [(0, b"a"), (1, b"b")]


def test_nor_is_one_that_was_trimmed(diary: Diary) -> None:
    diary.store.append("positions", b"a")
    diary.store.trim_journal("positions", 1)
    with pytest.raises(ValueError, match="append one"):
        diary.store.amend("positions", 0, b"b")


def test_a_locked_entry_is_amended_and_not_read(diary: Diary) -> None:
    number = diary.store.append("positions", b"a")
    diary.custody.lock()
    diary.store.amend("positions", number, b"b" * 40)
    with pytest.raises(Locked):
        diary.positions()
    assert Diary(diary.flash.restart()).positions() == [(0, b"b" * 40)]


def test_what_does_not_fit_leaves_the_entry_as_it_was(diary: Diary) -> None:
    number = diary.store.append("positions", b"a")
    with pytest.raises(TooBig):
        diary.store.amend("positions", number, bytes(SECTOR_BYTES))
    diary.fill()
    with pytest.raises(Full):
        diary.store.amend("positions", number, bytes(1500))
    assert diary.positions() == [(0, b"a")]
    diary.store.amend("positions", number, bytes(1500), urgent=True)
    assert diary.positions() == [(0, bytes(1500))]


@pytest.mark.parametrize("is_committed", [True, False])
def test_a_transaction_amends_what_was_there_and_what_it_brings(
    diary: Diary, is_committed: bool
) -> None:
    diary.store.append("positions", b"a")
    diary.store.begin()
    diary.store.amend("positions", 0, b"A")
    number = diary.store.append("positions", b"b")
    diary.store.amend("positions", number, b"B")
    assert diary.positions() == [(0, b"a")]
    if is_committed:
        diary.store.commit()
    else:
        diary.store.abort()
    expected = [(0, b"A"), (1, b"B")] if is_committed else [(0, b"a")]
    assert diary.positions() == expected
    assert Diary(diary.flash.restart()).positions() == expected


def test_an_amended_entry_goes_with_the_day_it_was_appended_on(diary: Diary) -> None:
    for day in range(100, 105):
        diary.day = day
        number = diary.store.append("positions", b"of %d" % day)
        diary.day = day + 1
        diary.store.amend("positions", number, b"also of %d" % day)
    assert [number for number, _ in diary.positions()] == [0, 1, 2, 3, 4]
    diary.store.append("positions", b"of 105")
    assert [number for number, _ in diary.positions()] == [1, 2, 3, 4, 5]
    diary.day = 200
    diary.store.amend("positions", 5, b"long after")
    assert diary.positions()[-1] == (5, b"long after")


def test_an_entry_amended_for_ever_takes_the_room_of_one(diary: Diary) -> None:
    """Full sectors take their turn in wear levelling meanwhile, and nothing is gained by that."""
    forms = {"form/%d" % i: bytes([i]) * 100 for i in range(40)}
    for name, form in forms.items():
        diary.store.put(name, form)
    number = diary.store.append("positions", b"")
    for _ in range(3000):
        diary.store.amend("positions", number, bytes(400))
        while diary.store.tidy():
            pass
    assert {name: diary.store.get(name) for name in diary.store.iterate()} == forms
    stats = diary.store.stats()
    assert stats["live_bytes"] < 12_000
    assert stats["erase_count_max"] - stats["erase_count_min"] < 100
