"""Geolocation end to end: the agent switches it on, walks, is seen, switches it off, is gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handsetctl.bench.interface import BenchHandset
from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.demo.presses import Progress
from handsetctl.device import Device
from handsetctl.tree import BUILD_DIR

# A real receiver carried on foot (i.Trek M3, 2005), from gpsd's collection of recordings.
WALK = BUILD_DIR / "third_party" / "gpsd" / "test" / "daemon" / "iTrek.log"
_FIX_TIMEOUT_S = 15.0
_LED_TIMEOUT_S = 5.0
_POLL_S = 0.25
_WALK_S = 12.0
_OFF_S = 3.0
# The walk is played faster than it was walked, so that the demonstration stays short.
_RATE = 3.0


@dataclass
class Geolocation:
    """What was seen. Instants in seconds of the bench clock; track as (lat_deg, lon_deg)."""

    on_s: float = 0.0
    fix_s: float = 0.0
    off_s: float = 0.0
    seen_s: list[float] = field(default_factory=list)
    track: list[tuple[float, float]] = field(default_factory=list)
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
    walk: Path = WALK,
) -> Geolocation:
    """Play the walk into `walker`'s receiver; `observer` is the other handset's console."""
    seen = Geolocation()
    walker.gnss_play(walk.read_text("latin-1").splitlines(), _RATE)
    seen.on_s = _push_key(walker)
    seen.fix_s = walker.wait_output("geo_led", "fix", _FIX_TIMEOUT_S, since=seen.on_s)
    _watch(bench, observer, seen, progress)
    seen.off_s = _push_key(walker)
    walker.wait_output("gnss_power", "0", _LED_TIMEOUT_S, since=seen.off_s)
    _check_silence(bench, walker, seen)
    walker.gnss_stop()
    return seen


def _push_key(handset: BenchHandset) -> float:
    pressed_s = handset.press("geo")
    handset.release("geo")
    return pressed_s


def _watch(bench: VirtualBench, observer: Device, seen: Geolocation, progress: Progress) -> None:
    """Collect the positions that the other handset knows, as they change."""
    end_s = bench.now_s() + _WALK_S
    last_utc_ms = 0
    while (now_s := bench.now_s()) < end_s:
        progress(f"{len(seen.track)} positions seen", 1.0 - (end_s - now_s) / _WALK_S)
        for position in observer.geo().heard:
            if position.utc_ms != last_utc_ms:
                last_utc_ms = position.utc_ms
                seen.track.append((position.lat_deg, position.lon_deg))
                seen.seen_s.append(now_s)
        bench.wait_until(now_s + _POLL_S)


def _check_silence(bench: VirtualBench, walker: BenchHandset, seen: Geolocation) -> None:
    """Off means off: the air itself is asked whether anything still left the handset."""
    before = _sent(bench, walker)
    bench.wait_until(bench.now_s() + _OFF_S)
    seen.datagrams_after_off = _sent(bench, walker) - before


def _sent(bench: VirtualBench, handset: BenchHandset) -> int:
    """Datagrams the handset put on the air so far, of any kind."""
    bench.air.flush()
    counts = bench.air.stats()["members"][handset.name]
    return int(counts["media_datagrams"] + counts["floor_datagrams"])
