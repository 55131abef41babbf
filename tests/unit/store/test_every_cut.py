"""Power is cut at flash operations of a workload, in each way, and again during the recovery.

A sample of what run_cuts.py does at every operation: what it finds is named so that it can be seen
again (`run_cuts.py --cut ...`).
"""

from __future__ import annotations

import random

import pytest
from cut_matrix import Cut, Matrix
from cut_workload import Truth, Workload, Wrong, new_flash

_OPERATIONS = 300
_ONE_OF = 60


def _sampled(seed: int) -> Matrix:
    noise = random.Random(seed)
    matrix = Matrix(seed, lambda _: noise.randrange(_ONE_OF) == 0, nested=1)
    matrix.run(_OPERATIONS)
    return matrix


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_whatever_a_cut_leaves_all_that_was_committed_is_there(seed):
    matrix = _sampled(seed)
    assert matrix.count.failures == []
    assert matrix.count.cuts >= 25 and matrix.count.nested >= 25


def test_the_workload_has_all_that_must_survive_a_cut():
    workload = Workload(new_flash(5), 5)
    workload.run(2000)
    done = workload.done_by_verb
    assert set(done) >= {"put", "delete", "append", "trim", "tries", "transaction", "abort", "pin"}
    assert done["wipe"] >= 2
    # Compaction has been at work all the time, and no sector was left out.
    assert workload.flash.n_erases > 100 and min(workload.flash.erases_of) > 3
    assert done.get("full", 0) < 200


def test_a_lost_record_would_be_found():
    flash = new_flash(6)
    workload = Workload(flash, 6)
    workload.run(40)
    truth = workload.truth
    key = sorted(truth.values)[0]
    more = Truth(**{**vars(truth), "values": {**truth.values, key: b"another value"}})
    with pytest.raises(Wrong, match="neither before nor after"):
        Workload(flash.restart(), 7, (more,)).go_on()


def test_a_cut_is_named_so_that_it_can_be_seen_again():
    for cut in (Cut(1, 20, "torn_bits"), Cut(1, 20, "clean", 3, "erase_part")):
        assert Cut.parse(str(cut)) == cut
