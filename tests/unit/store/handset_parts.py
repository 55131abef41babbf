"""Parts of a handset for tests of the store: a clock that tests move, randomness that repeats."""

from __future__ import annotations

import random

TICKS_PERIOD = 1 << 30


class Clock:
    """MicroPython's ticks, which wrap soon; microseconds inside, so that fast machines count."""

    def __init__(self) -> None:
        self.now_us = (TICKS_PERIOD - 3_000) * 1000
        self.utc_offset_ms: int | None = None

    def pass_ms(self, ms: float) -> None:
        self.now_us += round(ms * 1000)

    def ticks_ms(self) -> int:
        return self.now_us // 1000 % TICKS_PERIOD

    def ticks_diff(self, end_ms: int, start_ms: int) -> int:
        return (end_ms - start_ms + TICKS_PERIOD // 2) % TICKS_PERIOD - TICKS_PERIOD // 2

    def utc_ms(self) -> int:
        return -1 if self.utc_offset_ms is None else self.now_us // 1000 + self.utc_offset_ms


class Rng:
    """What a test draws is the same each time."""

    def __init__(self) -> None:
        self._random = random.Random(7)

    def fill(self, buf: bytearray) -> None:
        buf[:] = self._random.randbytes(len(buf))
