"""What is in the entries of the journals that the application itself writes.

    positions  a block of them, below
    calls      CBOR: [when it began, how many milliseconds it lasted, MCPTT ID of who talked]
    consent    CBOR: [when, what was switched ("geolocation"), on or off]

An entry takes 5.7 bytes of RAM and 52 of flash beside what it says: of positions by themselves two
months would not fit. A block of them, little-endian:

    offset  bytes
    0       4       latitude of the first position, in 1e-7 degrees (WGS 84), signed
    4       4       its longitude, likewise
    8       8       when it was fixed, signed
    16      1 to 5  of each further position: latitude less that of the one before, in 1e-6 degrees,
                    signed
            1 to 5  longitude, likewise
            1 to 2  seconds since the one before; 0 where the block's first has no date

The last three are varints: 7 bits a byte, the lowest first, bit 7 set in all but the last. Signed
ones are zigzag: 0, -1, 1, -2, 2 are 0, 1, 2, 3, 4. Differences are between positions as they are
read, so that errors do not add up: each is right to 0.5e-6 degrees (6 cm) and half a second. Who
stands still takes 3 bytes a minute, who walks 5, who drives 5 to 7.

Who exports them reads the table in `link/store_spec.py`. Times are milliseconds since 1970-01-01
UTC, -1 where the handset did not know the date.
"""

import struct

from handset.link import cbor
from handset.link.store_spec import POSITION, POSITION_STEP_E7
from handset.security.erase import erase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handset.geo.report import Report
    from handset.store.store import Store

POSITIONS = "positions"
# 32 units of a record.
BLOCK_BYTES = 512
# Latitude, longitude and seconds at their longest.
_STEP_BYTES_MAX = 5 + 5 + 2
_SECONDS_MAX = (1 << 14) - 1
_DAY_MS = 86_400_000


def position(own: "Report") -> bytes:
    """A position: a block's first."""
    return struct.pack(POSITION, own.lat_deg_e7, own.lon_deg_e7, own.utc_ms)


def call(utc_ms: int, duration_ms: int, user_id: str) -> bytes:
    """An entry of calls."""
    return cbor.dumps([utc_ms, duration_ms, user_id])


def consent(utc_ms: int, what: str, on: bool) -> bytes:
    """An entry of consent."""
    return cbor.dumps([utc_ms, what, on])


class PositionBlock:
    """The open block: the journal's newest entry, written anew with each position in it. Each one
    is on the flash when `add` returns. The block is kept in RAM while it grows, since a locked
    store can not be read: `forget` wipes it, and the next position begins another one.

    `buf` has BLOCK_BYTES, and is for this alone."""

    def __init__(self, store: "Store", buf: bytearray) -> None:
        self._store = store
        self._buf = buf
        self._number = -1  # of the entry
        self._end = 0
        # Where and when the last one is, counted from the first.
        self._lat = self._lon = self._seconds = 0

    def forget(self) -> None:
        """Nothing of where the agent was stays in RAM; the block is closed."""
        if self._end:
            erase(self._buf, BLOCK_BYTES)
        self._number = -1
        self._end = self._lat = self._lon = self._seconds = 0

    def is_newest(self) -> bool:
        """Whether the block is what it was: after a wipe or a trim there is no such entry."""
        first, following = self._store.span(POSITIONS)
        return not self._end or first < following == self._number + 1

    def add(self, position: bytes) -> None:
        """Keep what `position` made. Raises as `Store.append`, and then has not kept it."""
        if self._end and self._extend(position):
            return
        self.forget()
        self._end = len(position)
        self._buf[: self._end] = position
        try:
            self._number = self._store.append(POSITIONS, position)
        except Exception:
            self.forget()
            raise

    def _extend(self, position: bytes) -> bool:
        """False where it does not go into this block: no room, or not the same day (a block goes
        when its day does), or time went back or far ahead."""
        lat_e7, lon_e7, utc_ms = struct.unpack(POSITION, position)
        first_lat_e7, first_lon_e7, first_utc_ms = struct.unpack_from(POSITION, self._buf, 0)
        half = POSITION_STEP_E7 // 2
        lat = (lat_e7 - first_lat_e7 + half) // POSITION_STEP_E7
        lon = (lon_e7 - first_lon_e7 + half) // POSITION_STEP_E7
        seconds = (utc_ms - first_utc_ms + 500) // 1000
        has_room = self._end + _STEP_BYTES_MAX <= BLOCK_BYTES
        is_one_day = utc_ms // _DAY_MS == first_utc_ms // _DAY_MS
        is_soon = 0 <= seconds - self._seconds <= _SECONDS_MAX
        if not (has_room and is_one_day and is_soon):
            return False
        end = self._end
        for number in (2 * (lat - self._lat), 2 * (lon - self._lon), seconds - self._seconds):
            if number < 0:
                number = -number - 1
            while number > 0x7F:
                self._buf[end] = number & 0x7F | 0x80
                number >>= 7
                end += 1
            self._buf[end] = number
            end += 1
        self._store.amend(POSITIONS, self._number, memoryview(self._buf)[:end])
        self._end, self._lat, self._lon, self._seconds = end, lat, lon, seconds
        return True
