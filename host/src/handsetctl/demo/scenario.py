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
from handsetctl.demo import geolocation, presses
from handsetctl.demo.presses import Press, Progress
from handsetctl.demo.timeline import timeline
from handsetctl.device import Device, VoiceStats
from handsetctl.measure.align import align
from handsetctl.measure.clipping import first_syllable_clipped
from handsetctl.measure.intelligibility import pesq_wb, stoi
from handsetctl.measure.latency import mouth_to_ear, percentiles
from handsetctl.report import judge, limits_for, write_report
from handsetctl.tree import BUILD_DIR

READY_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class Options:
    """What to demonstrate.

    n_presses: presses with speech after the permission (20 or more for honest percentiles).
    n_hasty: presses with speech at the very edge of the key, for the clipped first syllable.
    """

    codec: str = "amrwb"
    bitrate_bps: int = 0
    n_presses: int = 22
    n_hasty: int = 5
    out_dir: Path = BUILD_DIR / "demo"


@dataclass(frozen=True)
class Result:
    """report: what report.json holds; failures: figures outside their limits, named."""

    report: dict[str, Any]
    failures: list[str]
    html: Path


def run(options: Options, bench: VirtualBench, progress: Progress) -> Result:
    """Play the whole demonstration on a bench with handsets A and B and write the report."""
    step = _Steps(progress)
    step.next("booting two handsets", 0.03)
    bench.wait_ready(READY_TIMEOUT_S)
    talker, listener = bench["A"], bench["B"]
    with Device.open(talker.port) as device_a, Device.open(listener.port) as device_b:
        identities = {"A": device_a.identity(), "B": device_b.identity()}
        for device in (device_a, device_b):
            device.set_codec(options.codec, options.bitrate_bps)
        step.next("loading French speech", 0.07)
        phrases = _phrases(options, step.within)
        before = device_a.voice_stats(), device_b.voice_stats(), _voice_heap(device_a, device_b)
        step.next("talking", 0.75)
        spoken = phrases[: options.n_presses]
        calm = presses.session(
            bench, talker, listener, spoken, presses.talk_after_permission, step.within
        )
        after = device_a.voice_stats(), device_b.voice_stats(), _voice_heap(device_a, device_b)
        step.next("talking at the very press", 0.85)
        hasty = presses.session(
            bench,
            talker,
            listener,
            phrases[options.n_presses :],
            presses.talk_at_the_press,
            step.within,
        )
        step.next("geolocation on, a walk, off", 0.92)
        geo = geolocation.show(bench, talker, device_b, step.within)
    step.next("measuring", 0.98)
    report = {
        "codec": options.codec,
        **_voice_figures(before, after),
        **_speech_figures(calm, hasty),
        "identities": {name: identity.as_dict() for name, identity in identities.items()},
        "geo": geo.as_report(),
        "build": build_facts(),
    }
    limits = limits_for(options.codec)
    failures = judge(report, limits) + geo.failures
    step.next("writing the report", 1.0)
    spoken_all, heard_all = presses.joined(calm)
    html = write_report(
        options.out_dir,
        report,
        spoken_all,
        heard_all,
        AUDIO_RATE_HZ,
        timeline(bench, calm, hasty, geo),
        failures=failures,
        limits=limits,
        track=geo.track,
    )
    return Result(report, failures, html)


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
        BUILD_DIR / "third_party",
        BUILD_DIR / "speech",
        options.n_presses + options.n_hasty,
        min_s=2.0,
        max_s=4.0,
        progress=progress,
    )


def _voice_heap(*devices: Device) -> tuple[int, int]:
    """Bytes Python allocated in the voice path of these handsets so far, and packets moved."""
    memories = [device.memory() for device in devices]
    return (
        sum(memory.heap_bytes_in_voice_path for memory in memories),
        sum(memory.frames_in_voice_path for memory in memories),
    )


_Snapshot = tuple[VoiceStats, VoiceStats, tuple[int, int]]


def _voice_figures(before: _Snapshot, after: _Snapshot) -> dict[str, Any]:
    """What the handsets themselves counted during the presses."""
    sent = after[0]["tx_frames"] - before[0]["tx_frames"]
    received = after[1]["rx_packets"] - before[1]["rx_packets"]
    heap_bytes = after[2][0] - before[2][0]
    heap_packets = after[2][1] - before[2][1]
    return {
        "frames_sent": sent,
        "frames_received": received,
        "frames_lost": sent - received,
        "frames_concealed": after[1]["concealed"] - before[1]["concealed"],
        "heap_bytes_per_frame": heap_bytes / max(1, heap_packets),
        "device_overruns": after[0]["io_overruns"] - before[0]["io_overruns"],
        "device_underruns": after[1]["io_underruns"] - before[1]["io_underruns"],
    }


def _speech_figures(calm: list[Press], hasty: list[Press]) -> dict[str, Any]:
    """What the sound itself says."""
    spoken, heard = presses.joined(calm)
    alignment = align(spoken, heard, AUDIO_RATE_HZ)
    clipped = [first_syllable_clipped(p.spoken, p.heard, AUDIO_RATE_HZ).clipped_ms for p in hasty]
    quality = pesq_wb(spoken, heard, AUDIO_RATE_HZ, alignment)
    return {
        "speech_s": round(float(sum(np.count_nonzero(p.spoken) for p in calm)) / AUDIO_RATE_HZ, 1),
        "stoi": round(stoi(spoken, heard, AUDIO_RATE_HZ, alignment), 4),
        "pesq_wb": round(quality.mean, 3),
        "access_time_ms": percentiles([p.access_ms for p in calm + hasty]).as_report(),
        "mouth_to_ear_ms": mouth_to_ear(alignment).as_report(),
        "first_syllable_clipped_ms": round(float(np.median(clipped)), 1),
    }
