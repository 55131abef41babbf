"""Date and time text against CPython's datetime."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handset.link.datetime_text import format_utc, parse_utc

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
moments_ms = st.integers(
    0, (datetime(2100, 1, 1, tzinfo=timezone.utc) - EPOCH) // timedelta(milliseconds=1) - 1
)


@given(moments_ms)
def test_agrees_with_datetime(utc_ms):
    moment = EPOCH + timedelta(milliseconds=utc_ms)
    text = moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
    assert format_utc(utc_ms) == text
    assert parse_utc(text) == utc_ms


@pytest.mark.parametrize(
    "day", ["1970-01-01", "1999-12-31", "2000-02-29", "2096-02-29", "2099-12-31"]
)
def test_edges_of_the_calendar(day):
    assert format_utc(parse_utc(day + "T23:59:59.999")) == day + "T23:59:59.999"


@pytest.mark.parametrize("tail", ["", "Z", ".0", ".000000", ".000000Z", "+00:00", ".0+00:00"])
def test_accepted_endings(tail):
    assert parse_utc("2025-11-22T01:42:00" + tail) == 1763775720000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025-11-22",
        "2025-11-22T01:42",
        "2025-11-31T00:00:00",
        "2025-02-29T00:00:00",
        "1969-12-31T23:59:59",
        "2100-01-01T00:00:00",
        "2025-13-01T00:00:00",
        "2025-01-00T00:00:00",
        "2025-01-01T24:00:00",
        "2025-01-01T00:60:00",
        "2025-01-01T00:00:60",
        "2025-01-01T00:00:00.",
        "2025-01-01T00:00:00+01:00",
        "2025-01-01T00:00:00.1234567890",
        "2025-01-01T00:00:00 Z",
        "+025-01-01T00:00:00",
        "2025/01/01T00:00:00",
        "2025-01-01x00:00:00",
        "2025-01- 1T00:00:00",
        "²025-01-01T00:00:00",
    ],
)
def test_rejected(text):
    with pytest.raises(ValueError, match="not a date"):
        parse_utc(text)
