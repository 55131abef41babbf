"""Old entries go when a day begins or there are too many, however they were appended."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from custody_model import CustodyModel
from nor_flash import NorFlash
from store_rig import PIN, PIN_SALT, ROUNDS, STORE_SALT

from handset.store.journals import Days, Journal, State, state_id
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


def _wrong_clock(log: _Log, wrong: list[int]) -> None:
    """Between days that are right, of which none is past at the end."""
    half = _DAYS // 2 - 1
    _live(log, [*range(1000, 1000 + half), *wrong, *range(1000 + half, 1000 + 2 * half)])


@pytest.mark.parametrize("n_days", [1, 3, 6])
@pytest.mark.parametrize("wrong", [0, 900, 985, 5000])
def test_a_clock_that_is_wrong_for_some_days_makes_nothing_go(wrong: int, n_days: int) -> None:
    """Neither then nor when it has been right for some days again."""
    log = _Log()
    _wrong_clock(log, list(range(wrong, wrong + n_days)))
    assert log.numbers() == list(range(8 + n_days))


@pytest.mark.parametrize("wrong", [0, 300, 985, 2000])
def test_a_clock_that_is_wrong_for_longer_is_believed(wrong: int) -> None:
    """It was behind: what was recorded before is not old when it is right again. It was ahead: it
    goes on as if time had passed."""
    log = _Log()
    _wrong_clock(log, list(range(wrong, wrong + 9)))
    is_ahead = wrong > 1000
    assert log.numbers() == list(range(4 * is_ahead, 8 + 9))


@pytest.mark.parametrize("wrong", [0, 5000])
@pytest.mark.parametrize("n_days", [1, 6, 9])
def test_what_was_added_while_the_clock_was_wrong_goes_in_its_turn(wrong: int, n_days: int) -> None:
    log = _Log()
    right = range(1003, 1003 + 40)
    _live(log, [1000, 1001, 1002, *range(wrong, wrong + n_days), *right])
    assert log.numbers()[-1] == 3 + n_days + 39
    assert len(log.numbers()) == _DAYS


def test_a_handset_from_a_drawer_forgets_after_a_week() -> None:
    log = _Log()
    _live(log, list(range(1000, 1000 + _DAYS)))
    _live(log, list(range(2000, 2006)))
    assert log.numbers()[0] == 0
    _live(log, [2006])
    assert log.numbers() == list(range(_DAYS, _DAYS + 7))


@pytest.mark.parametrize("step", [4, 16, 31])
def test_a_journal_with_few_entries_forgets_as_well(step: int) -> None:
    log = _Log()
    _live(log, list(range(1000, 1000 + 30 * step, step)))
    assert len(log.numbers()) == _DAYS // step + 1


def test_a_journal_to_which_nothing_is_added_any_more_forgets_as_well() -> None:
    """In quiet times, when a day begins."""
    log = _Log()
    _live(log, list(range(1000, 1000 + _DAYS)))
    for n_kept in (9, 8, 7):
        log.today.day += 1
        while log.store.tidy():
            pass
        assert len(log.numbers()) == n_kept
    log.today.day += _DAYS
    while log.store.tidy():
        pass
    assert log.numbers() == []
    log.reopen()
    assert log.store.append("log", b"next") == _DAYS


def test_what_was_recorded_without_a_date_counts_from_the_next_one_on() -> None:
    log = _Log()
    _live(log, [1000, -1, -1, 1005])
    _live(log, list(range(1006, 1012)))
    assert log.numbers()[0] == 1
    _live(log, list(range(1012, 1016)))
    assert log.numbers()[0] == 4


def test_a_restart_does_not_change_what_is_believed() -> None:
    """Neither the last day nor the week that another one takes."""
    log = _Log()
    _live(log, [1000, 1001])
    for day in range(2000, 2000 + 7):
        assert log.numbers()[0] == 0
        log.reopen()
        _live(log, [day])
    assert log.numbers()[0] == 2


def test_a_clock_that_is_wrong_again_and_again_takes_a_bounded_room() -> None:
    log = _Log()
    for turn in range(60):
        _live(log, list(range(1000 + turn, 1008 + turn)))
        _live(log, list(range(100 + turn, 108 + turn)))
    body = log.store._retention._body(state_id(Journal(1, SERVICE, _KEPT, _DAYS)))
    assert len(body) <= 8 + 6 * (_DAYS + 32)


def test_days_of_which_nothing_is_left_take_no_room() -> None:
    days = Days()
    for day in range(100, 400):
        days.begin(day, 10 * day, 366)
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
