"""The small judgements of drivers: back-off, NOR rule, FIFO, patterns, texts, delays, messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ports_ticks import PERIOD, TestClock, ticks_diff

from ports.common import delays, lamp, nor, status_text, ubx
from ports.common.backoff import Backoff
from ports.common.transmit_fifo import TransmitFifo

FLOOR = ("idle", "pending", "talk", "receive", "denied", "fault")
GEO = ("off", "on", "fix")


def wait_until_due(clock, backoff):
    waited_ms = 0
    while not backoff.is_due():
        clock.pass_ms(1)
        waited_ms += 1
    return waited_ms


def test_attempts_become_rarer_up_to_a_limit_and_start_over():
    clock = TestClock()
    backoff = Backoff(clock, 500, 3000)
    waits = []
    for _ in range(5):
        waits.append(wait_until_due(clock, backoff))
        backoff.failed()
    assert waits == [0, 500, 1000, 2000, 3000]
    backoff.succeeded()
    assert backoff.is_due()
    backoff.failed()
    assert wait_until_due(clock, backoff) == 500


@given(st.binary(min_size=1, max_size=40), st.data())
def test_a_violation_is_found_where_it_is(found, data):
    allowed = bytes(byte & data.draw(st.integers(0, 255)) for byte in found)
    assert nor.first_violation(found, allowed) == -1
    at = data.draw(st.integers(0, len(found) - 1))
    if found[at] != 0xFF:
        wanted = bytearray(allowed)
        wanted[at] |= ~found[at] & 0xFF
        assert nor.first_violation(found, wanted) == at


def test_flash_has_an_end_and_sectors():
    nor.check_range(0, 8192, 8192)
    nor.check_sector(4096, 4096, 8192)
    for offset, n_bytes in ((-1, 1), (8192, 1), (8000, 193)):
        with pytest.raises(ValueError, match="outside"):
            nor.check_range(offset, n_bytes, 8192)
    with pytest.raises(ValueError, match="sector start"):
        nor.check_sector(1, 4096, 8192)


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 127)), max_size=60))
def test_a_fifo_is_never_overrun(turns):
    """Against a transmitter that sends a byte each 86.8 us."""
    capacity, byte_us = 120, 1e6 * 10 / 115_200
    now_us = PERIOD - 20_000
    fifo = TransmitFifo(capacity, 115_200, now_us, ticks_diff)
    level = 0.0
    for passed_us, wanted in turns:
        now_us += passed_us
        level = max(0.0, level - passed_us / byte_us)
        n_bytes = min(wanted, fifo.room(now_us % PERIOD))
        assert n_bytes >= 0
        fifo.wrote(n_bytes)
        level += n_bytes
        assert level <= capacity
    assert fifo.room((now_us + 20_000) % PERIOD) == capacity


def test_a_fifo_that_is_asked_every_millisecond_drains():
    fifo = TransmitFifo(120, 115_200, 0, ticks_diff)
    assert fifo.room(0) == 120
    fifo.wrote(120)
    rooms = [fifo.room(ms * 1000) for ms in range(1, 13)]
    assert rooms == sorted(rooms)
    assert rooms[0] == 11 and rooms[-1] == 120


def test_a_fifo_that_is_asked_all_the_time_drains_too():
    fifo = TransmitFifo(120, 115_200, 0, ticks_diff)
    fifo.room(0)
    fifo.wrote(120)
    rooms = [fifo.room(now_us) for now_us in range(0, 22_000, 50)]
    assert rooms[-1] == 120


@pytest.mark.parametrize("floor", FLOOR)
@pytest.mark.parametrize("patterns", [lamp.plain, lamp.colour])
def test_every_state_has_its_own_pattern_and_geolocation_always_shows(patterns, floor):
    shown = [patterns(floor, geo) for geo in GEO]
    assert len(set(shown)) == len(GEO)
    assert len({patterns(state, "off") for state in FLOOR}) == len(FLOOR)
    for steps in shown:
        assert all(ms > 0 for _, ms in steps)


def test_off_shows_no_location_light_and_idle_is_dark():
    assert all(not light for light, _ in lamp.plain("idle", "off"))
    assert all(not any(light) for light, _ in lamp.colour("idle", "off"))
    for floor in FLOOR:
        assert not any(light[2] and not light[0] for light, _ in lamp.colour(floor, "off"))


@pytest.mark.parametrize("show", [lamp.plain, lamp.colour])
def test_unknown_states_are_errors(show):
    with pytest.raises(KeyError):
        show("busy", "off")
    with pytest.raises(KeyError):
        show("idle", "maybe")


def test_texts_fit_the_narrowest_display_and_differ():
    floors = [status_text.floor_line(state) for state in FLOOR]
    geos = [status_text.geo_line(state) for state in GEO]
    assert all(len(text) <= status_text.WIDTH_CHARS for text in floors + geos)
    assert len(set(floors)) == len(FLOOR) and len(set(geos)) == len(GEO)
    assert len({status_text.floor_colour565(state) for state in FLOOR}) == len(FLOOR)
    assert status_text.geo_colour565("fix") == 0x001F


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=300))
def test_percentiles_are_values_that_occurred(values):
    found = delays.summary(values)
    assert found["n"] == len(values)
    assert found["min"] == min(values) and found["max"] == max(values)
    for name, percent in (("p50", 50), ("p95", 95)):
        assert found[name] in values
        below = sum(value <= found[name] for value in values)
        assert 100 * below >= percent * len(values)
        assert 100 * sum(value < found[name] for value in values) < percent * len(values)


def test_multicast_delay_is_what_the_way_back_leaves():
    unicast_us, multicast_us = delays.one_way([4000, 6000, 5000], [52_500, 102_500, 2000])
    assert unicast_us == [2000, 3000, 2500]
    assert multicast_us == [50_000, 100_000, 0]
    assert delays.summary([]) == {"n": 0, "min": 0, "p50": 0, "p95": 0, "max": 0}


def test_receiver_messages_have_the_published_checksums():
    """UBX-CFG-RST "controlled GNSS stop", as printed in u-blox's protocol specifications."""
    assert ubx.frame(0x06, 0x04, bytes((0, 0, 8, 0))).hex() == "b5620604040000000800" + "1674"
    assert ubx.sleep().hex() == "b562024110000000000000000000" + "06000000080000006" + "16b"
    assert set(ubx.wake()) == {0xFF}
