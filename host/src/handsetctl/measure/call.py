"""All figures of one recording at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from handsetctl.measure.activity import Signal
from handsetctl.measure.align import Alignment, align
from handsetctl.measure.intelligibility import pesq_wb, stoi
from handsetctl.measure.latency import Percentiles, mouth_to_ear

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class CallFigures:
    """stoi 0..1, pesq_wb MOS-LQO, mouth_to_ear over the bursts heard, and the alignment behind."""

    stoi: float
    pesq_wb: float
    mouth_to_ear: Percentiles
    alignment: Alignment


def measure_call(
    spoken: Signal,
    heard: Signal,
    rate_hz: int,
    max_delay_ms: float = 1000.0,
    progress: Progress | None = None,
) -> CallFigures:
    """Measure `heard` against `spoken` (int16[n] at 16 kHz, sample 0 is the same instant).

    Raises MeasureError (see handsetctl.measure.errors) when nothing can be measured, among
    others when no burst of the speech is recognised in `heard`.
    """
    if progress is not None:
        progress("aligning heard with spoken speech", 0.0)
    alignment = align(spoken, heard, rate_hz, max_delay_ms)
    delays = mouth_to_ear(alignment)
    if progress is not None:
        progress("measuring STOI", 0.0)
    intelligibility = stoi(spoken, heard, rate_hz, alignment)
    quality = pesq_wb(spoken, heard, rate_hz, alignment, progress)
    return CallFigures(intelligibility, quality.mean, delays, alignment)
