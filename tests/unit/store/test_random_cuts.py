"""Whatever is done, on small stores that are often full, and however often the power fails: what
was committed is there, nothing else is, and nothing is said to be damaged."""

from __future__ import annotations

from random_lives import live

# Each of them found something once.
_SEEDS = [88, 128, 175, 179, 383, 428, 500008, 500034, 500210, 500406, 500445, 2082, 20349]
_SEEDS += range(20)
_WEAK_SEEDS = [41, 104, 115, 146]


def test_nothing_is_lost_and_nothing_is_invented() -> None:
    assert sum(live("firm", seed) for seed in _SEEDS) > 20 * len(_SEEDS)


def test_what_a_cut_leaves_weak_is_settled_for_good() -> None:
    assert sum(live("weak", seed) for seed in _WEAK_SEEDS) > 20 * len(_WEAK_SEEDS)
