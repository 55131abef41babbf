"""Geolocation under the agent's key: on, off, how often, what is remembered; off means off."""

import pytest
from geo_bench import WALK, WrappingClock, gga, rmc, sentence
from hypothesis import given, settings
from hypothesis import strategies as st

from handset.geo import report
from handset.geo.service import DEFAULT_CONFIG, GeoService
from handset.link import cbor, spec
from handset.link.server import HEADER_BYTES, Server

SSRC, USER_ID = 500, "sip:me@sim.invalid"


class Desk:
    """A service, its receiver's supply and what it sends."""

    def __init__(self, **config):
        self.clock = WrappingClock()
        self.sent = []
        self.power = None
        self.states = []
        self.buffers = []
        self.on_power = self.on_state = lambda _: None
        self.geo = GeoService(
            SSRC, USER_ID, self.clock, self._send, self._power, self._show, config
        )

    def _send(self, buf, n_bytes):
        assert self.power, "a report left while the receiver was off"
        self.buffers.append(buf)
        self.sent.append(report.decode(bytes(buf[:n_bytes]), n_bytes))

    def _power(self, on):
        self.power = on
        self.on_power(on)

    def _show(self, state):
        self.states.append(state)
        self.on_state(state)

    def toggle(self):
        self.geo.agent_toggle()

    def gnss(self, data):
        self.geo.gnss_bytes(data, len(data))

    def hear(self, position):
        buf = bytearray(report.MAX_BYTES)
        self.geo.report_received(buf, report.encode(position, buf))


def position_of(user_id, ssrc=7, sequence=0, lat_deg_e7=1):
    position = report.Report(ssrc, user_id)
    position.sequence = sequence
    position.lat_deg_e7 = lat_deg_e7
    return position


def second(i, **how):
    return rmc(time=f"12{i // 60:02}{i % 60:02}", **how)


def test_off_after_construction():
    desk = Desk()
    assert desk.power is None
    snapshot = desk.geo.snapshot()
    assert spec.mismatch(spec.command("geo").read, snapshot) == ""
    assert not any(snapshot[name] for name in ("enabled", "fix", "own", "heard"))


def test_the_key_switches_the_receiver_on_and_off():
    desk = Desk()
    desk.toggle()
    assert (desk.power, desk.states, desk.geo.enabled) == (True, ["on"], True)
    desk.toggle()
    assert (desk.power, desk.states, desk.geo.enabled) == (False, ["on", "off"], False)


def test_the_first_fix_is_reported_at_once():
    desk = Desk()
    desk.toggle()
    desk.gnss(rmc(status="V"))
    assert desk.sent == []
    desk.gnss(gga())
    desk.gnss(rmc())
    assert desk.states == ["on", "fix"]
    (sent,) = desk.sent
    assert (sent.ssrc, sent.user_id, sent.sequence) == (SSRC, USER_ID, 0)
    assert (sent.lat_deg_e7, sent.lon_deg_e7) == (488_333_333, 23_333_333)
    assert sent.utc_ms == 1_735_732_800_000
    assert (sent.altitude_mm, sent.speed_cm_s) == (35_000, 103)
    assert (sent.course_cdeg, sent.hdop_x100) == (9000, 90)


@pytest.mark.parametrize(("interval_ms", "n_expected"), [(5000, 12), (1000, 60), (7500, 8)])
def test_reports_keep_their_distance(interval_ms, n_expected):
    desk = Desk(interval_ms=interval_ms)
    desk.toggle()
    for i in range(60):
        desk.gnss(second(i))
        desk.clock.now_ms += 1000
    assert len(desk.sent) == n_expected
    assert [sent.sequence for sent in desk.sent] == list(range(n_expected))


def test_several_epochs_in_one_read_make_one_report():
    desk = Desk()
    desk.toggle()
    desk.gnss(second(0) + second(1) + second(2))
    assert len(desk.sent) == 1
    assert desk.sent[0].utc_ms == 1_735_732_802_000


def test_no_report_without_a_fix_and_the_interval_outlasts_a_gap():
    desk = Desk()
    desk.toggle()
    desk.gnss(second(0))
    desk.gnss(second(1, status="V"))
    assert desk.states == ["on", "fix", "on"]
    desk.clock.now_ms += 4999
    desk.gnss(second(5))
    assert len(desk.sent) == 1
    desk.clock.now_ms += 1
    desk.gnss(second(6))
    assert len(desk.sent) == 2


def test_a_silent_receiver_has_no_fix_after_a_while():
    desk = Desk()
    desk.toggle()
    desk.gnss(rmc())
    desk.clock.now_ms += DEFAULT_CONFIG["fix_max_age_ms"]
    desk.geo.tick()
    assert desk.geo.snapshot()["fix"]
    desk.clock.now_ms += 1
    desk.geo.tick()
    assert desk.states == ["on", "fix", "on"]
    assert desk.geo.snapshot()["own"] is None
    # Other sentences show that the receiver lives, not where it is.
    desk.clock.now_ms += 5000
    desk.gnss(sentence("GPGSV,1,1,00"))
    assert len(desk.sent) == 1


def test_snapshot_on():
    desk = Desk()
    desk.toggle()
    desk.gnss(rmc())
    desk.clock.now_ms += 700
    snapshot = desk.geo.snapshot()
    assert spec.mismatch(spec.command("geo").read, snapshot) == ""
    assert snapshot["enabled"]
    assert snapshot["fix"]
    assert snapshot["own"] == {
        "lat_deg_e7": 488_333_333,
        "lon_deg_e7": 23_333_333,
        "utc_ms": 1_735_732_800_000,
        "age_ms": 700,
    }


def test_a_full_table_of_the_longest_ids_fits_into_one_answer():
    desk = Desk()
    desk.toggle()
    desk.gnss(rmc())
    for i in range(20):
        desk.hear(position_of(f"sip:{i:060d}", ssrc=1 + i))
    snapshot = desk.geo.snapshot()
    assert len(snapshot["heard"]) == DEFAULT_CONFIG["heard_max"]
    assert spec.mismatch(spec.command("geo").read, snapshot) == ""
    message_bytes_max = Server().message_bytes_max
    assert HEADER_BYTES + len(cbor.dumps(snapshot, 4096)) <= message_bytes_max


def test_off_wipes_every_buffer_and_the_unfinished_sentence():
    desk = Desk()
    desk.toggle()
    desk.gnss(gga() + rmc() + second(1)[:40])
    desk.toggle()
    assert not any(desk.buffers[0])
    assert not any(desk.geo.parser._line)
    for record in (desk.geo.parser.fix, desk.geo.parser.rmc, desk.geo.parser.gga):
        assert (record.valid, record.lat_deg, record.lon_deg, record.altitude_mm) == (
            False,
            0,
            0,
            None,
        )
    desk.toggle()
    desk.gnss(second(1)[40:])
    assert len(desk.sent) == 1
    assert desk.geo.snapshot()["own"] is None


def test_bytes_that_come_while_off_are_only_counted():
    desk = Desk()
    desk.gnss(rmc())
    assert desk.geo.bytes_while_off == len(rmc())
    assert desk.geo.parser.sentences == 0
    assert (desk.sent, desk.power) == ([], None)


def test_power_is_cut_even_if_the_agent_switches_off_from_a_notification():
    desk = Desk()

    def off_at_fix(state):
        if state == "fix":
            desk.geo.agent_toggle()

    desk.on_state = off_at_fix
    desk.toggle()
    desk.gnss(rmc())
    assert (desk.sent, desk.power, desk.geo.enabled) == ([], False, False)


def test_a_power_switch_that_fails_does_not_keep_geolocation_on():
    desk = Desk()
    desk.toggle()
    desk.gnss(rmc())

    def broken(on):
        raise OSError("power switch")

    desk.on_power = broken
    with pytest.raises(OSError, match="power switch"):
        desk.toggle()
    desk.gnss(second(30))
    assert not desk.geo.enabled
    assert len(desk.sent) == 1
    assert desk.states[-1] == "off"


# ------------------------------------------------------------------------------------------ others


def test_positions_of_others_are_kept_on_or_off():
    desk = Desk()
    desk.hear(position_of("sip:b", lat_deg_e7=5))
    desk.clock.now_ms += 1500
    assert desk.geo.snapshot()["heard"] == [
        {"user_id": "sip:b", "lat_deg_e7": 5, "lon_deg_e7": 0, "utc_ms": 0, "age_ms": 1500}
    ]
    assert (desk.sent, desk.power) == ([], None)


def test_own_reports_that_come_back_are_not_news():
    desk = Desk()
    desk.hear(position_of(USER_ID, ssrc=SSRC))
    assert desk.geo.snapshot()["heard"] == []


def test_late_and_repeated_reports_are_not_news():
    desk = Desk()
    for sequence, lat in ((65_535, 1), (0, 2), (65_535, 3), (0, 4), (65_000, 5)):
        desk.hear(position_of("sip:b", sequence=sequence, lat_deg_e7=lat))
    assert desk.geo.snapshot()["heard"][0]["lat_deg_e7"] == 2
    # After a restart the other has a new SSRC and counts from anywhere.
    desk.hear(position_of("sip:b", ssrc=8, sequence=65_000, lat_deg_e7=6))
    assert desk.geo.snapshot()["heard"][0]["lat_deg_e7"] == 6
    assert desk.geo.received == 3


def test_the_table_is_bounded_and_forgets_the_oldest():
    desk = Desk()
    for i in range(12):
        desk.hear(position_of(f"sip:{i}", ssrc=i))
        desk.clock.now_ms += 10
    desk.hear(position_of("sip:0", ssrc=0, sequence=1))
    desk.hear(position_of("sip:new", ssrc=99))
    heard = {entry["user_id"] for entry in desk.geo.snapshot()["heard"]}
    assert len(heard) == 12
    assert {"sip:0", "sip:new"} <= heard
    assert "sip:1" not in heard


def test_old_positions_are_forgotten():
    desk = Desk()
    desk.hear(position_of("sip:b"))
    desk.clock.now_ms += DEFAULT_CONFIG["heard_max_age_ms"]
    assert len(desk.geo.snapshot()["heard"]) == 1
    desk.clock.now_ms += 1
    desk.geo.tick()
    assert desk.geo.snapshot()["heard"] == []


def test_noise_is_counted():
    desk = Desk()
    desk.geo.report_received(b"\x80\xcc\x00\x02\0\0\0\0HGEO", 12)
    assert desk.geo.malformed == 1


@pytest.mark.parametrize("user_id", ["", "x" * 65])
def test_a_user_id_that_no_report_can_carry_is_refused(user_id):
    with pytest.raises(ValueError, match="user id"):
        GeoService(1, user_id, WrappingClock(), None, None, None)


def test_the_recorded_walk():
    """75 s of a real receiver: fix after 12 s, then a report every 5 s, within the walk."""
    desk = Desk()
    desk.toggle()
    for line in WALK.read_bytes().splitlines(True):
        desk.gnss(line)
        if b"RMC" in line:
            desk.clock.now_ms += 1000
    assert desk.states == ["on", "fix"]
    assert len(desk.sent) == 14
    for sent in desk.sent:
        assert -272_110_000 < sent.lat_deg_e7 < -272_106_000
        assert 1_530_518_000 < sent.lon_deg_e7 < 1_530_524_000
    times = [sent.utc_ms for sent in desk.sent]
    assert times == sorted(times)


# ----------------------------------------------------------------------------------- off means off

EVENTS = st.one_of(
    st.just(("toggle",)),
    st.tuples(st.just("gnss"), st.integers(0, 3599), st.sampled_from("AAAV"), st.integers(1, 90)),
    st.tuples(st.just("wait"), st.sampled_from([1, 999, 5000, 1 << 28])),
    st.tuples(st.just("hear"), st.integers(0, 20)),
    st.tuples(st.just("noise"), st.binary(max_size=40)),
    st.just(("tick",)),
    st.just(("snapshot",)),
)


def apply(desk, event):
    kind, *arguments = event
    if kind == "toggle":
        desk.toggle()
    elif kind == "gnss":
        i, status, n_bytes = arguments
        # Cut sentences, too: the rest comes with a later event, or never.
        desk.gnss(second(i, status=status)[:n_bytes])
    elif kind == "wait":
        desk.clock.now_ms += arguments[0]
    elif kind == "hear":
        desk.hear(position_of(f"sip:{arguments[0]}", ssrc=arguments[0]))
    elif kind == "noise":
        desk.gnss(arguments[0])
        desk.geo.report_received(arguments[0], len(arguments[0]))
    elif kind == "tick":
        desk.geo.tick()
    else:
        desk.geo.snapshot()


@settings(max_examples=300)
@given(st.lists(EVENTS, max_size=60))
def test_after_any_events_off_means_off(events):
    desk = Desk()
    n_toggles = 0
    last_sent_ms = None
    for event in events:
        n_before = len(desk.sent)
        apply(desk, event)
        if event[0] == "toggle":
            n_toggles += 1
            last_sent_ms = None
        is_on = n_toggles % 2 == 1
        # Nothing but the key ever changes the switch.
        assert desk.geo.enabled == bool(desk.power) == is_on
        assert len(desk.sent) - n_before <= (1 if is_on else 0)
        if len(desk.sent) > n_before:
            if last_sent_ms is not None:
                assert desk.clock.now_ms - last_sent_ms >= DEFAULT_CONFIG["interval_ms"]
            last_sent_ms = desk.clock.now_ms
        if not is_on:
            shown = desk.geo.snapshot()
            assert (shown["enabled"], shown["fix"], shown["own"]) == (False, False, None)
            assert not any(desk.geo._buf)
            assert not any(desk.geo.parser._line)
        assert len(desk.geo.snapshot()["heard"]) <= DEFAULT_CONFIG["heard_max"]
