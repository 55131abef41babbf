"""What the store wants to write for itself, and goes on without when it can not, is counted."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from cut_workload import Handset, new_flash
from nor_flash import NorFlash, PowerCut

from handset.store.errors import Full
from handset.store.layout import KEYS

_SECOND_PIN = b"2580"
_NEW_SALT = b"salt of the PIN2"


def _handset(flash: NorFlash) -> Handset:
    handset = Handset(flash, 1)
    handset.boot()
    store_salt, keys = handset.new_keys(b"1234")
    handset.store.format(keys, store_salt)
    return handset


def _other_keys(handset: Handset) -> bytes:
    handset.custody.pin_begin(_SECOND_PIN, _NEW_SALT, 1)
    handset.custody.pin_step(1)
    return handset.custody.wrap(2)


def _wear_out(flash: NorFlash) -> None:
    for sector in range(flash.size_bytes() // flash.sector_bytes()):
        flash.wear_out(sector, "program_raises")


def _at_second_copy(flash: NorFlash, do: Callable[[int], None]) -> None:
    """Do this before the second KEYS record from now on is programmed."""
    n_met = 0

    def watch(number: int, kind: str, _offset: int, data: bytes) -> None:
        nonlocal n_met
        if kind == "program" and len(data) > 300 and data[0] & 0x0F == KEYS:
            n_met += 1
            if n_met == 2:
                do(number)

    flash.observer = watch


def _put_for_ever(handset: Handset) -> None:
    for i in itertools.count():
        handset.store.put("form/%d" % i, bytes(100), urgent=True)


def _unwritten(handset: Handset) -> int:
    return handset.store.stats()["unwritten"]


def test_nothing_is_unwritten_as_long_as_the_flash_takes_it() -> None:
    handset = _handset(new_flash(1))
    handset.store.put_keys(_other_keys(handset))
    handset.store.open()
    handset.store.wipe()
    assert _unwritten(handset) == 0


def test_a_second_copy_of_the_keys() -> None:
    flash = new_flash(1)
    handset = _handset(flash)
    keys = _other_keys(handset)
    _at_second_copy(flash, lambda _: _wear_out(flash))
    handset.store.put_keys(keys)
    assert handset.store.keys_body() == keys
    # The copy itself, and zeros over the one that it was to replace.
    assert _unwritten(handset) == 2


def test_keys_that_a_cut_has_left_undone() -> None:
    flash = new_flash(1)
    handset = _handset(flash)
    keys = _other_keys(handset)
    _at_second_copy(flash, lambda number: flash.cut_at(number, "clean"))
    with pytest.raises(PowerCut):
        handset.store.put_keys(keys)
    worn = flash.restart()
    _wear_out(worn)
    after = Handset(worn, 2)
    assert after.boot().state == "open"
    assert after.store.keys_body() == keys
    assert _unwritten(after) >= 1
    whole = Handset(flash.restart(), 2)
    assert whole.boot().state == "open"
    assert _unwritten(whole) == 0


def test_a_move_that_opening_could_not_end() -> None:
    """A cut while the last free sector is being filled, and a flash that takes nothing since."""
    flash = new_flash(1)
    handset = _handset(flash)
    with pytest.raises(Full):
        _put_for_ever(handset)
    n_left = []

    def watch(_number: int, _kind: str, _offset: int, _data: bytes) -> None:
        if handset.store.stats()["sectors_free"] or n_left:
            return
        worn = flash.restart()
        _wear_out(worn)
        after = Handset(worn, 2)
        assert after.boot().state == "open"
        n_left.append(_unwritten(after))

    flash.observer = watch
    for i in range(2000):
        handset.store.put_tries(i)
    assert n_left and all(n_left)


def test_the_word_that_all_is_to_be_wiped() -> None:
    flash = new_flash(1)
    handset = _handset(flash)
    flash.endurance = 0
    _wear_out(flash)
    handset.store.wipe()
    assert _unwritten(handset) >= 1
    assert handset.store.report.state == "blank"
