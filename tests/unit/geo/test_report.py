"""The position report on the wire: bytes by hand, round trips, noise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handset.geo import report

WIRE = bytes.fromhex(
    "80CC000F 11223344 4847454F"  # APP, 16 words, SSRC, "HGEO"
    "0111 0007"  # format 1, 17 bytes of user id, sequence 7
    "00000194 21BCAA0A"  # 2025-01-01 12:00:00.010 UTC
    "1D1BBE04 FFFFFFFF"  # 48.8357380 north, 1e-7 degree west
    "FFFFFC18 0096 2328 005F 0000"  # 1 m below the sea, 1.50 m/s, 90.00 degrees, HDOP 0.95
    "7369703A61407369 6D2E696E76616C69 64000000"  # sip:a@sim.invalid
)


def known():
    position = report.Report(0x11223344, "sip:a@sim.invalid")
    position.sequence = 7
    position.utc_ms = 1_735_732_800_010
    position.lat_deg_e7 = 488_357_380
    position.lon_deg_e7 = -1
    position.altitude_mm = -1000
    position.speed_cm_s = 150
    position.course_cdeg = 9000
    position.hdop_x100 = 95
    return position


def encoded(position):
    buf = bytearray(report.MAX_BYTES)
    return bytes(buf[: report.encode(position, buf)])


def test_known_bytes():
    assert encoded(known()) == WIRE
    assert vars(report.decode(WIRE, len(WIRE))) == vars(known())


def optional(low, high):
    return st.none() | st.integers(low, high)


@st.composite
def any_report(draw):
    user_id = draw(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=60).filter(
            lambda text: len(text.encode()) <= report.USER_ID_BYTES_MAX
        )
    )
    position = report.Report(draw(st.integers(0, 0xFFFFFFFF)), user_id)
    position.sequence = draw(st.integers(0, 0xFFFF))
    position.utc_ms = draw(st.integers(0, 1 << 48))
    position.lat_deg_e7 = draw(st.integers(-900_000_000, 900_000_000))
    position.lon_deg_e7 = draw(st.integers(-1_800_000_000, 1_800_000_000))
    position.altitude_mm = draw(optional(1 - (1 << 31), (1 << 31) - 1))
    position.speed_cm_s = draw(optional(0, 65_534))
    position.course_cdeg = draw(optional(0, 36_000))
    position.hdop_x100 = draw(optional(0, 65_534))
    return position


@given(any_report())
def test_every_report_survives_the_wire(position):
    wire = encoded(position)
    assert len(wire) % 4 == 0
    assert vars(report.decode(wire, len(wire))) == vars(position)


def verdict(datagram, n_bytes):
    """The report, or the words of the refusal; any other exception is a failure of the test."""
    try:
        return report.decode(datagram, n_bytes)
    except report.ReportError as error:
        return error.reason


@given(st.binary(max_size=100), st.integers(0, 110))
def test_noise_is_refused_with_a_reason(noise, n_bytes):
    assert isinstance(verdict(noise, n_bytes), str)


@given(any_report(), st.data())
def test_a_broken_report_is_refused_or_in_range(position, data):
    wire = bytearray(encoded(position))
    for _ in range(data.draw(st.integers(1, 4))):
        wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    found = verdict(wire, data.draw(st.integers(0, len(wire))))
    if isinstance(found, report.Report):
        assert abs(found.lat_deg_e7) <= 900_000_000
        assert encoded(found)


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        (0, 0x90, "HGEO"),
        (0, 0xA0, "HGEO"),
        (1, 203, "HGEO"),
        (8, 0x4D, "HGEO"),
        (12, 2, "format 2"),
        (3, 0x0E, "lengths"),
        (13, 0, "lengths"),
        (13, 21, "lengths"),
        (24, 0x7F, "lat_deg_e7"),
        (28, 0x7F, "lon_deg_e7"),
        (16, 0x01, "utc_ms"),
        (38, 0xFE, "course_cdeg"),
        (44, 0xFF, "UTF-8"),
    ],
)
def test_what_is_no_report_is_named(at, value, reason):
    broken = bytearray(WIRE)
    broken[at] = value
    with pytest.raises(report.ReportError, match=reason):
        report.decode(broken, len(broken))


def test_truncated_at_every_byte():
    for n_bytes in range(len(WIRE)):
        assert isinstance(verdict(WIRE, n_bytes), str)
        assert isinstance(verdict(WIRE[:n_bytes], len(WIRE)), str)


@pytest.mark.parametrize(
    ("name", "value"), [("lat_deg_e7", 900_000_001), ("sequence", -1), ("speed_cm_s", 65_535)]
)
def test_a_value_out_of_range_is_not_sent(name, value):
    position = known()
    setattr(position, name, value)
    with pytest.raises(ValueError, match=name):
        encoded(position)


def test_a_small_buffer_is_refused():
    with pytest.raises(ValueError, match="buffer too small"):
        report.encode(known(), bytearray(len(WIRE) - 1))
