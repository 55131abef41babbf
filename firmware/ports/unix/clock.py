"""Clock contract on the unix port: the monotonic clock, and a date that the host may set."""

import time


class Clock:
    def __init__(self) -> None:
        self._utc_offset_ms = 0

    def ticks_ms(self) -> int:
        return time.ticks_ms()

    def ticks_diff(self, end_ms: int, start_ms: int) -> int:
        return time.ticks_diff(end_ms, start_ms)

    def ticks_add(self, ticks_ms: int, delta_ms: int) -> int:
        return time.ticks_add(ticks_ms, delta_ms)

    def utc_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self._utc_offset_ms

    def set_utc_ms(self, utc_ms: int) -> None:
        self._utc_offset_ms = utc_ms - time.time_ns() // 1_000_000
