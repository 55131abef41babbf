"""Clock contract on ESP32: the system timer, and a date that somebody has to set."""

import time

_UNKNOWN = -1


class Clock:
    def __init__(self) -> None:
        self._date_is_known = False
        self._utc_offset_ms = 0

    def ticks_ms(self) -> int:
        return time.ticks_ms()

    def ticks_diff(self, end_ms: int, start_ms: int) -> int:
        return time.ticks_diff(end_ms, start_ms)

    def ticks_add(self, ticks_ms: int, delta_ms: int) -> int:
        return time.ticks_add(ticks_ms, delta_ms)

    def utc_ms(self) -> int:
        return _since_boot_ms() + self._utc_offset_ms if self._date_is_known else _UNKNOWN

    def set_utc_ms(self, utc_ms: int) -> None:
        self._utc_offset_ms = utc_ms - _since_boot_ms()
        self._date_is_known = True


def _since_boot_ms() -> int:
    """Never wraps, and its zero (on this port 2000, or the start) does not matter here."""
    return time.time_ns() // 1_000_000
