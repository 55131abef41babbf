"""Sounds at the ends of what samples can be: where fixed point saturates, wraps or starves."""

from __future__ import annotations

import numpy as np
from replay_files import Samples

from handsetctl.speech import RATE_HZ

_LOUDEST = 32767


def extreme_sounds() -> Samples:
    """Twelve seconds, one after the other: each ends abruptly where the next begins."""
    random = np.random.default_rng(20)
    second = np.arange(RATE_HZ)
    sweep = np.sin(2 * np.pi * 3900 * second**2 / RATE_HZ**2)
    click = np.where(second % 997 == 0, 1.0, 0.0)
    buzz = np.where(second % 128 < 64, 1.0, -1.0)
    sounds = [
        np.zeros(RATE_HZ),
        np.ones(RATE_HZ),
        np.where(second % 2 == 0, 1.0, -1.0),
        buzz,
        -np.ones(RATE_HZ),
        random.uniform(-1, 1, RATE_HZ),
        np.sign(random.uniform(-1, 1, RATE_HZ)),
        sweep,
        click,
        buzz * 10.0 ** -(second // 2000),
        np.sign(np.sin(second / 7)) * np.sign(np.sin(second / 900)),
        random.integers(-1, 2, RATE_HZ) / _LOUDEST,
    ]
    return (np.concatenate(sounds) * _LOUDEST).astype(np.int16)
