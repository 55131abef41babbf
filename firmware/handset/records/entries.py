"""What is in the entries of the journals that the application itself writes.

    positions  `<iiq`: latitude and longitude in 1e-7 degrees (WGS 84), and when it was fixed
    calls      CBOR: [when it began, how many milliseconds it lasted, MCPTT ID of who talked]
    consent    CBOR: [when, what was switched ("geolocation"), on or off]

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
    """An entry of positions."""
    return struct.pack(POSITION, own.lat_deg_e7, own.lon_deg_e7, own.utc_ms)


def call(utc_ms: int, duration_ms: int, user_id: str) -> bytes:
    """An entry of calls."""
    return cbor.dumps([utc_ms, duration_ms, user_id])


def consent(utc_ms: int, what: str, on: bool) -> bytes:
    """An entry of consent."""
    return cbor.dumps([utc_ms, what, on])
