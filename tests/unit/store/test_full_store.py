"""A full store says so, takes deletions and what is urgent, and goes on when there is room."""

from __future__ import annotations

import random

import pytest
from custody_model import PROFESSIONAL, SERVICE
from cut_workload import RECORDS_MAX, Handset, new_flash
from nor_flash import NorFlash

from handset.store.errors import Full, TooBig
from handset.store.store import Store

_VALUE = bytes(range(100))


def _handset(flash: NorFlash) -> Handset:
    handset = Handset(flash, 1)
    handset.boot()
    store_salt, keys = handset.new_keys(b"1234")
    handset.store.format(keys, store_salt)
    return handset


def _fill(handset: Handset, value: bytes = _VALUE) -> list[str]:
    """Put values until there is no room; their names."""
    names: list[str] = []
    while _fits(handset, "form/%d" % len(names), value):
        names.append("form/%d" % len(names))
    return names


def _fits(handset: Handset, name: str, value: bytes = _VALUE) -> bool:
    try:
        handset.store.put(name, value)
    except Full:
        return False
    return True


def _alarms_until_full(handset: Handset) -> int:
    for n in range(1000):
        try:
            handset.store.append("alarms", _VALUE, urgent=True)
        except Full:
            return n
    return -1


def _all_there(handset: Handset, names: list[str]) -> bool:
    return all(handset.store.get(name) == _VALUE for name in names)


def test_what_does_not_fit_changes_nothing():
    flash = new_flash(1)
    handset = _handset(flash)
    names = _fill(handset)
    assert len(names) > 40
    for _ in range(20):
        with pytest.raises(Full, match="delete"):
            handset.store.put("one too many", _VALUE)
        with pytest.raises(Full):
            handset.store.append("messages", _VALUE)
    assert handset.store.get("one too many") is None
    assert list(handset.store.entries("messages")) == []
    assert sorted(handset.store.iterate()) == sorted(names)
    assert _all_there(handset, names)


def test_deletions_work_in_a_full_store_and_make_room():
    handset = _handset(new_flash(1))
    names = _fill(handset)
    for name in names[: len(names) // 2]:
        assert handset.store.delete(name)
    left = names[len(names) // 2 :]
    again = _fill_again(handset, len(names) // 3)
    assert _all_there(handset, left + again)


def _fill_again(handset: Handset, n: int) -> list[str]:
    names = ["again/%d" % i for i in range(n)]
    for name in names:
        handset.store.put(name, _VALUE)
    return names


def test_a_store_can_be_emptied_however_full_it_is():
    handset = _handset(new_flash(1))
    names = _fill(handset)
    assert _alarms_until_full(handset) > 5
    for name in names:
        assert handset.store.delete(name)
    assert list(handset.store.iterate()) == []
    assert len(_fill(handset)) > len(names) // 2


def test_urgent_records_still_fit():
    handset = _handset(new_flash(1))
    names = _fill(handset)
    with pytest.raises(Full):
        handset.store.append("messages", _VALUE)
    numbers = [handset.store.append("alarms", _VALUE, urgent=True) for _ in range(5)]
    handset.store.put("position", _VALUE, SERVICE, urgent=True)
    handset.store.put_tries(3)
    assert [number for number, _ in handset.store.entries("alarms")] == numbers
    assert _all_there(handset, names)


def test_keys_and_tries_can_be_written_into_a_full_store_for_ever():
    """A PIN change or a wrong PIN must not fail because somebody wrote too many forms."""
    flash = new_flash(1)
    handset = _handset(flash)
    names = _fill(handset)
    keys = handset.store.keys_body()
    for i in range(200):
        handset.store.put_tries(i)
    for _ in range(30):
        handset.store.put_keys(keys)
    assert handset.store.tries() == 199
    assert _all_there(handset, names)


def test_a_full_store_is_the_same_after_the_next_boot():
    flash = new_flash(1)
    names = _fill(_handset(flash))
    handset = Handset(flash, 2)
    report = handset.boot()
    assert (report.state, report.tail, report.damage) == ("open", "clean", [])
    keys = handset.store.keys_body()
    handset.custody.pin_begin(b"1234", keys[5:21], 1)
    handset.custody.pin_step(1)
    assert handset.custody.unlock(keys, True)
    assert _all_there(handset, names)
    assert not all(_fits(handset, "one too many %d" % i) for i in range(3))


def test_updates_in_an_almost_full_store_go_on_for_ever():
    handset = _handset(new_flash(1))
    names = _fill(handset)
    for name in names[-8:]:
        handset.store.delete(name)
    kept = names[:-8]
    for i in range(1000):
        handset.store.put(kept[i % len(kept)], _VALUE)
    assert _all_there(handset, kept)


def test_room_taken_while_a_sector_is_emptied_is_not_a_full_store():
    """Nothing is full here: a tenth of the flash is in use."""
    handset = _handset(NorFlash(24))
    noise = random.Random(1)
    for _ in range(1500):
        value = noise.randbytes(noise.choice((10, 60, 60, 400, 1500)))
        handset.store.put("form/%d" % noise.randrange(20), value)
        for _slice in range(noise.randrange(3)):
            handset.store.tidy()


def _commit_six(handset: Handset) -> None:
    for i in range(6):
        handset.store.put("new/%d" % i, _VALUE)
    handset.store.commit()


def test_a_transaction_that_does_not_fit_is_wholly_absent():
    handset = _handset(new_flash(1))
    names = _fill(handset)
    handset.store.begin()
    with pytest.raises(Full):
        _commit_six(handset)
    handset.store.abort()
    assert list(handset.store.iterate(PROFESSIONAL, "new/")) == []
    assert _all_there(handset, names)


def test_a_value_too_big_for_a_sector_is_refused():
    handset = _handset(new_flash(1))
    with pytest.raises(TooBig):
        handset.store.put("big", bytes(5000))
    handset.store.put("small", _VALUE)
    assert list(handset.store.iterate()) == ["small"]


def test_too_many_records_for_the_index_is_full_too():
    flash = NorFlash(64)
    handset = _handset(flash)
    names = _fill(handset)
    assert 80 < len(names) < 240
    assert handset.store.delete(names[0])
    handset.store.append("alarms", _VALUE, urgent=True)


def _handset_of_4_mb() -> Handset:
    """With the journals, the index and the flash of the boards that have least."""
    flash = NorFlash(80)
    handset = Handset(flash, 1)
    handset.store = Store(flash, handset.custody, records_max=1024)
    handset.boot()
    store_salt, keys = handset.new_keys(b"1234")
    handset.store.format(keys, store_salt)
    return handset


@pytest.mark.parametrize(("value", "n_least"), [(b"", 450), (bytes(700), 300)])
def test_forms_leave_room_for_alarms(value: bytes, n_least: int):
    """In the index, which small ones fill, as in the flash."""
    handset = _handset_of_4_mb()
    assert len(_fill(handset, value)) > n_least
    for name in ("SOS", "SOS/where", "SOS/who"):
        handset.store.put(name, bytes(64), SERVICE, urgent=True)
    for _ in range(20):
        handset.store.append("alarms", bytes(64))
    with pytest.raises(Full, match="delete"):
        handset.store.append("messages", bytes(64))


def test_alarms_go_on_for_ever_in_an_index_full_of_forms():
    handset = _handset_of_4_mb()
    _fill(handset, b"")
    numbers = [handset.store.append("alarms", bytes(64)) for _ in range(300)]
    assert numbers == list(range(300))
    assert 32 <= len(list(handset.store.entries("alarms"))) < 36


def test_alarms_do_not_keep_forms_from_being_changed():
    """Their places are their own already, however many others there are."""
    handset = _handset_of_4_mb()
    number = handset.store.append("positions", b"here")
    names = _fill(handset, b"")
    for _ in range(10):
        handset.store.append("alarms", bytes(64))
    handset.store.put(names[0], b"changed")
    handset.store.amend("positions", number, b"there")
    assert handset.store.get(names[0]) == b"changed"
    with pytest.raises(Full, match="delete"):
        handset.store.put("one too many", b"")


def test_it_opens_with_many_more_entries_in_the_flash_than_the_index_takes():
    flash = NorFlash(64)
    handset = _handset(flash)
    handset.store.put("form", _VALUE, SERVICE)
    for _ in range(3 * RECORDS_MAX):
        handset.store.append("alarms", _VALUE)
    entries = list(handset.store.entries("alarms"))
    assert len(entries) < RECORDS_MAX // 2
    flash = flash.restart()
    handset = Handset(flash, 2)
    report = handset.boot()
    assert (report.state, report.tail, report.damage) == ("open", "clean", [])
    assert flash.n_reads < 40 * RECORDS_MAX  # not all of the index for each entry
    assert list(handset.store.entries("alarms")) == entries
    assert handset.store.get("form", SERVICE) == _VALUE


def test_it_opens_with_many_more_names_of_aborted_values_than_the_index_takes():
    flash = NorFlash(64)
    handset = _handset(flash)
    handset.store.put("form", _VALUE, SERVICE)
    for i in range(3 * RECORDS_MAX):
        handset.store.begin()
        handset.store.put("aborted/%d" % i, b"", SERVICE)
        handset.store.abort()
    handset = Handset(flash.restart(), 2)
    report = handset.boot()
    assert (report.state, report.tail, report.damage) == ("open", "clean", [])
    assert list(handset.store.iterate(SERVICE)) == ["form"]
    assert handset.store.get("form", SERVICE) == _VALUE


def test_values_beside_a_deletion_leave_the_room_for_what_is_urgent():
    handset = _handset(new_flash(1))
    names = ["small/%d" % i for i in range(14)]
    for name in names:
        handset.store.put(name, b"")
    assert len(_fill(handset)) > 10
    with pytest.raises(Full):
        _grow_beside_deletions(handset, names)
    handset.store.append("alarms", _VALUE, urgent=True)


def _grow_beside_deletions(handset: Handset, names: list[str]) -> None:
    for i in range(0, len(names), 2):
        handset.store.begin()
        handset.store.delete(names[i + 1])
        handset.store.put(names[i], bytes(1000))
        handset.store.commit()
