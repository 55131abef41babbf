"""The index in which records lie close to each other: what is removed hides nothing."""

from __future__ import annotations

import random

import pytest

from handset.store.index import Index

_N_RECORDS = 390
_N_REMOVED = 260


def _index(noise: random.Random) -> tuple[Index, list[int]]:
    """Nearly as full as it may be; the keys by place."""
    keys = [0] + [noise.getrandbits(28) for _ in range(_N_RECORDS)]
    index = Index(_N_RECORDS, 16, lambda place: keys[place])
    for place in range(1, _N_RECORDS + 1):
        index.put(index.slot_of(keys[place], lambda _: False), keys[place], place)
    return index, keys


@pytest.mark.parametrize("seed", range(20))
def test_others_that_are_removed_meanwhile_hide_no_place(seed: int) -> None:
    noise = random.Random(seed)
    index, keys = _index(noise)
    removed = noise.sample(range(1, _N_RECORDS + 1), _N_REMOVED)
    left = set(range(1, _N_RECORDS + 1)) - set(removed)
    met = set()
    for place in index.places():
        met.add(place)
        for _ in range(min(4, len(removed))):
            gone = removed.pop()
            index.remove(keys[gone], gone)
    assert left <= met


@pytest.mark.parametrize("seed", range(20))
def test_each_place_comes_once_when_it_is_removed_itself(seed: int) -> None:
    noise = random.Random(seed)
    index, keys = _index(noise)
    met = []
    for place in index.places():
        met.append(place)
        if noise.randrange(2):
            index.remove(keys[place], place)
    assert sorted(met) == list(range(1, _N_RECORDS + 1))
