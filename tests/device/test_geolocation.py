"""Geolocation end to end: only the agent's key, and off means off."""

from __future__ import annotations

from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.demo import geolocation
from handsetctl.device import Device

EDGE_TIMEOUT_S = 3.0


def ignore_progress(what: str, fraction: float) -> None:
    """Nobody watches a test's progress bar."""


def test_nothing_is_received_or_sent_before_the_agent_asks(
    bench: VirtualBench, device_a: Device
) -> None:
    assert bench["A"].output("gnss_power") == "0"
    geo = device_a.geo()
    assert not geo.enabled
    assert geo.own is None


def test_walk_is_seen_by_the_other_and_ends_with_the_key(
    bench: VirtualBench, device_a: Device, device_b: Device
) -> None:
    seen = geolocation.show(bench, bench["A"], device_b, ignore_progress, walk_s=6.0)
    assert seen.datagrams_after_off == 0
    assert len(seen.track) >= 2
    # Every place the other handset knew is one that the receiver reported.
    for lat_deg, lon_deg in seen.track:
        assert any(
            abs(lat_deg - lat) < 1e-6 and abs(lon_deg - lon) < 1e-6 for lat, lon in seen.walked
        )
    after = device_a.geo()
    assert not after.enabled
    assert after.own is None
    assert bench["A"].output("geo_led") == "off"


def test_reset_leaves_geolocation_off(bench: VirtualBench, device_a: Device) -> None:
    pressed_s = bench["A"].press("geo")
    bench["A"].release("geo")
    bench["A"].wait_output("geo_led", "on", EDGE_TIMEOUT_S, since=pressed_s)
    device_a.reset()
    bench.wait_ready(EDGE_TIMEOUT_S)
    assert bench["A"].output("gnss_power") == "0"
    assert not device_a.geo().enabled
