"""Buttons and outputs: edges, instants and waits."""

import threading
import time

import pytest

from handsetctl.bench.faults import BenchTimeout
from handsetctl.bench.pins import EdgeLog, Pins
from handsetctl.errors import BenchError


@pytest.fixture
def log() -> EdgeLog:
    log = EdgeLog()
    for instant_s, value in ((1.0, "idle"), (2.0, "talk"), (3.0, "idle"), (4.0, "talk")):
        log.record("led", value, instant_s)
    return log


def test_the_present_value_answers_at_once_with_the_instant_of_its_edge(log: EdgeLog) -> None:
    assert log.wait("led", "talk", timeout_s=0) == 4.0


def test_since_finds_the_first_edge_from_then_on_even_if_it_is_over(log: EdgeLog) -> None:
    assert log.wait("led", "talk", timeout_s=0, since=1.5) == 2.0
    assert log.wait("led", "idle", timeout_s=0, since=3.0) == 3.0
    assert log.wait("led", "talk", timeout_s=0, since=2.5) == 4.0


def test_a_value_that_does_not_come_is_a_timeout_that_names_what_is(log: EdgeLog) -> None:
    with pytest.raises(BenchTimeout, match="'talk'"):
        log.wait("led", "idle", timeout_s=0)
    with pytest.raises(BenchTimeout):
        log.wait("led", "talk", timeout_s=0, since=4.5)
    with pytest.raises(BenchTimeout):
        log.wait("geo_led", "on", timeout_s=0)


def test_a_wait_ends_when_the_edge_comes(log: EdgeLog) -> None:
    timer = threading.Timer(0.05, lambda: log.record("geo_led", "fix", 5.0))
    timer.start()
    assert log.wait("geo_led", "fix", timeout_s=20) == 5.0


def test_a_wait_ends_when_the_handset_fails(log: EdgeLog) -> None:
    timer = threading.Timer(0.05, lambda: log.fail(lambda: BenchError("died", "A", "look")))
    timer.start()
    with pytest.raises(BenchError, match="died"):
        log.wait("led", "denied", timeout_s=20)
    assert log.wait("led", "talk", timeout_s=0) == 4.0  # what did happen can still be asked for


def test_history_is_by_name_and_time(log: EdgeLog) -> None:
    log.record("geo_led", "on", 2.5)
    assert [edge.instant_s for edge in log.history("led", since=2.0)] == [2.0, 3.0, 4.0]
    assert [edge.value for edge in log.history("geo_led")] == ["on"]
    assert len(log.history()) == 5


def test_the_same_value_again_is_no_edge(log: EdgeLog) -> None:
    assert not log.record("led", "talk", 9.0)
    assert log.wait("led", "talk", timeout_s=0) == 4.0


@pytest.fixture
def pins() -> Pins:
    return Pins("handset A")


def test_edges_cross_both_ways_one_a_datagram(pins: Pins) -> None:
    pins.power()
    before_s = time.monotonic()
    pressed_s = pins.drive("ptt", "1")
    pins.drive("geo", "1")
    assert before_s <= pressed_s <= time.monotonic()
    assert pins.handset_end.recv(256) == b"ptt=1"
    assert pins.handset_end.recv(256) == b"geo=1"
    pins.handset_end.send(b"led=talk")
    pins.handset_end.send(b"gnss_power=1")
    pins.read_edges()
    assert (pins.log.value("led"), pins.log.value("gnss_power")) == ("talk", "1")


def test_pressing_twice_is_one_press(pins: Pins) -> None:
    pins.power()
    first_s = pins.drive("ptt", "1")
    assert pins.drive("ptt", "1") == first_s
    pins.drive("ptt", "0")
    assert pins.handset_end.recv(256) == b"ptt=1"
    assert pins.handset_end.recv(256) == b"ptt=0"


def test_a_button_held_over_power_on_is_seen_once_and_one_let_go_never(pins: Pins) -> None:
    pins.drive("ptt", "1")
    for _ in range(1000):  # more than the wire could hold
        pins.drive("geo", "1")
        pins.drive("geo", "0")
    pins.power()
    pins.drive("ptt", "0")
    assert pins.handset_end.recv(256) == b"ptt=1"
    assert pins.handset_end.recv(256) == b"ptt=0"


def test_outputs_fall_with_the_power(pins: Pins) -> None:
    pins.power()
    pins.handset_end.send(b"led=talk")
    pins.handset_end.send(b"ready=1")
    pins.unpower()
    assert [edge.value for edge in pins.log.history("led")] == ["off", "talk", "off"]
    assert pins.log.value("ready") == "0"


def test_nonsense_on_the_wire_is_counted(pins: Pins) -> None:
    for datagram in (b"led", b"horn=1", b"\xff=\xff"):
        pins.handset_end.send(datagram)
    pins.read_edges()
    assert pins.bad_datagrams == 3


def test_a_handset_that_asks_is_told_the_bench_clock(pins: Pins) -> None:
    before_ns = time.monotonic_ns()
    pins.handset_end.send(b"clock=?")
    pins.read_edges()
    name, _, instant_ns = pins.handset_end.recv(256).decode().partition("=")
    assert name == "clock" and before_ns <= int(instant_ns) <= time.monotonic_ns()
    assert pins.bad_datagrams == 0


def test_there_are_only_the_buttons_there_are(pins: Pins) -> None:
    with pytest.raises(BenchError) as caught:
        pins.drive("sos", "1")
    assert "ptt, geo" in caught.value.next_step
