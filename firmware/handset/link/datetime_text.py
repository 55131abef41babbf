"""Date and time as SMP's OS group writes it: "2025-11-22T01:42:00.250", always UTC."""

_DAY_MS = 86_400_000
_YEAR_MIN = 1970
_YEAR_MAX = 2099
_DAYS_IN_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days_in_month(year: int, month: int) -> int:
    return 29 if month == 2 and _leap(year) else _DAYS_IN_MONTH[month - 1]


def _days_before_year(year: int) -> int:
    """Days from 1970-01-01 to 1 January of `year`."""
    y = year - 1
    return 365 * (year - _YEAR_MIN) + (y // 4 - y // 100 + y // 400) - 477


def format_utc(utc_ms: int) -> str:
    """`utc_ms` (milliseconds since 1970, at most the year 2099) as text."""
    days = utc_ms // _DAY_MS
    ms = utc_ms % _DAY_MS
    year = _YEAR_MIN + days // 366
    while _days_before_year(year + 1) <= days:
        year += 1
    days -= _days_before_year(year)
    month = 1
    while days >= _days_in_month(year, month):
        days -= _days_in_month(year, month)
        month += 1
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03d" % (
        year,
        month,
        days + 1,
        ms // 3_600_000,
        ms // 60_000 % 60,
        ms // 1000 % 60,
        ms % 1000,
    )


def _number(text: str, start: int, end: int, low: int, high: int) -> int:
    digits = text[start:end]
    for digit in digits:
        if digit not in "0123456789":
            raise ValueError("not a date and time: %r" % text)
    if len(digits) != end - start or not low <= int(digits) <= high:
        raise ValueError("not a date and time: %r" % text)
    return int(digits)


def _milliseconds(text: str, tail: str) -> int:
    if tail in ("", "Z", "+00:00"):
        return 0
    digits = tail[1:]
    for zone in ("Z", "+00:00"):
        if digits.endswith(zone):
            digits = digits[: -len(zone)]
    if tail[0] != "." or not 1 <= len(digits) <= 9:
        raise ValueError("not a date and time: %r" % text)
    return _number((digits + "00")[:3], 0, 3, 0, 999)


def parse_utc(text: str) -> int:
    """Milliseconds since 1970 of "YYYY-MM-DDThh:mm:ss[.fraction][Z]"; ValueError if it is not."""
    if len(text) < 19 or text[4] + text[7] + text[13] + text[16] != "--::" or text[10] not in "T ":
        raise ValueError("not a date and time: %r" % text)
    year = _number(text, 0, 4, _YEAR_MIN, _YEAR_MAX)
    month = _number(text, 5, 7, 1, 12)
    days = _days_before_year(year) + _number(text, 8, 10, 1, _days_in_month(year, month)) - 1
    for earlier in range(1, month):
        days += _days_in_month(year, earlier)
    ms = _number(text, 11, 13, 0, 23) * 3_600_000
    ms += _number(text, 14, 16, 0, 59) * 60_000
    ms += _number(text, 17, 19, 0, 59) * 1000
    return days * _DAY_MS + ms + _milliseconds(text, text[19:])
