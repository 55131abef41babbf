"""Real receivers, judged by pynmeagps: every RMC and GGA of gpsd's 154 recordings."""

from datetime import datetime, timezone
from fractions import Fraction

import pytest
from geo_bench import WALK, recordings
from pynmeagps import NMEAParseError, NMEAReader

from handset.geo.nmea import Parser

KNOT_MM_S = Fraction(1_852_000, 3600)
# A date of five digits with a sign, and a field broken by gpsd on purpose: the checksum is right,
# the contents are nonsense, and pynmeagps lets them pass.
NONSENSE = (b"2208-1", b"|19322|1.00,")


def rmc_and_gga(path):
    """Lines that say they are RMC or GGA of a talker (a 'P' starts a maker's own sentence)."""
    for line in path.read_bytes().split(b"\n"):
        line = line.rstrip(b"\r")
        if (
            line[:1] == b"$"
            and line.count(b"$") == 1
            and line[1:2] != b"P"
            and line[3:7] in (b"RMC,", b"GGA,")
        ):
            yield line


def judged(line):
    try:
        return NMEAReader.parse(line + b"\r\n")
    except NMEAParseError:
        return None


def parsed(line):
    parser = Parser()
    parser.feed(line + b"\r\n", len(line) + 2)
    return parser, parser.rmc if line[3:6] == b"RMC" else parser.gga


def same(ours, theirs, unit, slack=Fraction(1, 1000)):
    """Equal to rounding: half of our unit, and `slack` for the float pynmeagps has made of it."""
    if theirs == "" or theirs is None:
        return ours is None
    return abs(ours - Fraction(theirs) * unit) <= Fraction(1, 2) + slack


def assert_position_and_time(ours, theirs):
    assert same(ours.lat_e7(), theirs.lat, 10_000_000)
    assert same(ours.lon_e7(), theirs.lon, 10_000_000)
    time = theirs.time
    assert (ours.hour, ours.minute, ours.second) == (time.hour, time.minute, time.second)
    assert ours.ms == time.microsecond // 1000


def assert_rmc(ours, theirs):
    mode = getattr(theirs, "posMode", "A")
    if theirs.status != "A" or mode == "N" or "" in (theirs.lat, theirs.time, theirs.date):
        assert not ours.valid
        return
    assert ours.valid
    assert_position_and_time(ours, theirs)
    # Read to 1e-4 knot, which is 0.05 mm/s.
    assert same(ours.speed_mm_s, theirs.spd, KNOT_MM_S, Fraction(3, 100))
    assert same(ours.course_cdeg, theirs.cog, 100)
    year = theirs.date.year
    assert (ours.day, ours.month, ours.year) == (theirs.date.day, theirs.date.month, year)
    utc = datetime.combine(theirs.date, theirs.time, timezone.utc)
    assert ours.utc_ms() == int(utc.timestamp() * 1000)


def assert_gga(ours, theirs):
    if not theirs.quality or "" in (theirs.lat, theirs.time):
        assert not ours.valid
        return
    assert ours.valid
    assert_position_and_time(ours, theirs)
    assert ours.quality == theirs.quality
    assert same(ours.satellites, theirs.numSV, 1)
    assert same(ours.hdop_x100, theirs.HDOP, 100)
    assert same(ours.altitude_mm, theirs.alt, 1000)


@pytest.mark.parametrize("path", recordings(), ids=lambda path: path.stem)
def test_every_rmc_and_gga_of_a_recording(path):
    for line in rmc_and_gga(path):
        theirs = judged(line)
        parser, ours = parsed(line)
        if any(nonsense in line for nonsense in NONSENSE):
            assert parser.bad_fields == 1
        elif theirs is None:
            assert parser.sentences == 0, line
            assert parser.bad_checksum + parser.bad_framing == 1
        else:
            assert (parser.sentences, parser.bad_fields, parser.ignored) == (1, 0, 0), line
            (assert_rmc if line[3:6] == b"RMC" else assert_gga)(ours, theirs)


def test_the_recordings_are_worth_the_name():
    n_valid = n_judged = n_bad = 0
    talkers = set()
    for path in recordings():
        for line in rmc_and_gga(path):
            parser, ours = parsed(line)
            n_judged += parser.sentences
            n_bad += parser.bad_checksum + parser.bad_framing
            n_valid += ours.valid
            talkers.add(line[1:3])
    assert n_judged > 5000
    assert n_valid > 3000
    assert n_bad > 30
    assert {b"GP", b"GN"} <= talkers


def test_whole_recordings_never_break_the_parser():
    """All bytes of all recordings, binary ones too, through one parser."""
    parser = Parser()
    for path in recordings():
        data = path.read_bytes()
        parser.feed(data, len(data))
    assert parser.commits > 1500
    assert parser.sentences > 20_000


def test_the_walk_starts_without_a_fix_and_goes_154_m():
    parser = Parser()
    fixes = []
    data = WALK.read_bytes()
    for line in data.splitlines(True):
        if parser.feed(line, len(line)):
            fixes.append((parser.fix.utc_ms(), parser.fix.lat_e7(), parser.fix.lon_e7()))
        elif not fixes:
            assert not parser.fix.valid
    assert len(fixes) == 68
    assert fixes[0] == (1_176_025_984_802, -272_108_667, 1_530_523_283)
    assert fixes[-1] == (1_176_026_055_787, -272_106_733, 1_530_520_000)
