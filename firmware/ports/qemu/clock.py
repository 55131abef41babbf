"""Clock contract on QEMU: the machine's counter. As on a chip, the date is unknown until set."""

import time

import virt


class Clock:
    def __init__(self) -> None:
        self._utc_at_start_ms = -1

    def ticks_ms(self) -> int:
        return time.ticks_ms()

    def ticks_diff(self, end_ms: int, start_ms: int) -> int:
        return time.ticks_diff(end_ms, start_ms)

    def ticks_add(self, ticks_ms: int, delta_ms: int) -> int:
        return time.ticks_add(ticks_ms, delta_ms)

    def utc_ms(self) -> int:
        if self._utc_at_start_ms < 0:
            return -1
        return self._utc_at_start_ms + virt.uptime_us() // 1000

    def set_utc_ms(self, utc_ms: int) -> None:
        self._utc_at_start_ms = utc_ms - virt.uptime_us() // 1000
