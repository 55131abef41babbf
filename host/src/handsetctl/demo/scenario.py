"""The demonstration from start to figures. A library call: it never prints and never exits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from handsetctl import speech
from handsetctl.bench.interface import AUDIO_RATE_HZ, Samples
from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.build_facts import build_facts
from handsetctl.demo import geolocation
from handsetctl.demo.geolocation import Geolocation
from handsetctl.demo.presses import (
    Press,
    Progress,
    joined,
    session,
    talk_after_permission,
    talk_at_the_press,
    warm_up,
)
from handsetctl.demo.timeline import Session
from handsetctl.device import Counters, Device
from handsetctl.measure import (
    MeasureError,
    first_syllable_clipped,
    measure_call,
    percentiles,
)
from handsetctl.report import ReportFiles, Track, default_limits, judged, write_report
from handsetctl.tree import BUILD_DIR, SPEECH_DIR, THIRD_PARTY_DIR

READY_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class Options:
    """What to demonstrate.

    n_presses: presses with speech after the permission (20 or more for honest percentiles).
    n_hasty: presses with speech at the very edge of the key, for the clipped first syllable.
    walk_s: how long geolocation stays on.
    """

    codec: str = "amrwb"
    bitrate_bps: int = 0
    n_presses: int = 20
    n_hasty: int = 5
    walk_s: float = geolocation.WALK_S
    out_dir: Path = BUILD_DIR / "demo"


@dataclass(frozen=True)
class Result:
    """report: what report.json holds; failures: figures outside their limits, named."""

    report: dict[str, Any]
    failures: list[str]
    files: ReportFiles


def run(options: Options, bench: VirtualBench, progress: Progress) -> Result:
    """Play the whole demonstration on a bench with handsets A and B and write the report."""
    step = _Steps(progress)
    step.next("loading French speech", 0.07)
    phrases = _phrases(options, step.within)
    step.next("booting two handsets", 0.08)
    bench.wait_ready(READY_TIMEOUT_S)
    calm, hasty, geo, figures = _play(options, bench, phrases, step)
    step.next("measuring", 0.97)
    report = judged(
        {
            "codec": options.codec,
            "board": bench.board.name,
            **figures,
            **_speech_figures(calm, hasty),
            "geo": geo.as_report(),
            "notes": _notes(figures, bench.emulated),
            "build": build_facts(bench.board.name),
        },
        {
            **default_limits(options.codec, emulated=bench.emulated),
            "geo.positions_seen": {"min": 1},
            "geo.datagrams_after_off": {"max": 0},
        },
    )
    step.next("writing the report", 1.0)
    session = Session(bench, [*calm, *hasty], geo)
    files = write_report(
        options.out_dir,
        report,
        *session.sound(),
        AUDIO_RATE_HZ,
        session.events(),
        tracks=(Track("walked by A's agent", geo.walked), Track("seen at B", geo.track)),
        access_times_ms=[press.access_ms for press in [*calm, *hasty]],
        progress=step.within,
    )
    return Result(report, report["verdict"]["failures"], files)


def _play(
    options: Options, bench: VirtualBench, phrases: list[Samples], step: _Steps
) -> tuple[list[Press], list[Press], Geolocation, dict[str, Any]]:
    """Everything that happens on the bench: calm presses, hasty ones, the walk; the counters."""
    talker, listener = bench["A"], bench["B"]
    with Device.open(talker.port) as device_a, Device.open(listener.port) as device_b:
        identities = {"A": device_a.identity().as_dict(), "B": device_b.identity().as_dict()}
        for device in (device_a, device_b):
            chosen = device.set_codec(options.codec, options.bitrate_bps)
        if bench.emulated:
            warm_up(bench)
        before = _Snapshot.of(device_a, device_b)
        step.next("talking", 0.72)
        spoken, rest = phrases[: options.n_presses], phrases[options.n_presses :]
        calm = session(bench, talker, listener, spoken, talk_after_permission, step.within)
        figures = _Snapshot.of(device_a, device_b).since(before)
        step.next("talking at the very press", 0.84)
        hasty = session(bench, talker, listener, rest, talk_at_the_press, step.within)
        step.next("geolocation on, a walk, off", 0.95)
        geo = geolocation.show(bench, talker, device_b, step.within, options.walk_s)
    return calm, hasty, geo, {**figures, "bitrate_bps": chosen.bitrate_bps, "handsets": identities}


class _Steps:
    """One bar over several steps, each with a share of it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._name = ""
        self._from = self._to = 0.0

    def next(self, name: str, until: float) -> None:
        self._name, self._from, self._to = name, self._to, until
        self._progress(name, self._from)

    def within(self, what: str, fraction: float) -> None:
        self._progress(f"{self._name}: {what}", self._from + fraction * (self._to - self._from))


def _phrases(options: Options, progress: Progress) -> list[Samples]:
    return speech.load_phrases(
        THIRD_PARTY_DIR,
        SPEECH_DIR,
        options.n_presses + options.n_hasty,
        min_s=2.5,
        max_s=4.0,
        progress=progress,
    )


@dataclass(frozen=True)
class _Snapshot:
    """What the handsets counted so far: A talks, B listens."""

    talker: Counters
    listener: Counters
    heap_bytes: int
    packets: int

    @classmethod
    def of(cls, talker: Device, listener: Device) -> _Snapshot:
        memories = (talker.memory(), listener.memory())
        return cls(
            talker.statistics("voice"),
            listener.statistics("voice"),
            sum(memory.heap_bytes_in_voice_path for memory in memories),
            sum(memory.frames_in_voice_path for memory in memories),
        )

    def since(self, before: _Snapshot) -> dict[str, Any]:
        """The report's figures for what happened in between."""
        sent = self.talker["tx_frames"] - before.talker["tx_frames"]
        received = _playable(self.listener) - _playable(before.listener)
        packets = self.packets - before.packets
        return {
            "frames_sent": sent,
            "frames_received": received,
            "frames_lost": sent - received,
            "heap_bytes_per_frame": (self.heap_bytes - before.heap_bytes) / packets
            if packets
            else None,
            "device_overruns": self.talker["io_overruns"] - before.talker["io_overruns"],
            "device_underruns": self.listener["io_underruns"] - before.listener["io_underruns"],
        }


def _playable(listener: Counters) -> int:
    """Packets that could be played: all that came less what was useless to the listener."""
    useless = ("rx_bad", "rx_foreign", "rx_late", "rx_duplicate", "rx_overflow", "decode_failed")
    return listener["rx_packets"] - sum(listener[name] for name in useless)


def _notes(figures: dict[str, Any], emulated: bool) -> list[str]:
    """Conditions that a reader of the figures must know."""
    notes = []
    if emulated:
        notes.append(
            "The handsets' processors were emulated: timings were taken under emulation. They are "
            "reported, but no part of the verdict; everything else is judged as on any board."
        )
    n_frames = figures["device_overruns"] + figures["device_underruns"]
    if n_frames:
        notes.append(
            f"This host was too busy for {n_frames} frames of 20 ms, which the virtual handsets "
            "had to skip: close other programs and repeat for clean figures."
        )
    return notes


def _speech_figures(calm: list[Press], hasty: list[Press]) -> dict[str, Any]:
    """What the sound itself says; None for what could not be measured, which fails the verdict."""
    clipped = [first_syllable_clipped(p.spoken, p.heard, AUDIO_RATE_HZ).clipped_ms for p in hasty]
    figures: dict[str, Any] = {
        "speech_s": round(sum(press.speech_duration_s for press in calm), 1),
        "access_time_ms": percentiles([p.access_ms for p in [*calm, *hasty]]).as_report(),
        "first_syllable_clipped_ms": round(float(np.median(clipped)), 1),
    }
    try:
        call = measure_call(*joined(calm), AUDIO_RATE_HZ)
    except MeasureError:
        nothing = {"p50": None, "p95": None, "n": 0}
        return {**figures, "stoi": None, "pesq_wb": None, "mouth_to_ear_ms": nothing}
    return {
        **figures,
        "stoi": round(call.stoi, 4),
        "pesq_wb": round(call.pesq_wb, 3),
        "mouth_to_ear_ms": call.mouth_to_ear.as_report(),
    }
