"""Where in a recording somebody speaks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Signal = npt.NDArray[np.generic]

_FRAME_S = 0.010
# Frames this far below the loud ones are pauses: P.56 uses 15.9 dB below the active level; soft
# consonants at the edges of a word need more room.
_FLOOR_DB = 30.0
_SILENCE_RMS = 8.0


@dataclass(frozen=True)
class Burst:
    """A stretch of speech, in samples: [start, end)."""

    start: int
    end: int

    def duration_s(self, rate_hz: int) -> float:
        return (self.end - self.start) / rate_hz


def frame_power(signal: Signal, frame: int, hop: int) -> npt.NDArray[np.float64]:
    """Mean square of each frame of `frame` samples, one every `hop` samples, float64[n]."""
    squares = np.concatenate(([0.0], np.cumsum(signal.astype(np.float64) ** 2)))
    starts = np.arange(0, max(0, signal.size - frame) + 1, hop)
    ends = np.minimum(starts + frame, signal.size)
    power: npt.NDArray[np.float64] = (squares[ends] - squares[starts]) / frame
    # Differences of running sums can come out a hair below zero.
    return np.maximum(power, 0.0)


def speech_bursts(
    spoken: Signal, rate_hz: int, min_burst_s: float = 0.3, max_gap_s: float = 0.2
) -> list[Burst]:
    """Bursts of at least min_burst_s; pauses up to max_gap_s belong to the burst around them.

    `spoken` is the clean signal, int16 or float of the same scale. An empty list for silence.
    """
    frame = max(1, round(_FRAME_S * rate_hz))
    if signal_is_silent(spoken) or spoken.size < frame:
        return []
    power = frame_power(spoken, frame, frame)
    loud = np.percentile(power[power > _SILENCE_RMS**2], 90)
    threshold = max(loud * 10 ** (-_FLOOR_DB / 10), _SILENCE_RMS**2)
    active = np.concatenate(([False], power > threshold, [False]))
    edges = np.flatnonzero(active[1:] != active[:-1])
    runs = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]

    merged: list[tuple[int, int]] = []
    for begin, end in runs:
        if merged and (begin - merged[-1][1]) * _FRAME_S <= max_gap_s:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((begin, end))
    return [
        Burst(begin * frame, min(end * frame, spoken.size))
        for begin, end in merged
        if (end - begin) * _FRAME_S >= min_burst_s
    ]


def signal_is_silent(signal: Signal) -> bool:
    """True when no 10 ms of it would be heard by anybody (below about -72 dBov)."""
    if signal.size == 0:
        return True
    return float(np.abs(signal.astype(np.float64)).max()) < _SILENCE_RMS
