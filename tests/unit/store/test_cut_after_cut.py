"""Power that is cut again and again, at every boot, before the work of the boot before was done."""

from __future__ import annotations

import contextlib
import random

import pytest
from custody_model import SERVICE
from cut_workload import Handset
from nor_flash import ERASE_CUTS, PROGRAM_CUTS, NorFlash, PowerCut

# As few sectors as a handset may have: each one that a cut spoils is missed.
_N_SECTORS = 7
_N_CUTS = 400
_OPERATIONS_MAX = 20


def _formatted(flash: NorFlash) -> NorFlash:
    handset = Handset(flash, 1)
    handset.boot()
    store_salt, keys = handset.new_keys(b"1234")
    handset.store.format(keys, store_salt)
    return handset.flash


def _write(handset: Handset, n: int, committed: dict[str, bytes]) -> None:
    """Record n; `committed` is what is there then."""
    names = ["form/%d" % (n % 9)] if n % 3 else ["a", "b/%d" % (n % 2), "form/%d" % (n % 5)]
    value = b"%d " % n * (1 + n * 7 % 40)
    handset.store.begin()
    for name in names:
        handset.store.put(name, value, SERVICE)
    handset.store.commit()
    committed.update(dict.fromkeys(names, value))
    handset.store.tidy()


def _found(handset: Handset) -> dict[str, bytes]:
    names = list(handset.store.iterate(SERVICE))
    return {name: handset.store.get(name, SERVICE) or b"" for name in names}


@pytest.mark.parametrize("sector_bytes", [4096, 8192])
@pytest.mark.parametrize("seed", [2, 3])
def test_the_log_goes_on_however_often_it_is_cut(sector_bytes: int, seed: int) -> None:
    noise = random.Random(seed)
    flash = _formatted(NorFlash(_N_SECTORS, sector_bytes, seed))
    committed: dict[str, bytes] = {}
    n = 0
    for _ in range(_N_CUTS):
        flash = flash.restart()
        flash.cut_at(noise.randrange(_OPERATIONS_MAX), noise.choice(PROGRAM_CUTS + ERASE_CUTS))
        handset = Handset(flash, 1)
        under_way = dict(committed)
        with contextlib.suppress(PowerCut):
            report = handset.boot()
            assert (report.state, report.damage) == ("open", [])
            assert _found(handset) == committed
            while True:
                n += 1
                _write(handset, n, under_way)
                committed = dict(under_way)
        committed = _either(flash, committed, n)
    handset = Handset(flash.restart(), 1)
    handset.boot()
    _write(handset, n + 1, committed)
    assert _found(handset) == committed
    assert n > _N_CUTS // 2


def _either(flash: NorFlash, committed: dict[str, bytes], n: int) -> dict[str, bytes]:
    """What is there after a cut: all before record n, or that, too; nothing between."""
    handset = Handset(flash.restart(), 1)
    handset.boot()
    found = _found(handset)
    if found != committed:
        with_it = dict(committed)
        names = [name for name in found if found[name] != committed.get(name)]
        assert all(found[name].startswith(b"%d " % n) for name in names)
        with_it.update({name: found[name] for name in names})
        assert len(names) == (1 if n % 3 else 3)
        assert found == with_it
    return found
