"""The NMEA parser where recordings do not reach: framing, rounding, whole epochs, noise."""

import random
import sys
from datetime import datetime, timezone
from fractions import Fraction

import pytest
from geo_bench import WALK, gga, rmc, sentence
from hypothesis import example, given
from hypothesis import strategies as st

from handset.geo.nmea import Parser

MOST_POSITIVE_SMALL_INT = (1 << 30) - 1


def fed(*chunks):
    parser = Parser()
    for chunk in chunks:
        parser.feed(chunk, len(chunk))
    return parser


def said(record):
    """All attributes of a record."""
    return dict(vars(record))


# ----------------------------------------------------------------------------------------- framing


def test_the_sentence_of_the_textbooks():
    parser = fed(b"$GPRMC,225446,A,4916.45,N,12311.12,W,000.5,054.7,191194,020.3,E*68\r\n")
    fix = parser.fix
    assert fix.valid
    assert (fix.lat_e7(), fix.lon_e7()) == (492_741_667, -1_231_853_333)
    assert (fix.year, fix.month, fix.day) == (1994, 11, 19)
    assert (fix.hour, fix.minute, fix.second, fix.ms) == (22, 54, 46, 0)
    assert fix.utc_ms() == 785_285_686_000
    assert (fix.speed_mm_s, fix.course_cdeg) == (257, 5470)


@pytest.mark.parametrize("talker", ["GP", "GL", "GA", "GB", "BD", "GQ", "GN", "GI", "II"])
def test_any_talker(talker):
    body = f"{talker}RMC,120000,A,4850.0,N,00220.0,E,,,010125,,"
    assert fed(sentence(body)).commits == 1


@pytest.mark.parametrize("body", ["PGRMC,A,1,2", "GPGSV,1,1,00", "PUBX,00", "GPRMCX,1", "GPRM", ""])
def test_other_sentences_are_counted_and_ignored(body):
    parser = fed(rmc(), sentence(body))
    assert (parser.ignored, parser.sentences, parser.commits) == (1, 2, 1)
    assert parser.fix.valid


@pytest.mark.parametrize(
    ("line", "counter"),
    [
        (rmc()[:-5] + b"\r\n", "bad_framing"),  # no checksum
        (rmc()[:-4] + b"\r\n", "bad_framing"),  # half a checksum
        (rmc().replace(b"*", b"*0"), "bad_framing"),
        (rmc()[:-4] + b"zz\r\n", "bad_checksum"),
        (rmc().replace(b"4850", b"4851"), "bad_checksum"),
        (rmc().replace(b"4850", b"48\x005"), "bad_framing"),
        (rmc().replace(b"4850", b"48\xff5"), "bad_framing"),
        (sentence("GNRMC," + "1" * 130), "bad_framing"),
        (sentence("GNRMC" + "," * 60), "bad_fields"),
        (b"$\r\n", "bad_framing"),
    ],
)
def test_what_is_no_sentence_is_counted_once_and_the_next_one_counts(line, counter):
    parser = fed(line, rmc())
    counters = {
        name: getattr(parser, name) for name in ("bad_framing", "bad_checksum", "bad_fields")
    }
    assert counters == {**dict.fromkeys(counters, 0), counter: 1}
    assert parser.commits == 1


def test_a_dollar_sign_begins_anew():
    parser = fed(rmc()[:20] + rmc())
    assert (parser.bad_framing, parser.commits) == (1, 1)


def test_checksum_may_be_in_small_letters():
    line = rmc(date="020125")
    star = line.index(b"*")
    assert line[star:] != line[star:].lower()
    assert fed(line[:star] + line[star:].lower()).commits == 1


def test_split_at_every_byte():
    data = b"noise" + rmc() + gga() + rmc(time="120001", lat="4851.1234,N")
    whole = fed(data)
    for i in range(len(data) + 1):
        parts = fed(data[:i], data[i:])
        assert said(parts.fix) == said(whole.fix)
        assert parts.commits == whole.commits == 2
    assert said(fed(*(data[i : i + 1] for i in range(len(data)))).fix) == said(whole.fix)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_a_recording_in_pieces_of_any_size(sizes):
    data = WALK.read_bytes()[:6000]
    parser, at, i = Parser(), 0, 0
    while at < len(data):
        piece = data[at : at + sizes[i % len(sizes)]]
        parser.feed(piece, len(piece))
        at += len(piece)
        i += 1
    whole = fed(data)
    assert said(parser.fix) == said(whole.fix)
    assert (parser.sentences, parser.commits) == (whole.sentences, whole.commits)


def test_one_changed_character_never_makes_another_position():
    line = rmc(lat="4850.1234,N")
    right = said(fed(line).fix)
    for i in range(len(line)):
        for value in (0x00, 0x20, 0x2C, 0x30, 0x39, 0x41, 0x7F, 0xFF):
            if line[i] != value:
                parser = fed(line[:i] + bytes((value,)) + line[i + 1 :], b"\r\n")
                assert parser.fix.valid is False or said(parser.fix) == right


def test_100_000_bytes_of_noise():
    rng = random.Random(1)
    noise = bytes(rng.choice(b"$*,.0123456789ABCGPRMCNSEW\r\n\x00\xff") for _ in range(100_000))
    parser = fed(noise)
    assert parser.commits == 0
    assert not parser.fix.valid
    assert parser.bad_framing > 1000
    parser.feed(b"\r\n" + rmc(), len(rmc()) + 2)
    assert parser.fix.valid


@given(st.binary(max_size=300))
def test_any_bytes(noise):
    parser = fed(noise, b"\r\n", rmc())
    assert parser.commits == 1


@given(st.text(st.sampled_from("0123456789.,-ANSEWV"), max_size=100))
@example("120000,A,9000.0000,N,18000.0000,W,0,0,010180,,")
@example("120000,A,9000.0001,N,18000.0000,W,0,0,010180,,")
@example("120000,A,4850.0,N,00220.0,E,-0.001,-0.01,010125,,")
def test_any_fields_with_a_right_checksum(fields):
    """Contents are right, void or refused; what is committed is in range."""
    for kind in ("GPRMC,", "GPGGA,"):
        parser = fed(sentence(kind + fields))
        fix = parser.fix
        if fix.valid:
            assert abs(fix.lat_e7()) <= 900_000_000
            assert abs(fix.lon_e7()) <= 1_800_000_000
            assert fix.speed_mm_s is None or fix.speed_mm_s >= 0
            assert fix.course_cdeg is None or 0 <= fix.course_cdeg <= 36_000


# ------------------------------------------------------------------------------------------ values


def rounded_half_up(value):
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


@given(st.integers(0, 89), st.integers(0, 59), st.text(st.sampled_from("0123456789"), max_size=9))
@example(89, 59, "999999999")
@example(48, 50, "0000029")
@example(48, 50, "0000030")
@example(48, 50, "00000299999")
def test_angles_are_rounded_exactly(degrees, minutes, decimals):
    text = f"{minutes:02}.{decimals}" if decimals else f"{minutes:02}"
    fix = fed(rmc(lat=f"{degrees:02}{text},S", lon=f"{degrees + 90:03}{text},W")).fix
    exact = Fraction(degrees) + Fraction(text.rstrip(".")) / 60
    assert fix.lat_e7() == -rounded_half_up(exact * 10_000_000)
    assert fix.lon_e7() == -rounded_half_up((exact + 90) * 10_000_000)


@given(st.decimals(0, 2000, places=5))
def test_speed_and_course(knots):
    fix = fed(rmc(speed=f"{knots:.3f}", course=f"{float(knots) % 360:.4f}")).fix
    exact = Fraction(f"{knots:.3f}") * 1_852_000 / 3600
    assert fix.speed_mm_s == rounded_half_up(exact)
    assert fix.course_cdeg == rounded_half_up(Fraction(f"{float(knots) % 360:.4f}") * 100)


def test_hdop_altitude_and_satellites():
    fix = fed(rmc(), gga(hdop="12.345", altitude="-30.4567", satellites="12")).fix
    assert (fix.hdop_x100, fix.altitude_mm, fix.satellites, fix.quality) == (1235, -30_457, 12, 1)
    fix = fed(rmc(speed="", course=""), gga(hdop="", altitude="", satellites="")).fix
    assert (fix.hdop_x100, fix.altitude_mm, fix.satellites) == (None, None, None)
    assert (fix.speed_mm_s, fix.course_cdeg) == (None, None)


@pytest.mark.parametrize(
    ("time", "ms"), [("120000", 0), ("120000.", 0), ("120000.5", 500), ("120000.0019", 1)]
)
def test_milliseconds(time, ms):
    assert fed(rmc(time=time)).fix.ms == ms


@pytest.mark.parametrize(
    "date", ["010180", "311279", "290200", "010300", "311299", "280224", "290224", "010324"]
)
def test_dates(date):
    """Noon of that day; the years 80 to 99 are the last century's."""
    year = int(date[4:])
    year += 1900 if year >= 80 else 2000
    noon = datetime(year, int(date[2:4]), int(date[:2]), 12, tzinfo=timezone.utc)
    assert fed(rmc(date=date)).fix.utc_ms() == int(noon.timestamp()) * 1000


@pytest.mark.parametrize(
    "line",
    [
        rmc(date="290225"),
        rmc(date="310425"),
        rmc(date="001225"),
        rmc(date="011325"),
        rmc(date="0101025"),
        rmc(time="240000"),
        rmc(time="126000"),
        rmc(time="12000"),
        rmc(time="120000x"),
        rmc(lat="4860.0000,N"),
        rmc(lat="9000.0001,N"),
        rmc(lat="485a.0000,N"),
        rmc(lat="4850.0000,X"),
        rmc(lat="4850.0000,"),
        rmc(lon="18000.0001,E"),
        rmc(lon="0220.0000,E"),
        rmc(speed="1.2.3"),
        rmc(speed="9999999999"),
        rmc(speed="-1"),
        rmc(course="360.01"),
        gga(hdop="-1"),
        gga(altitude="high"),
        gga(quality="x"),
        sentence("GNRMC,120000,A"),
    ],
)
def test_nonsense_is_counted_and_changes_nothing(line):
    before = fed(rmc(time="115959"))
    committed = said(before.fix)
    before.feed(line, len(line))
    assert before.bad_fields == 1
    assert said(before.fix) == committed


# ------------------------------------------------------------------------------------ whole epochs


@pytest.mark.parametrize(
    "void",
    [
        rmc(time="120001", status="V"),
        rmc(time="120001", lat=",", lon=","),
        rmc(time=""),
        rmc(time="120001", date=""),
        rmc(time="120001", status="V", lat="8960.000000,N"),
        rmc(time="120001", status="V", lat="36000.0000,N", lon="72000.0000,E"),
        sentence("GNRMC,120001,A,4850.0,N,00220.0,E,,,010125,,,N"),
        sentence("GNRMC,,V,,,,,,,,,,N"),
        gga(time="120001", quality="0"),
        gga(time="120001", quality=""),
        gga(time="120001", quality="0", lat="8960.000000,N"),
        gga(time="120001", lat=",", lon=","),
        sentence("GNGGA,,,,,,0,,,,,,,,"),
    ],
)
def test_a_sentence_without_a_fix_takes_the_validity_away(void):
    parser = fed(rmc(), gga())
    assert parser.fix.valid
    parser.feed(void, len(void))
    assert not parser.fix.valid
    assert (parser.fix.lat_e7(), parser.fix.lon_e7()) == (0, 0)


def test_gga_before_or_after_rmc_makes_the_same_epoch():
    before, after = fed(gga(), rmc()), fed(rmc(), gga())
    assert said(before.fix) == said(after.fix)
    assert before.fix.altitude_mm == 35_000


def test_gga_of_another_second_adds_nothing():
    fix = fed(rmc(time="120000"), gga(time="120001")).fix
    assert fix.valid
    assert (fix.second, fix.altitude_mm, fix.hdop_x100) == (0, None, None)
    fix = fed(gga(time="120000"), rmc(time="120001")).fix
    assert (fix.second, fix.altitude_mm) == (1, None)


def test_a_new_epoch_keeps_nothing_of_the_old_one():
    fix = fed(rmc(), gga(), rmc(time="120001", speed="", course="")).fix
    assert (fix.altitude_mm, fix.speed_mm_s, fix.course_cdeg, fix.quality) == (None,) * 4


def test_gga_that_says_no_fix_wins_over_rmc_of_the_same_second():
    assert not fed(gga(quality="0"), rmc()).fix.valid
    assert fed(gga(quality="0"), rmc(time="120001")).fix.valid


def test_gga_alone_makes_no_fix_because_it_has_no_date():
    parser = fed(gga())
    assert parser.gga.valid
    assert not parser.fix.valid


def test_reset_forgets_everything():
    parser = fed(rmc(), gga(), rmc()[:30])
    parser.reset()
    assert said(parser.fix) == said(Parser().fix)
    assert said(parser.gga) == said(Parser().gga)
    rest = rmc()[30:]
    parser.feed(rest, len(rest))
    assert parser.commits == 1
    assert not parser.fix.valid


def test_every_number_on_the_way_is_a_small_integer():
    """On a 32-bit board an integer beyond 31 bits lives on the heap: none may occur in `feed`."""
    largest = 0

    def watch(frame, event, argument):
        nonlocal largest
        if frame.f_code.co_filename != Parser.feed.__code__.co_filename:
            return None
        values = [argument, *frame.f_locals.values()]
        for name in ("self", "record"):
            values += vars(frame.f_locals[name]).values() if name in frame.f_locals else []
        largest = max([largest, *(abs(value) for value in values if type(value) is int)])
        return watch

    lines = (
        rmc(lat="8959.999999999,N", lon="17959.9999999,W", speed="2299.999", course="359.99"),
        rmc(lat="9000.0000,S", lon="18000.0000,W", date="311279", time="235959.999"),
        gga(lat="8959.9999999,S", lon="17959.9999999,W", altitude="99999.999", hdop="655.34"),
        gga(altitude="-99999999999999"),
        rmc(speed="99999999999999.999"),
        WALK.read_bytes()[-600:],
    )
    sys.settrace(watch)
    try:
        parser = fed(*lines)
    finally:
        sys.settrace(None)
    assert parser.commits >= 2
    assert 500_000_000 < largest <= MOST_POSITIVE_SMALL_INT + 1
