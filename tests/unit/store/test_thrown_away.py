"""A sector of copies that a cut has spoilt is thrown away where no other one is free."""

from __future__ import annotations

import contextlib
import random

import pytest
from custody_model import SERVICE
from cut_workload import Handset, new_flash
from nor_flash import NorFlash, PowerCut

from handset.store.errors import Full

_N_CHANGES = 300


def _full(seed: int) -> Handset:
    handset = Handset(new_flash(seed), 1)
    handset.boot()
    store_salt, keys = handset.new_keys(b"1234")
    handset.store.format(keys, store_salt)
    noise = random.Random(seed)
    with contextlib.suppress(Full):
        for i in range(1000):
            n_bytes = noise.choice((100, 100, 300, 700))
            handset.store.put("form/%d" % i, bytes([i % 256]) * n_bytes, SERVICE, urgent=True)
    return handset


def _change(handset: Handset, noise: random.Random) -> None:
    name = "form/%d" % noise.randrange(30)
    if noise.random() < 0.6:
        handset.store.put_tries(1)
    elif noise.random() < 0.4:
        handset.store.delete(name, SERVICE)
    else:
        with contextlib.suppress(Full):
            value = bytes(noise.choice((100, 300, 400)))
            handset.store.put(name, value, SERVICE, urgent=True)


def _cut(handset: Handset, noise: random.Random) -> NorFlash:
    """What a cut leaves that comes while no sector is free, some programs later."""
    left = noise.randrange(30)

    def watch(number: int, kind: str, _offset: int, data: bytes) -> None:
        nonlocal left
        if kind == "program" and len(data) > 8 and not handset.store.stats()["sectors_free"]:
            left -= 1
            if left < 0:
                handset.flash.cut_at(number, "torn_bits")

    handset.flash.observer = watch
    with contextlib.suppress(PowerCut):
        for _ in range(_N_CHANGES):
            _change(handset, noise)
    return handset.flash.restart()


def _erased_at_boot(flash: NorFlash) -> list[int]:
    before = flash.erases_of
    flash = flash.restart()
    Handset(flash, 2).boot()
    return [i for i, n in enumerate(flash.erases_of) if n > before[i]]


def _forms(flash: NorFlash) -> dict[str, bytes | None]:
    handset = Handset(flash, 2)
    assert handset.boot().damage == []
    store = handset.store
    return {name: store.get(name, SERVICE) for name in store.iterate(SERVICE)}


@pytest.mark.parametrize("wear", ["erase_raises", "erase_silent"])
def test_also_where_it_can_not_be_erased(wear: str) -> None:
    n_thrown = 0
    for seed in range(20):
        flash = _cut(_full(seed), random.Random(seed))
        thrown = _erased_at_boot(flash)
        forms = _forms(flash.restart())
        for sector in thrown:
            worn = flash.restart()
            worn.wear_out(sector, wear)
            assert _forms(worn) == forms
            assert _forms(worn.restart()) == forms
            n_thrown += 1
    assert n_thrown > 2
