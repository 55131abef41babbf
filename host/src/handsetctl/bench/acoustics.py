"""A room kept by the bench's background thread, for callers of any thread."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from handsetctl.bench.interface import Samples
from handsetctl.bench.loop import BenchLoop, Timer
from handsetctl.bench.room import KEEP_PERIOD_S, Recording, Room
from handsetctl.bench.tape import Tape

_BLOCK_S = 10.0
_GRACE_S = 0.02
"""A device that is as late as it may be writes a frame in the very moment it is to be played."""


class Acoustics:
    """What a virtual handset's microphone hears and its speaker plays, as it happens."""

    def __init__(self, loop: BenchLoop, tape: Tape) -> None:
        self._loop = loop
        self._tape = tape
        self._room = Room(tape)
        self._timer: Timer | None = None
        self._loop.call(self._keep)

    def say(self, samples: Samples, at_s: float | None = None) -> float:
        """See BenchHandset.say and Room.say."""
        return self._loop.call(lambda: self._room.say(samples, time.monotonic(), at_s))

    def hear(self, start_s: float, end_s: float, check: Callable[[], None]) -> Samples:
        """See BenchHandset.hear; ``check`` is called after each wait and may raise."""
        if end_s < start_s:
            raise ValueError("the end is before the start")
        start, end = self._tape.index_at(start_s), self._tape.index_at(end_s)
        block = int(_BLOCK_S * self._tape.rate_hz)
        heard: list[Samples] = []
        while start < end:
            stop = min(end, start + block)
            wait_until(self._tape.instant_of(stop) + _GRACE_S)
            check()
            heard.append(self._room.heard(start, stop, time.monotonic()))
            start = stop
        return np.concatenate(heard) if heard else np.zeros(0, dtype=np.int16)

    def record(self) -> Recording:
        """Begin to collect the speaker, from now on, for as long as need be."""
        return self._loop.call(lambda: self._room.record(time.monotonic()))

    def finish(self, recording: Recording) -> tuple[float, Samples]:
        """End a recording, now; returns its first instant and its samples."""
        return self._loop.call(lambda: self._room.finish(recording, time.monotonic()))

    def device_stopped(self) -> None:
        """The handset lost power. Loop thread only."""
        self._room.device_stopped(time.monotonic())

    def close(self) -> None:
        """Stop keeping the room. Idempotent. Loop thread only."""
        if self._timer is not None:
            self._timer.cancel()

    def _keep(self) -> None:
        now_s = time.monotonic()
        self._room.keep(now_s)
        self._timer = self._loop.call_at(now_s + KEEP_PERIOD_S, self._keep)


def wait_until(instant_s: float) -> None:
    """Sleep until an instant of the monotonic clock."""
    while (left_s := instant_s - time.monotonic()) > 0:
        time.sleep(left_s)
