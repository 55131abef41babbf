"""Can one understand what was heard? STOI and PESQ of heard against spoken speech."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pesq import (  # type: ignore[import-untyped, unused-ignore]
    BufferTooShortError,
    NoUtterancesError,
    pesq,
)
from pesq import PesqError as LibraryPesqError
from pystoi import stoi as pystoi_stoi  # type: ignore[import-untyped, unused-ignore]

from handsetctl.measure.activity import Signal, signal_is_silent
from handsetctl.measure.align import Alignment, align, aligned_pair
from handsetctl.measure.errors import NoSpeechError, PesqError, TooShortError

Floats = npt.NDArray[np.float64]
Progress = Callable[[str, float], None]

PESQ_CHUNK_S = 9.0
PESQ_WORST = 1.0
"""What a chunk scores in which nothing at all was heard; the scale's own bottom is 1.04."""

_PESQ_RATE_HZ = 16_000
_STOI_MIN_S = 0.5


@dataclass(frozen=True)
class PesqResult:
    """Mean of the chunks, and the chunks (MOS-LQO, 1.0 to 4.64)."""

    mean: float
    chunks: tuple[float, ...]


def stoi(spoken: Signal, heard: Signal, rate_hz: int, alignment: Alignment | None = None) -> float:
    """Short-time objective intelligibility of `heard`, 0..1 (int16[n] on one timeline).

    Taken once over all bursts of speech put one after the other, each shifted by its own delay
    (Taal et al. 2011, by pystoi). Pauses do not count; a burst not heard counts as silence.
    Raises NoSpeechError, TooShortError.
    """
    pair = aligned_pair(spoken, heard, rate_hz, alignment or align(spoken, heard, rate_hz))
    if pair[0].size < _STOI_MIN_S * rate_hz:
        raise TooShortError(f"STOI needs at least {_STOI_MIN_S} s of speech")
    if signal_is_silent(pair[1]):
        return 0.0
    return float(pystoi_stoi(pair[0], pair[1], rate_hz, extended=False))


def pesq_wb(
    spoken: Signal,
    heard: Signal,
    rate_hz: int,
    alignment: Alignment | None = None,
    progress: Progress | None = None,
) -> PesqResult:
    """Wide-band PESQ (ITU-T P.862.2, MOS-LQO) of `heard` (int16[n] at 16 kHz on one timeline).

    PESQ is made for utterances of 8 to 20 s: the bursts of speech, each shifted by its own
    delay, are gathered into chunks of 9 s or a little more (a rest shorter than half of that
    joins its predecessor) and `mean` is the plain average of the chunks' scores. A chunk
    in which nothing was heard scores 1.0. Raises NoSpeechError, TooShortError, PesqError.
    """
    if rate_hz != _PESQ_RATE_HZ:
        raise PesqError(f"wide-band PESQ is defined at 16000 Hz, not at {rate_hz} Hz")
    alignment = alignment or align(spoken, heard, rate_hz)
    groups = _groups(alignment, rate_hz)
    scores = []
    for index, group in enumerate(groups):
        if progress is not None:
            progress("measuring PESQ", index / len(groups))
        scores.append(_score(*aligned_pair(spoken, heard, rate_hz, group, margin_s=0.15)))
    if progress is not None:
        progress("measuring PESQ", 1.0)
    return PesqResult(float(np.mean(scores)), tuple(scores))


def _groups(alignment: Alignment, rate_hz: int) -> list[Alignment]:
    """The bursts in groups of PESQ_CHUNK_S or more of speech."""
    groups: list[list[int]] = [[]]
    length_s = 0.0
    for index, item in enumerate(alignment.bursts):
        groups[-1].append(index)
        length_s += item.burst.duration_s(rate_hz)
        if length_s >= PESQ_CHUNK_S:
            groups.append([])
            length_s = 0.0
    rest = groups.pop()
    if rest and groups and length_s < PESQ_CHUNK_S / 2:
        groups[-1] += rest
    elif rest:
        groups.append(rest)
    return [
        Alignment(
            alignment.delay_ms, alignment.confidence, tuple(alignment.bursts[i] for i in group)
        )
        for group in groups
    ]


def _score(spoken: Floats, heard: Floats) -> float:
    if signal_is_silent(heard):
        return PESQ_WORST
    try:
        return float(pesq(_PESQ_RATE_HZ, spoken, heard, "wb"))
    except NoUtterancesError as error:
        raise NoSpeechError(f"PESQ finds no speech in {_seconds(spoken)}") from error
    except BufferTooShortError as error:
        raise TooShortError(f"PESQ needs more than {_seconds(spoken)} of speech") from error
    except (LibraryPesqError, MemoryError, ValueError) as error:
        raise PesqError(f"PESQ failed on {_seconds(spoken)} of speech: {error}") from error


def _seconds(samples: Floats) -> str:
    return f"{samples.size / _PESQ_RATE_HZ:.2f} s"
