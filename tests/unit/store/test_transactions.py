"""Transactions that come to nothing leave nothing."""

from __future__ import annotations

import pytest
from custody_model import SERVICE
from cut_workload import Handset, new_flash

from handset.store.errors import NotOpen


@pytest.fixture
def handset() -> Handset:
    handset = Handset(new_flash(1), 1)
    handset.boot()
    store_salt, keys = handset.new_keys(b"1234")
    handset.store.format(keys, store_salt)
    return handset


def test_none_is_committed_while_the_store_is_wiped(handset: Handset) -> None:
    handset.store.begin()
    handset.store.put("form", b"form", SERVICE)
    handset.store.begin_wipe()
    wiping = handset.store.wipe_sectors()
    for _ in range(5):
        next(wiping)
    before = handset.store.stats()["commits"]
    with pytest.raises(NotOpen):
        handset.store.commit()
    assert handset.store.stats()["commits"] == before
    with pytest.raises(ValueError, match="no transaction"):
        handset.store.commit()


def test_what_could_not_be_sealed_does_not_stay_in_ram(handset: Handset) -> None:
    handset.custody.lock()
    handset.custody.is_without_randomness = True
    with pytest.raises(OSError, match="no randomness"):
        handset.store.append("positions", b"where the agent is")
    assert b"where" not in bytes(handset.store._transaction.buf)
