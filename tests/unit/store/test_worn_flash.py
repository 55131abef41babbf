"""Sectors that fail, with an error or without a word: another takes their place, or the store says
so; what has been committed stays."""

from __future__ import annotations

import pytest
from cut_workload import Workload, new_flash
from nor_flash import WEAR, NorFlash

_SEED = 31


@pytest.mark.parametrize("seed", [_SEED, 32])
@pytest.mark.parametrize("how", WEAR)
def test_another_sector_takes_the_place_of_a_worn_one(how, seed):
    flash = new_flash(seed)
    workload = Workload(flash, seed)
    workload.run(100)
    for sector in (3, 8):
        flash.wear_out(sector, how)
    for _ in range(300):
        workload.step()
    workload.boot(after_a_cut=True)
    assert workload.done_by_verb.get("worn out", 0) == 0
    assert workload.done_by_verb["put"] > 100


@pytest.mark.parametrize("how", WEAR)
def test_a_flash_that_takes_nothing_more_says_so_and_can_be_read(how):
    flash = new_flash(_SEED)
    workload = Workload(flash, _SEED)
    workload.run(200)
    for i in range(30):
        workload.single(("put", 2, "form/%d" % i, b"%d" % i))
    for sector in range(flash.size_bytes() // flash.sector_bytes()):
        flash.wear_out(sector, how)
    truth = workload.truth
    # Where it is erasing that fails, what is erased already is still used.
    for _ in range(1000):
        truth = workload.truth
        workload.single(("put", 2, "form/1", b"x" * 60))
        if _refused(workload):
            break
    assert _refused(workload)
    workload.boot(after_a_cut=True)
    kept = {key: value for key, value in truth.values.items() if key != (2, "form/1")}
    assert len(kept) > 25
    assert {key: workload.truth.values.get(key) for key in kept} == kept


def _refused(workload: Workload) -> int:
    """How often the answer was that there is no flash to write to, or not enough."""
    return workload.done_by_verb.get("worn out", 0) + workload.done_by_verb.get("full", 0)


def test_all_sectors_wear_alike_until_none_is_left():
    flash = new_flash(_SEED)
    flash.endurance = 15
    workload = Workload(flash, _SEED)
    workload.is_worn = True
    workload.run(0)
    while _refused(workload) < 100:
        workload.step()
        assert workload.n_done < 5000
    # No sector was left over when the first writes failed.
    assert min(flash.erases_of) >= 10


def test_a_sector_that_is_worn_is_not_tried_for_ever():
    flash = new_flash(_SEED)
    workload = Workload(flash, _SEED)
    workload.run(50)
    flash.wear_out(5, "program_raises")
    before = flash.erases_of[5]
    for _ in range(300):
        workload.step()
    assert flash.erases_of[5] - before <= workload.n_boots * 2


def test_wear_is_told_from_a_cut():
    """The model itself: a worn sector stays worn after a restart."""
    flash = NorFlash(2)
    flash.wear_out(1, "program_raises")
    with pytest.raises(OSError, match="failed"):
        flash.restart().program(flash.sector_bytes(), b"\x00")
