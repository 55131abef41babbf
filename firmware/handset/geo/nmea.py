"""Incremental NMEA 0183 parser: RMC and GGA of any talker, in integers, without touching the heap.

`Parser.feed` takes bytes as they come. A sentence counts only with its line end and a right
checksum; anything else is counted and dropped. Fixes are committed as a whole: `Parser.fix` holds
either one epoch, all of it, or nothing valid. RMC carries that epoch (it alone has the date); GGA
of the same second adds altitude, HDOP and satellites, whichever of the two comes first, and a GGA
without a fix or an RMC marked void takes the validity away.

Why positions are kept in parts: MicroPython on a 32-bit chip keeps integers of up to 31 bits in a
machine word and puts larger ones on the heap. 180 degrees in units of 1e-7 is 1.8e9, more than
2**30; so a coordinate is whole degrees, the fraction in 1e-7 degrees and a sign, and every step
of the arithmetic stays below 2**30. `lat_e7()` and `lon_e7()` put the parts together on demand,
once a report. The same holds for `utc_ms()`.
"""

_SENTENCE_BYTES_MAX = 128  # the norm says 82; real receivers exceed it
_FIELDS_MAX = 32
_E7 = 10_000_000
_DOLLAR = 0x24
_STAR = 0x2A
_COMMA = 0x2C
_DOT = 0x2E
_MINUS = 0x2D
_CR = 0x0D
_LF = 0x0A
# What reading a number can say instead of a number; both fit a 31-bit integer.
_NO_NUMBER = -(1 << 30)
_EMPTY = _NO_NUMBER + 1

_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Record:
    """What one RMC or GGA sentence says, or one committed epoch. None: the receiver did not say.

    valid: bool. year, month, day, hour, minute, second, ms: UTC. lat_deg, lon_deg: whole degrees;
    lat_frac_e7, lon_frac_e7: 0..9999999, 1e-7 degrees; lat_negative (south), lon_negative (west).
    From RMC: speed_mm_s, course_cdeg (0.01 degree, 0..36000). From GGA: quality, satellites,
    hdop_x100, altitude_mm (above mean sea level).
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.valid = False
        self.year = self.month = self.day = 0
        self.hour = self.minute = self.second = self.ms = 0
        self.lat_deg = self.lat_frac_e7 = self.lon_deg = self.lon_frac_e7 = 0
        self.lat_negative = self.lon_negative = False
        self.speed_mm_s = self.course_cdeg = None
        self.quality = self.satellites = self.hdop_x100 = self.altitude_mm = None

    def lat_e7(self) -> int:
        """Latitude in 1e-7 degrees, north positive."""
        value = self.lat_deg * _E7 + self.lat_frac_e7
        return -value if self.lat_negative else value

    def lon_e7(self) -> int:
        """Longitude in 1e-7 degrees, east positive. May allocate on a 32-bit board."""
        value = self.lon_deg * _E7 + self.lon_frac_e7
        return -value if self.lon_negative else value

    def utc_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC. Allocates on a 32-bit board."""
        years = self.year - 1970
        leap_days = (self.year - 1969) // 4
        if self.month > 2 and self.year % 4 == 0:
            leap_days += 1
        days = years * 365 + leap_days + _DAYS_BEFORE_MONTH[self.month - 1] + self.day - 1
        seconds = ((days * 24 + self.hour) * 60 + self.minute) * 60 + self.second
        return seconds * 1000 + self.ms

    def _same_time(self, other: "Record") -> bool:
        return (
            self.ms == other.ms
            and self.second == other.second
            and self.minute == other.minute
            and self.hour == other.hour
        )

    def _take_position(self, other: "Record") -> None:
        self.lat_deg = other.lat_deg
        self.lat_frac_e7 = other.lat_frac_e7
        self.lat_negative = other.lat_negative
        self.lon_deg = other.lon_deg
        self.lon_frac_e7 = other.lon_frac_e7
        self.lon_negative = other.lon_negative

    def _take_rmc(self, rmc: "Record") -> None:
        self._take_position(rmc)
        self.year = rmc.year
        self.month = rmc.month
        self.day = rmc.day
        self.hour = rmc.hour
        self.minute = rmc.minute
        self.second = rmc.second
        self.ms = rmc.ms
        self.speed_mm_s = rmc.speed_mm_s
        self.course_cdeg = rmc.course_cdeg
        self.quality = self.satellites = self.hdop_x100 = self.altitude_mm = None
        self.valid = True

    def _take_gga(self, gga: "Record") -> None:
        self.quality = gga.quality
        self.satellites = gga.satellites
        self.hdop_x100 = gga.hdop_x100
        self.altitude_mm = gga.altitude_mm


class Parser:
    """NMEA bytes in, `fix` out.

    fix: the last committed epoch. rmc, gga: the last well-formed sentence of each kind, for those
    who want to look at it; `valid` tells whether it reports a fix.
    Counters: sentences (checksum right), ignored (right, but not RMC or GGA), bad_checksum,
    bad_framing (no checksum, overlong, bytes that are not text, cut by a new '$'), bad_fields
    (RMC or GGA whose contents make no sense), commits.
    """

    def __init__(self) -> None:
        self.fix = Record()
        self.rmc = Record()
        self.gga = Record()
        self._scratch = Record()
        self.sentences = 0
        self.ignored = 0
        self.bad_checksum = 0
        self.bad_framing = 0
        self.bad_fields = 0
        self.commits = 0
        self._line = bytearray(_SENTENCE_BYTES_MAX)
        self._starts = bytearray(_FIELDS_MAX + 1)
        self._n_fields = 0
        self._n_line = 0
        self._collecting = False
        # Results of the last number, latitude or time read, instead of tuples.
        self._deg = 0
        self._frac_e7 = 0

    def reset(self) -> None:
        """Forget all that was received, including the bytes of an unfinished sentence."""
        for i in range(_SENTENCE_BYTES_MAX):
            self._line[i] = 0
        self._n_line = 0
        self._collecting = False
        self.fix.clear()
        self.rmc.clear()
        self.gga.clear()
        self._scratch.clear()

    def feed(self, buf: bytes, n_bytes: int) -> int:
        """Take `n_bytes` of `buf`; returns how many epochs were committed. Does not allocate."""
        before = self.commits
        for i in range(n_bytes):
            byte = buf[i]
            if byte == _DOLLAR:
                if self._collecting:
                    self.bad_framing += 1
                self._collecting = True
                self._n_line = 0
            elif self._collecting:
                self._take_byte(byte)
        return self.commits - before

    # ------------------------------------------------------------------------------------ framing

    def _take_byte(self, byte: int) -> None:
        if byte == _CR or byte == _LF:
            self._collecting = False
            self._end_of_line()
        elif byte < 0x20 or byte > 0x7E or self._n_line == _SENTENCE_BYTES_MAX:
            self._collecting = False
            self.bad_framing += 1
        else:
            self._line[self._n_line] = byte
            self._n_line += 1

    def _end_of_line(self) -> None:
        star = self._n_line - 3
        if star < 0 or self._line[star] != _STAR:
            self.bad_framing += 1
            return
        checksum = 0
        for i in range(star):
            checksum ^= self._line[i]
        stated = _hex_digit(self._line[star + 1]) << 4 | _hex_digit(self._line[star + 2])
        if checksum != stated:
            self.bad_checksum += 1
            return
        self.sentences += 1
        if not self._split(star):
            self.bad_fields += 1
        elif self._is_type(0x52, 0x4D, 0x43):  # RMC
            self._on_rmc()
        elif self._is_type(0x47, 0x47, 0x41):  # GGA
            self._on_gga()
        else:
            self.ignored += 1

    def _split(self, end: int) -> bool:
        """Note where each field starts; `_starts` ends one past the last comma there would be."""
        n_fields = 1
        self._starts[0] = 0
        for i in range(end):
            if self._line[i] == _COMMA:
                if n_fields == _FIELDS_MAX:
                    return False
                self._starts[n_fields] = i + 1
                n_fields += 1
        self._starts[n_fields] = end + 1
        self._n_fields = n_fields
        return True

    def _is_type(self, a: int, b: int, c: int) -> bool:
        """Address of five characters, two of the talker. A 'P' starts a maker's own sentence."""
        line = self._line
        return (
            self._starts[1] == 6
            and line[0] != 0x50
            and line[2] == a
            and line[3] == b
            and line[4] == c
        )

    # ---------------------------------------------------------------------------------- sentences

    def _on_rmc(self) -> None:
        record = self._scratch
        record.clear()
        if self._n_fields < 10 or not self._read_rmc(record):
            self.bad_fields += 1
            return
        self._scratch = self.rmc
        self.rmc = record
        fix = self.fix
        has_gga = self.gga.quality is not None and self.gga._same_time(record)
        if not record.valid or (has_gga and not self.gga.valid):
            fix.clear()
            return
        fix._take_rmc(record)
        if has_gga:
            fix._take_gga(self.gga)
        self.commits += 1

    def _on_gga(self) -> None:
        record = self._scratch
        record.clear()
        if self._n_fields < 10 or not self._read_gga(record):
            self.bad_fields += 1
            return
        self._scratch = self.gga
        self.gga = record
        if not record.valid:
            self.fix.clear()
        elif self.fix.valid and self.fix._same_time(record):
            self.fix._take_gga(record)

    def _read_rmc(self, record: Record) -> bool:
        """time, status, lat, N/S, lon, E/W, knots, course, date, [variation, E/W, [mode]]"""
        active = self._char(2) == 0x41  # A
        if self._n_fields > 12 and self._char(12) == 0x4E:  # mode N: not valid
            active = False
        if self._is_void(1, 3, active, record):
            return True
        if self._is_empty(9):
            return True
        if not self._read_time(1, record) or not self._read_date(9, record):
            return False
        if not self._read_position(3, record):
            return False
        record.valid = True
        knots_e4 = self._decimal(7, 4)
        course = self._decimal(8, 2)
        if not _is_within(knots_e4, 0, 23_000_000) or not _is_within(course, 0, 36_000):
            return False
        if knots_e4 != _EMPTY:
            # A knot is 1852 m/h: 463/9000 mm/s for each 1e-4 of it. Two steps keep it small.
            record.speed_mm_s = knots_e4 // 9000 * 463 + (knots_e4 % 9000 * 463 + 4500) // 9000
        record.course_cdeg = _or_none(course)
        return True

    def _read_gga(self, record: Record) -> bool:
        """time, lat, N/S, lon, E/W, quality, satellites, HDOP, altitude, M, ..."""
        quality = self._decimal(6, 0)
        if not _is_within(quality, 0, 9):
            return False
        record.quality = max(quality, 0)
        if self._is_void(1, 2, quality > 0, record):
            return True
        satellites = self._decimal(7, 0)
        hdop = self._decimal(8, 2)
        altitude = self._decimal(9, 3)
        if not _is_within(satellites, 0, 999) or not _is_within(hdop, 0, 65_534):
            return False
        if not _is_within(altitude, -100_000_000, 100_000_000):
            return False
        if not self._read_time(1, record) or not self._read_position(2, record):
            return False
        record.valid = True
        record.satellites = _or_none(satellites)
        record.hdop_x100 = _or_none(hdop)
        record.altitude_mm = _or_none(altitude)
        return True

    def _is_void(self, time: int, lat: int, active: bool, record: Record) -> bool:
        """Does the sentence say "no fix", by its status or by leaving time or position out?

        Receivers without a fix send positions such as 89 degrees 60 minutes, or 360 degrees north;
        nobody looks at them, or the sentence would be dropped and the last fix would stay.
        """
        has_time = not self._is_empty(time)
        if has_time and active and not (self._is_empty(lat) and self._is_empty(lat + 2)):
            return False
        if has_time:
            self._read_time(time, record)
        return True

    # ------------------------------------------------------------------------------------- fields

    def _is_empty(self, field: int) -> bool:
        return self._starts[field + 1] - self._starts[field] == 1

    def _char(self, field: int) -> int:
        """The only character of a field, 0 when it has none or more."""
        start = self._starts[field]
        return self._line[start] if self._starts[field + 1] - start == 2 else 0

    def _digits(self, start: int, n_digits: int) -> int:
        """An unsigned number of exactly `n_digits` digits, -1 when it is not one."""
        value = 0
        for i in range(start, start + n_digits):
            digit = self._line[i] - 0x30
            if digit < 0 or digit > 9:
                return -1
            value = value * 10 + digit
        return value

    def _decimal(self, field: int, places: int) -> int:
        """A decimal number times 10**places, rounded half away from zero.

        _EMPTY for an empty field, _NO_NUMBER when it is no number or above 2**30.
        """
        i = self._starts[field]
        end = self._starts[field + 1] - 1
        if i == end:
            return _EMPTY
        negative = self._line[i] == _MINUS
        if negative:
            i += 1
        value = 0
        n_digits = 0
        left = -1  # decimal places still to come, -1 before the point
        round_up = 0
        while i < end:
            byte = self._line[i]
            digit = byte - 0x30
            if byte == _DOT and left < 0:
                left = places
                round_up = -1
            elif digit < 0 or digit > 9:
                return _NO_NUMBER
            elif left == 0:
                if round_up < 0:
                    round_up = 1 if digit >= 5 else 0
                n_digits += 1
            else:
                if value > 100_000_000:
                    return _NO_NUMBER
                value = value * 10 + digit
                n_digits += 1
                if left > 0:
                    left -= 1
            i += 1
        if n_digits == 0:
            return _NO_NUMBER
        if left < 0:
            left = places
        while left > 0:
            if value > 100_000_000:
                return _NO_NUMBER
            value *= 10
            left -= 1
        if round_up > 0:
            value += 1
        return -value if negative else value

    def _read_time(self, field: int, record: Record) -> bool:
        """hhmmss or hhmmss.s...: milliseconds, further digits cut off."""
        start = self._starts[field]
        end = self._starts[field + 1] - 1
        if end - start < 6:
            return False
        hour = self._digits(start, 2)
        minute = self._digits(start + 2, 2)
        second = self._digits(start + 4, 2)
        if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second <= 60):
            return False
        ms = 0
        if end - start > 6:
            if self._line[start + 6] != _DOT:
                return False
            scale = 100
            for i in range(start + 7, end):
                digit = self._digits(i, 1)
                if digit < 0:
                    return False
                ms += digit * scale
                scale //= 10
        record.hour = hour
        record.minute = minute
        record.second = second
        record.ms = ms
        return True

    def _read_date(self, field: int, record: Record) -> bool:
        """ddmmyy. GPS began in 1980, so 80..99 is the last century."""
        start = self._starts[field]
        if self._starts[field + 1] - start != 7:
            return False
        day = self._digits(start, 2)
        month = self._digits(start + 2, 2)
        year = self._digits(start + 4, 2)
        if day < 1 or not 1 <= month <= 12 or year < 0 or day > _DAYS_IN_MONTH[month - 1]:
            return False
        year += 1900 if year >= 80 else 2000
        if month == 2 and day == 29 and year % 4:
            return False
        record.day = day
        record.month = month
        record.year = year
        return True

    def _read_position(self, field: int, record: Record) -> bool:
        """Four fields: ddmm.m..., N or S, dddmm.m..., E or W."""
        if not self._read_angle(field, 2, 90):
            return False
        record.lat_deg = self._deg
        record.lat_frac_e7 = self._frac_e7
        hemisphere = self._char(field + 1)
        if hemisphere != 0x4E and hemisphere != 0x53:  # N, S
            return False
        record.lat_negative = hemisphere == 0x53
        if not self._read_angle(field + 2, 3, 180):
            return False
        record.lon_deg = self._deg
        record.lon_frac_e7 = self._frac_e7
        hemisphere = self._char(field + 3)
        if hemisphere != 0x45 and hemisphere != 0x57:  # E, W
            return False
        record.lon_negative = hemisphere == 0x57
        return True

    def _read_angle(self, field: int, deg_digits: int, deg_max: int) -> bool:
        """Degrees and decimal minutes to whole degrees and 1e-7 degrees, rounded half up.

        Minutes are taken in 1e-7 minutes (60e7 < 2**30); a sixtieth of that is 1e-7 degrees.
        Digits beyond the seventh cannot change a quotient rounded at 30/60 of a unit.
        """
        start = self._starts[field]
        end = self._starts[field + 1] - 1
        point = start + deg_digits + 2
        if end < point:
            return False
        deg = self._digits(start, deg_digits)
        minutes = self._digits(start + deg_digits, 2)
        if deg < 0 or minutes < 0 or minutes > 59:
            return False
        if end > point and self._line[point] != _DOT:
            return False
        minutes_e7 = minutes
        for i in range(point + 1, point + 8):
            digit = self._digits(i, 1) if i < end else 0
            if digit < 0:
                return False
            minutes_e7 = minutes_e7 * 10 + digit
        for i in range(point + 8, end):
            if self._digits(i, 1) < 0:
                return False
        frac_e7 = (minutes_e7 + 30) // 60
        if frac_e7 == _E7:
            deg += 1
            frac_e7 = 0
        if deg > deg_max or (deg == deg_max and frac_e7):
            return False
        self._deg = deg
        self._frac_e7 = frac_e7
        return True


def _is_within(value: int, low: int, high: int) -> bool:
    """True for an empty field, too."""
    return value == _EMPTY or low <= value <= high


def _or_none(value: int):
    return None if value == _EMPTY else value


def _hex_digit(byte: int) -> int:
    """Value of an ASCII hex digit; 256, which matches no checksum, when it is none."""
    if 0x30 <= byte <= 0x39:
        return byte - 0x30
    if 0x41 <= byte <= 0x46:
        return byte - 0x37
    if 0x61 <= byte <= 0x66:
        return byte - 0x57
    return 256
