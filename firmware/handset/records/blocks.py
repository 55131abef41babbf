"""The open block of positions: the journal's newest entry, written anew with each position in it.

An entry takes 5 bytes of RAM and 52 of flash beside what it says: of positions by themselves two
months would not fit. Each one is on the flash when `add` returns. The block is kept in RAM while it
grows, since a locked store can not be read: `forget` wipes it, and the next position begins another
one. What is in a block: `entries.py`.
"""

import struct

from handset.link.store_spec import POSITION, POSITION_STEP_E7

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from handset.store.store import Store

JOURNAL = "positions"
# 32 units of a record.
BLOCK_BYTES = 512
# Latitude, longitude and seconds at their longest.
_STEP_BYTES_MAX = 5 + 5 + 2
_SECONDS_MAX = (1 << 14) - 1


class PositionBlock:
    """`today()` as the store's: a block is of one day, and goes when that day does. `buf` has
    BLOCK_BYTES, and is for this alone."""

    def __init__(self, store: "Store", today: "Callable[[], int]", buf: bytearray) -> None:
        self._store = store
        self._today = today
        self._buf = buf
        self._number = -1  # of the entry
        self._end = 0
        self._day = -1
        # Where and when the last one is, counted from the first.
        self._lat = self._lon = self._seconds = 0

    def forget(self) -> None:
        """Nothing of where the agent was stays in RAM; the block is closed."""
        if self._end:
            for i in range(BLOCK_BYTES):
                self._buf[i] = 0
        self._number = -1
        self._end = self._lat = self._lon = self._seconds = 0

    def is_newest(self) -> bool:
        """Whether the block is what it was: after a wipe there is no such entry."""
        return self._store.span(JOURNAL)[1] == self._number + 1

    def add(self, position: bytes) -> None:
        """Keep what `entries.position` made. Raises as `Store.append`, and then has not kept it."""
        day = self._today()
        if self._number < 0 or day != self._day or not self._extend(position):
            self._begin(position, day)

    def _begin(self, position: bytes, day: int) -> None:
        self.forget()
        self._end = len(position)
        self._buf[: self._end] = position
        try:
            self._number = self._store.append(JOURNAL, position)
        except Exception:
            self.forget()
            raise
        self._day = day

    def _extend(self, position: bytes) -> bool:
        """False where it does not go into this block."""
        lat_e7, lon_e7, utc_ms = struct.unpack(POSITION, position)
        first_lat_e7, first_lon_e7, first_utc_ms = struct.unpack_from(POSITION, self._buf, 0)
        lat = _nearest(lat_e7 - first_lat_e7, POSITION_STEP_E7)
        lon = _nearest(lon_e7 - first_lon_e7, POSITION_STEP_E7)
        seconds = _nearest(utc_ms - first_utc_ms, 1000) if utc_ms >= 0 else 0
        is_dated_alike = (utc_ms < 0) == (first_utc_ms < 0)
        if not is_dated_alike or not 0 <= seconds - self._seconds <= _SECONDS_MAX:
            return False
        if self._end + _STEP_BYTES_MAX > BLOCK_BYTES:
            return False
        end = self._put(self._end, _zigzag(lat - self._lat))
        end = self._put(end, _zigzag(lon - self._lon))
        end = self._put(end, seconds - self._seconds)
        self._store.amend(JOURNAL, self._number, memoryview(self._buf)[:end])
        self._end, self._lat, self._lon, self._seconds = end, lat, lon, seconds
        return True

    def _put(self, at: int, number: int) -> int:
        """A varint; returns the offset behind it."""
        while number > 0x7F:
            self._buf[at] = number & 0x7F | 0x80
            number >>= 7
            at += 1
        self._buf[at] = number
        return at + 1


def _nearest(number: int, unit: int) -> int:
    return (number + unit // 2) // unit


def _zigzag(number: int) -> int:
    """Small where it is near 0, on either side."""
    return 2 * number if number >= 0 else -2 * number - 1
