"""A position report on the air: an RTCP APP packet named "HGEO" (RFC 3550 clause 6.7).

After the 12 bytes every APP packet begins with (version 2, subtype 0, packet type 204, length,
SSRC, name) come, all big-endian:

    octet  0  format, 1                  octet  1  length of the user id in bytes, 1..64
           2  sequence number, U16              4  UTC, milliseconds since 1970, U64
          12  latitude, 1e-7 degree, I32       16  longitude, 1e-7 degree, I32
          20  altitude, mm, I32                24  speed, cm/s, U16
          26  course, 0.01 degree, U16         28  HDOP times 100, U16
          30  reserved, 0, U16                 32  user id, UTF-8, zero padded to 32 bits

Unknown altitude is -2**31; unknown speed, course or HDOP is 65535.
"""

FORMAT = 1
MAX_BYTES = 12 + 32 + 64

_HEADER_BYTES = 12
_FIXED_BYTES = 32
_NAME = b"HGEO"
_U16_UNKNOWN = 0xFFFF
_ALTITUDE_UNKNOWN = -(1 << 31)
# A full table of positions must fit into one answer of the management link.
USER_ID_BYTES_MAX = 64
_LAT_MAX_E7 = 900_000_000
_LON_MAX_E7 = 1_800_000_000
_UTC_MAX_MS = 1 << 48
_COURSE_MAX_CDEG = 36_000


class ReportError(Exception):
    """Bytes that are not a position report; `reason` says in words what is wrong."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Report:
    """One position. Units as above, in the names; None where the receiver did not say."""

    def __init__(self, ssrc: int, user_id: str) -> None:
        self.ssrc = ssrc
        self.user_id = user_id
        self.sequence = 0
        self.utc_ms = 0
        self.lat_deg_e7 = 0
        self.lon_deg_e7 = 0
        self.altitude_mm = None
        self.speed_cm_s = None
        self.course_cdeg = None
        self.hdop_x100 = None


def encode(report: Report, buf: bytearray) -> int:
    """Write `report` at the start of `buf`; returns the number of bytes, a multiple of 4.

    ValueError when a value is out of range or the buffer too small.
    """
    user_id = report.user_id.encode()
    n_user_id = len(user_id)
    end = _HEADER_BYTES + _FIXED_BYTES + ((n_user_id + 3) & ~3)
    if not 1 <= n_user_id <= USER_ID_BYTES_MAX:
        raise ValueError("user id must have 1 to %d bytes" % USER_ID_BYTES_MAX)
    if len(buf) < end:
        raise ValueError("buffer too small")
    _check(report)
    buf[0] = 0x80
    buf[1] = 204
    _put(buf, 2, 2, end // 4 - 1)
    _put(buf, 4, 4, report.ssrc)
    buf[8:12] = _NAME
    buf[12] = FORMAT
    buf[13] = n_user_id
    _put(buf, 14, 2, report.sequence)
    _put(buf, 16, 8, report.utc_ms)
    _put(buf, 24, 4, report.lat_deg_e7)
    _put(buf, 28, 4, report.lon_deg_e7)
    _put(buf, 32, 4, _or(report.altitude_mm, _ALTITUDE_UNKNOWN))
    _put(buf, 36, 2, _or(report.speed_cm_s, _U16_UNKNOWN))
    _put(buf, 38, 2, _or(report.course_cdeg, _U16_UNKNOWN))
    _put(buf, 40, 2, _or(report.hdop_x100, _U16_UNKNOWN))
    _put(buf, 42, 2, 0)
    buf[44 : 44 + n_user_id] = user_id
    for i in range(44 + n_user_id, end):
        buf[i] = 0
    return end


def decode(buf, n_bytes: int) -> Report:
    """Read the report that fills `buf[:n_bytes]`. ReportError on anything else."""
    if n_bytes > len(buf) or n_bytes < _HEADER_BYTES + _FIXED_BYTES:
        raise ReportError("shorter than a report")
    if buf[0] != 0x80 or buf[1] != 204 or bytes(buf[8:12]) != _NAME:
        raise ReportError("not an HGEO packet of subtype 0")
    if buf[12] != FORMAT:
        raise ReportError(f"format {buf[12]} is unknown")
    n_user_id = buf[13]
    end = _HEADER_BYTES + _FIXED_BYTES + ((n_user_id + 3) & ~3)
    if (
        not 1 <= n_user_id <= USER_ID_BYTES_MAX
        or end != n_bytes
        or 4 * (_get(buf, 2, 2) + 1) != n_bytes
    ):
        raise ReportError("lengths do not agree")
    try:
        user_id = bytes(buf[44 : 44 + n_user_id]).decode()
    except UnicodeError:
        raise ReportError("user id is not UTF-8") from None
    report = Report(_get(buf, 4, 4), user_id)
    report.sequence = _get(buf, 14, 2)
    report.utc_ms = _get(buf, 16, 8)
    report.lat_deg_e7 = _get_signed(buf, 24)
    report.lon_deg_e7 = _get_signed(buf, 28)
    report.altitude_mm = _known(_get_signed(buf, 32), _ALTITUDE_UNKNOWN)
    report.speed_cm_s = _known(_get(buf, 36, 2), _U16_UNKNOWN)
    report.course_cdeg = _known(_get(buf, 38, 2), _U16_UNKNOWN)
    report.hdop_x100 = _known(_get(buf, 40, 2), _U16_UNKNOWN)
    try:
        _check(report)
    except ValueError as error:
        raise ReportError(error.args[0]) from None
    return report


def _check(report: Report) -> None:
    _in_range("ssrc", report.ssrc, 0, 0xFFFFFFFF)
    _in_range("sequence", report.sequence, 0, 0xFFFF)
    _in_range("utc_ms", report.utc_ms, 0, _UTC_MAX_MS)
    _in_range("lat_deg_e7", report.lat_deg_e7, -_LAT_MAX_E7, _LAT_MAX_E7)
    _in_range("lon_deg_e7", report.lon_deg_e7, -_LON_MAX_E7, _LON_MAX_E7)
    _in_range("altitude_mm", _or(report.altitude_mm, 0), 1 - (1 << 31), (1 << 31) - 1)
    _in_range("speed_cm_s", _or(report.speed_cm_s, 0), 0, _U16_UNKNOWN - 1)
    _in_range("course_cdeg", _or(report.course_cdeg, 0), 0, _COURSE_MAX_CDEG)
    _in_range("hdop_x100", _or(report.hdop_x100, 0), 0, _U16_UNKNOWN - 1)


def _in_range(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} out of range")


def _or(value, default: int) -> int:
    return default if value is None else value


def _known(value: int, unknown: int):
    return None if value == unknown else value


def _put(buf: bytearray, start: int, n_bytes: int, value: int) -> None:
    for i in range(start + n_bytes - 1, start - 1, -1):
        buf[i] = value & 0xFF
        value >>= 8


def _get(buf, start: int, n_bytes: int) -> int:
    value = 0
    for i in range(start, start + n_bytes):
        value = value << 8 | buf[i]
    return value


def _get_signed(buf, start: int) -> int:
    value = _get(buf, start, 4)
    return value - (1 << 32) if value >> 31 else value
