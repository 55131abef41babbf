"""Geolocation end to end: the agent switches it on, walks, is seen, switches it off, is gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pynmeagps import NMEAReader

from handsetctl.bench.interface import BenchHandset
from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.demo.presses import Progress
from handsetctl.device import Device
from handsetctl.tree import THIRD_PARTY_DIR

# A real walk of 154 m near Brisbane (Haicom 305N, 2007), from gpsd's collection of recordings; the
# lines before only search for satellites.
WALK = THIRD_PARTY_DIR / "gpsd" / "test" / "daemon" / "haicom-305N.log"
_FIRST_LINE = 35
_FIX_TIMEOUT_S = 15.0
_LED_TIMEOUT_S = 5.0
_POLL_S = 0.25
WALK_S = 14.0
# Longer than the interval between position reports (5 s): one that still left would be seen.
_OFF_S = 6.0
# The sky goes on after the key: silence must be the handset's doing.
_SKY_ROUNDS = 4
# The walk is played faster than it was walked, so that the demonstration stays short.
_RATE = 5.0


@dataclass
class Geolocation:
    """What was seen. Instants in seconds of the bench clock; places as (lat_deg, lon_deg).

    walked: the whole way; track: the places of it that the other handset knew.
    """

    on_s: float = 0.0
    fix_s: float = 0.0
    off_s: float = 0.0
    seen_s: list[float] = field(default_factory=list)
    track: list[tuple[float, float]] = field(default_factory=list)
    walked: list[tuple[float, float]] = field(default_factory=list)
    datagrams_after_off: int = 0

    def as_report(self) -> dict[str, Any]:
        return {
            "positions_seen": len(self.track),
            "time_to_first_position_ms": round((self.seen_s[0] - self.on_s) * 1000.0)
            if self.seen_s
            else None,
            "last_lat_deg": self.track[-1][0] if self.track else None,
            "last_lon_deg": self.track[-1][1] if self.track else None,
            "datagrams_after_off": self.datagrams_after_off,
        }


def show(
    bench: VirtualBench,
    walker: BenchHandset,
    observer: Device,
    progress: Progress,
    walk_s: float = WALK_S,
) -> Geolocation:
    """Play the walk into `walker`'s receiver; `observer` is the other handset's console.

    walk_s: for how long geolocation stays on after the first fix.
    """
    sentences = WALK.read_text("latin-1").splitlines()[_FIRST_LINE - 1 :]
    seen = Geolocation(walked=_places(sentences))
    walker.gnss_play(sentences * _SKY_ROUNDS, _RATE)
    seen.on_s = _push_key(walker)
    seen.fix_s = walker.wait_output("geo_led", "fix", _FIX_TIMEOUT_S, since=seen.on_s)
    _watch(bench, observer, seen, progress, walk_s)
    seen.off_s = _push_key(walker)
    walker.wait_output("gnss_power", "0", _LED_TIMEOUT_S, since=seen.off_s)
    check_silence(bench, walker, seen)
    walker.gnss_stop()
    return seen


def _push_key(handset: BenchHandset) -> float:
    pressed_s = handset.press("geo")
    handset.release("geo")
    return pressed_s


def _watch(
    bench: VirtualBench, observer: Device, seen: Geolocation, progress: Progress, walk_s: float
) -> None:
    """Collect the positions that the other handset knows, as they change."""
    end_s = bench.now_s() + walk_s
    last_utc_ms = 0
    while (now_s := bench.now_s()) < end_s:
        progress(f"{len(seen.track)} positions seen", 1.0 - (end_s - now_s) / walk_s)
        for position in observer.geo().heard:
            if position.utc_ms != last_utc_ms:
                last_utc_ms = position.utc_ms
                seen.track.append((position.lat_deg, position.lon_deg))
                seen.seen_s.append(now_s)
        bench.wait_until(now_s + _POLL_S)


def check_silence(bench: VirtualBench, walker: BenchHandset, seen: Geolocation) -> None:
    """Off means off: the air itself is asked whether anything still left the handset."""
    before = _sent(bench, walker)
    bench.wait_until(bench.now_s() + _OFF_S)
    seen.datagrams_after_off = _sent(bench, walker) - before


def _sent(bench: VirtualBench, handset: BenchHandset) -> int:
    """Datagrams the handset put on the air so far, of any kind."""
    bench.air.flush()
    return bench.air.sent_by(handset.name)


def _places(sentences: list[str]) -> list[tuple[float, float]]:
    """Where a recording was made, by its valid RMC sentences."""
    parsed = [NMEAReader.parse(line) for line in sentences if line[3:6] == "RMC"]
    return [(rmc.lat, rmc.lon) for rmc in parsed if rmc is not None and rmc.status == "A"]
