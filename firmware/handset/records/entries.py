"""What is in the entries of the journals that the application itself writes.

    positions  a block of them, below
    calls      CBOR: [when it began, how many milliseconds it lasted, MCPTT ID of who talked]
    consent    CBOR: [when, what was switched ("geolocation"), on or off]

A block of positions (`blocks.py`), little-endian:

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
from handset.link.store_spec import POSITION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handset.geo.report import Report


def position(own: "Report") -> bytes:
    """A position: a block's first."""
    return struct.pack(POSITION, own.lat_deg_e7, own.lon_deg_e7, own.utc_ms)


def call(utc_ms: int, duration_ms: int, user_id: str) -> bytes:
    """An entry of calls."""
    return cbor.dumps([utc_ms, duration_ms, user_id])


def consent(utc_ms: int, what: str, on: bool) -> bytes:
    """An entry of consent."""
    return cbor.dumps([utc_ms, what, on])
