"""A store with as many sectors as a board has, and full: the PIN, deletions and alarms go on for
ever, whatever else is tried, and however badly records pack."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

import pytest
from custody_model import SERVICE
from cut_workload import Handset
from nor_flash import NorFlash

from handset.store.errors import Full
from handset.store.store import Store

_ALARM = bytes(64)
# Three, two or one fit a sector, and leave much of it empty; or they fill it.
_SIZES: dict[str, Callable[[random.Random], int]] = {
    "700": lambda _: 700,
    "1000": lambda _: 1000,
    "1300": lambda _: 1300,
    "1900": lambda _: 1900,
    "any": lambda noise: noise.randrange(100, 1900),
}


def _on(flash: NorFlash, seed: int = 1) -> Handset:
    """A handset with the journals and the index of the boards that have least."""
    handset = Handset(flash, seed)
    handset.store = Store(flash, handset.custody, records_max=1024, transaction_bytes=2048)
    handset.boot()
    return handset


def _formatted() -> Handset:
    handset = _on(NorFlash(80))
    store_salt, keys = handset.new_keys(b"1234")
    handset.store.format(keys, store_salt)
    return handset


def _full_of(size: Callable[[random.Random], int]) -> tuple[Handset, list[str]]:
    """And the names of the forms that fill it."""
    handset, names, noise = _formatted(), [], random.Random(3)
    while _fits(partial(handset.store.put, "form/%d" % len(names), bytes(size(noise)))):
        names.append("form/%d" % len(names))
    return handset, names


def _fits(write: Callable[[], object]) -> bool:
    try:
        write()
    except Full:
        return False
    return True


def _tidy(handset: Handset) -> None:
    for _ in range(200):
        if not handset.store.tidy():
            break


@pytest.mark.parametrize("is_tidied", [False, True])
@pytest.mark.parametrize("size", _SIZES)
def test_the_pin_deletions_and_alarms_go_on(size: str, is_tidied: bool) -> None:
    handset, names = _full_of(_SIZES[size])
    for i in range(400):
        handset.store.put_tries(i % 2)
        _fits(partial(handset.store.append, "calls", bytes(40)))
        if i % 4 == 0:
            handset.store.append("alarms", _ALARM)
        if i % 40 == 0:
            handset.store.put_keys(handset.store.keys_body())
        if is_tidied:
            _tidy(handset)
    assert len(list(handset.store.entries("alarms"))) >= 32
    handset = _on(handset.flash.restart(), 2)
    handset.store.put_tries(0)
    handset.store.append("alarms", _ALARM)
    handset.store.trim_journal("alarms", 90)
    for name in names:
        assert handset.store.delete(name)
    handset.store.put("form", bytes(1900), SERVICE)


@pytest.mark.parametrize(("n_bytes", "n_taken"), [(200, 300), (600, 18), (1900, 6)])
def test_how_many_alarms_a_full_store_takes(n_bytes: int, n_taken: int) -> None:
    handset, names = _full_of(_SIZES["700"])
    for _ in range(n_taken):
        handset.store.append("alarms", bytes(n_bytes))
    assert handset.store.delete(names[0])


def test_a_full_store_goes_on_with_three_sectors_less() -> None:
    handset, names = _full_of(_SIZES["700"])
    free = [number for number, state, *_ in handset.store.sectors() if state != "live"]
    for sector in free[-3:]:
        handset.flash.wear_out(sector, "erase_raises")
    for name in names:
        handset.store.put(name, bytes(700))
    handset.store.append("alarms", _ALARM)
    for i in range(100):
        handset.store.put_tries(i % 2)
    handset.store.put_keys(handset.store.keys_body())
    for name in names:
        assert handset.store.delete(name)


@pytest.mark.parametrize("n_bytes", [700, 600])
def test_alarms_keep_nothing_from_being_changed_that_grows_no_longer(n_bytes: int) -> None:
    handset, names = _full_of(_SIZES["700"])
    for _ in range(33):
        handset.store.append("alarms", _ALARM)
    handset.store.put(names[0], bytes(n_bytes))
    assert not _fits(partial(handset.store.put, names[0], bytes(800)))


def test_a_record_that_is_written_twice_in_one_transaction_supersedes_its_old_one_once() -> None:
    handset, names = _full_of(_SIZES["700"])
    handset.store.begin()
    handset.store.put(names[0], b"")
    handset.store.put(names[0], bytes(1400))
    assert not _fits(handset.store.commit)


def test_a_deletion_in_a_full_index_makes_room_at_once() -> None:
    """It has a place of its own, until there are many: those tidy forgets."""
    handset, names = _full_of(lambda _: 100)
    assert len(names) > 470
    for i, name in enumerate(names[:100]):
        handset.store.delete(name)
        _tidy(handset)
        n_erases = handset.flash.n_erases
        handset.store.put("new/%d" % i, bytes(100))
        assert handset.flash.n_erases - n_erases <= 1
    assert len(list(handset.store.iterate())) == len(names)
