"""How well one understands what a receiver played, and how much later one hears it.

A receiver may change its delay while somebody speaks. So what was said is cut into pieces of half a
second to a second (at the quietest place, pauses of 0.2 s left out), each piece is looked for in
what was heard by cross-correlation, and STOI and PESQ compare the pieces one after the other, each
at its own delay. A piece that is not recognised takes the delay of the one before it, so that what
is missing counts as missing. The same for every receiver.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from air_programs import RATE_HZ, Samples
from pesq import pesq
from pystoi import stoi

from handsetctl.measure import Burst, align, percentiles, speech_bursts
from handsetctl.measure.align import cut

_PIECE_SAMPLES = RATE_HZ // 2
_QUIET_SAMPLES = RATE_HZ // 100
_MAX_DELAY_MS = 700
# A delay is taken from a piece only when there is no doubt.
_RECOGNISED = 0.3
_SURE = 0.6


@dataclass(frozen=True)
class Quality:
    """STOI 0..1, PESQ (wide band, MOS-LQO), mouth-to-ear delay: 95 % of the pieces, and all."""

    stoi: float
    pesq: float
    delay_p95_ms: float
    delays_ms: tuple[float, ...]


def judge(said: Samples, heard: Samples) -> Quality:
    """Compare two recordings on one time line."""
    pieces = align(
        said, heard, RATE_HZ, max_delay_ms=_MAX_DELAY_MS, min_delay_ms=0, bursts=cut_up(said)
    ).bursts
    sure = [piece.delay_ms for piece in pieces if piece.confidence >= _SURE]
    delay_ms = float(np.median(sure)) if sure else 0.0
    parts = []
    for piece in pieces:
        if piece.confidence >= _RECOGNISED:
            delay_ms = piece.delay_ms
        start = piece.burst.start + delay_ms * RATE_HZ / 1000
        parts.append(cut(heard, start, piece.burst.end - piece.burst.start))
    spoken = np.concatenate([said[p.burst.start : p.burst.end] for p in pieces]).astype(np.float64)
    received = np.concatenate(parts)
    return Quality(
        stoi=float(stoi(spoken, received, RATE_HZ)),
        pesq=float(pesq(RATE_HZ, spoken, received, "wb")),
        delay_p95_ms=percentiles(sure).p95 if sure else float("nan"),
        delays_ms=tuple(sure),
    )


def cut_up(said: Samples) -> list[Burst]:
    """Speech in pieces of 0.5 to 1 s."""
    return [piece for phrase in speech_bursts(said, RATE_HZ) for piece in _cut_phrase(said, phrase)]


def _cut_phrase(said: Samples, phrase: Burst) -> list[Burst]:
    power = np.convolve(
        said[phrase.start : phrase.end].astype(np.float64) ** 2, np.ones(_QUIET_SAMPLES), "same"
    )
    pieces, start = [], phrase.start
    while phrase.end - start >= 2 * _PIECE_SAMPLES:
        room = power[start - phrase.start :][_PIECE_SAMPLES : 2 * _PIECE_SAMPLES]
        end = start + _PIECE_SAMPLES + int(np.argmin(room))
        if phrase.end - end < _PIECE_SAMPLES:
            break
        pieces.append(Burst(start, end))
        start = end
    return [*pieces, Burst(start, phrase.end)]
