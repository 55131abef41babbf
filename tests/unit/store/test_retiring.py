"""Old entries go when a day begins or there are too many, however they were appended."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from custody_model import CustodyModel
from nor_flash import NorFlash
from store_rig import PIN, PIN_SALT, ROUNDS, STORE_SALT

from handset.store.journals import Days, Journal, State
from handset.store.layout import SERVICE
from handset.store.store import Store

_KEPT, _DAYS = 64, 10
_TRIM_MOST = _KEPT // 16


class _Clock:
    """Says what day it is."""

    day = -1

    def __call__(self) -> int:
        return self.day


class _Log:
    """A store with one journal."""

    def __init__(self) -> None:
        self.flash = NorFlash(16)
        self.custody = CustodyModel(seed=1)
        self.today = _Clock()
        self.store = self._store()
        self.store.open()
        self.custody.begin(STORE_SALT)
        self.custody.create()
        self.custody.pin_begin(PIN.encode(), PIN_SALT, ROUNDS)
        self.custody.pin_step(ROUNDS)
        self.store.format(self.custody.wrap(1), STORE_SALT)

    def _store(self) -> Store:
        journals = {"log": Journal(1, SERVICE, _KEPT, _DAYS)}
        return Store(self.flash, self.custody, 512, self.today, journals)

    def reopen(self) -> None:
        self.store = self._store()
        assert self.store.open().damage == []

    def numbers(self) -> list[int]:
        return [number for number, _ in self.store.entries("log")]


def _alone(store: Store, n: int) -> None:
    for i in range(n):
        store.append("log", b"entry %d" % i)


def _in_transactions(store: Store, n: int) -> None:
    for at in range(0, n, 4):
        store.begin()
        _alone(store, min(4, n - at))
        store.commit()


_WAYS = pytest.mark.parametrize("append", [_alone, _in_transactions])


@_WAYS
def test_entries_that_are_too_many_go(append: Callable[[Store, int], None]) -> None:
    log = _Log()
    append(log.store, 5 * _KEPT)
    first, following = log.store.span("log")
    assert following == 5 * _KEPT
    assert _KEPT <= following - first <= _KEPT + _TRIM_MOST + 4
    assert log.numbers() == list(range(first, following))
    log.reopen()
    assert log.numbers() == list(range(first, following))


@_WAYS
def test_entries_that_are_too_old_go(append: Callable[[Store, int], None]) -> None:
    log = _Log()
    for day in range(100, 100 + 2 * _DAYS):
        log.today.day = day
        append(log.store, 3)
    assert log.numbers() == list(range(3 * _DAYS, 6 * _DAYS))


@pytest.mark.parametrize("days", [3, 2 * _DAYS])
def test_entries_are_kept_for_as_long_as_was_provisioned(days: int) -> None:
    log = _Log()
    log.store.keep_days({"log": days, "another": 7})
    for day in range(100, 100 + 3 * _DAYS):
        log.today.day = day
        _alone(log.store, 2)
    assert log.numbers() == list(range(2 * (3 * _DAYS - days), 6 * _DAYS))


def _live(log: _Log, days: list[int]) -> None:
    """An entry on each."""
    for day in days:
        log.today.day = day
        _alone(log.store, 1)


@pytest.mark.parametrize("wrong", [0, 100, 996 - _DAYS, 5000])
def test_a_clock_that_is_wrong_once_makes_nothing_go(wrong: int) -> None:
    """Neither then nor when it has been right for some days again."""
    log = _Log()
    _live(log, list(range(1000, 1000 + _DAYS - 4)))
    _live(log, [wrong])
    _live(log, list(range(1000 + _DAYS - 4, 1000 + _DAYS)))
    assert log.numbers() == list(range(_DAYS + 1))


@pytest.mark.parametrize("wrong", [0, 5000])
def test_what_was_added_while_the_clock_was_wrong_goes_in_its_turn(wrong: int) -> None:
    log = _Log()
    _live(log, [1000, 1001, 1002, wrong, *range(1003, 1003 + 2 * _DAYS)])
    kept = len(log.numbers())
    assert log.numbers()[-1] == 2 * _DAYS + 3
    assert kept == _DAYS


def test_a_clock_that_is_wrong_again_and_again_takes_a_bounded_room() -> None:
    days = Days()
    for number in range(1000):
        days.begin(1000 + number % 2, _DAYS, number)
    assert len(days.packed) <= 50 * len(_one_day())


def test_days_of_which_nothing_is_left_take_no_room() -> None:
    days = Days()
    for day in range(100, 400):
        days.begin(day, 366, 10 * day)
    days.forget_before(3985)
    kept = Days(State().body(days))
    assert (kept.packed, kept.last()) == (days.packed, 399)
    assert len(kept.packed) == 2 * len(_one_day()), "day 398 has some entries left"


def _one_day() -> bytes:
    days = Days()
    days.begin(1, 1, 1)
    return days.packed


def test_an_aborted_transaction_retires_nothing() -> None:
    log = _Log()
    _alone(log.store, _KEPT)
    log.store.begin()
    _alone(log.store, 20)
    log.store.abort()
    assert log.store.span("log") == (0, _KEPT)


def test_a_transaction_trims_nothing() -> None:
    """Its entries have numbers that come again when it is aborted."""
    log = _Log()
    _alone(log.store, 5)
    log.store.begin()
    _alone(log.store, 1)
    with pytest.raises(ValueError, match="commit or abort"):
        log.store.trim_journal("log", 6)
    log.store.abort()
    assert log.store.append("log", b"kept") == 5
    assert log.numbers() == [0, 1, 2, 3, 4, 5]
    log.reopen()
    assert log.numbers() == [0, 1, 2, 3, 4, 5]
