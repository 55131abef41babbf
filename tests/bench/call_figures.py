"""A call between two virtual handsets on perfect air: how long from mouth to ear, how clear.

In real time, a minute and a half of it. Nothing is counted: on a busy host the delay grows.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from handsetctl.bench.interface import AUDIO_RATE_HZ
from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.demo.presses import joined, session, talk_after_permission
from handsetctl.measure import measure_call
from handsetctl.speech import load_phrases
from handsetctl.tree import SPEECH_DIR, THIRD_PARTY_DIR

# One of them is the first that is heard of a talker, whose jitter is not known yet: 126 ms.
_N_PRESSES = 24
_READY_TIMEOUT_S = 20.0


def measure() -> dict[str, float]:
    """One handset of sim talks, the other listens. Raises MeasureError when nothing is heard."""
    phrases = load_phrases(THIRD_PARTY_DIR, SPEECH_DIR, _N_PRESSES, min_s=2.0, max_s=3.5)
    with (
        tempfile.TemporaryDirectory(prefix="handset-figures-") as folder,
        VirtualBench(Path(folder)) as bench,
    ):
        bench.wait_ready(_READY_TIMEOUT_S)
        presses = session(
            bench, bench["A"], bench["B"], phrases, talk_after_permission, lambda *_: None
        )
    call = measure_call(*joined(presses), AUDIO_RATE_HZ)
    return {
        "sim.mouth_to_ear_p50_ms": round(call.mouth_to_ear.p50, 1),
        "sim.mouth_to_ear_p95_ms": round(call.mouth_to_ear.p95, 1),
        "sim.call_stoi": round(call.stoi, 3),
        "sim.call_pesq_wb": round(call.pesq_wb, 2),
    }
