"""Ticks as MicroPython's, which wrap at 2**30, on a clock that a test moves."""

PERIOD = 1 << 30


def ticks_diff(end, start):
    return (end - start + PERIOD // 2) % PERIOD - PERIOD // 2


class TestClock:
    """Starts shortly before the wrap."""

    __test__ = False

    def __init__(self, before_wrap_ms=1000):
        self._now_ms = PERIOD - before_wrap_ms

    def pass_ms(self, ms):
        self._now_ms += ms

    def ticks_ms(self):
        return self._now_ms % PERIOD

    def ticks_diff(self, end_ms, start_ms):
        return ticks_diff(end_ms, start_ms)

    def ticks_add(self, ticks_ms, delta_ms):
        return (ticks_ms + delta_ms) % PERIOD
