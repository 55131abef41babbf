"""How much of the beginning of the speech of one press was not heard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsetctl.measure.activity import Burst, Signal, frame_power, speech_bursts
from handsetctl.measure.align import HEARD_CONFIDENCE, Alignment, align, band_filtered, cut
from handsetctl.measure.errors import NoSpeechError

Floats = npt.NDArray[np.float64]

# Levels are compared where wide-band codecs have something to say, sibilants included.
_BAND_HZ = (150.0, 6800.0)
_WINDOW_S = 0.006
_HOP_S = 0.001
# Speech begins with the first sound this far below the loud ones. Later, the soft remains of sound
# inside short pauses still tell whether anything was heard.
_ONSET_DB = 25.0
_AUDIBLE_DB = 45.0
# Heard frames within this range of the spoken level count as that speech.
_TOO_SOFT_DB = -11.0
_TOO_LOUD_DB = 15.0
# Speech counts as heard from where, for this much active time, most of it is there.
_SUSTAINED_S = 0.040
_SUSTAINED_SHARE = 0.75


@dataclass(frozen=True)
class Clipping:
    """clipped_ms: missing beginning of the speech, 0 when all of it was heard.

    heard: False when the press was not heard at all; clipped_ms is then all of its speech.
    """

    clipped_ms: float
    delay_ms: float
    confidence: float
    heard: bool


def first_syllable_clipped(
    spoken: Signal, heard: Signal, rate_hz: int, max_delay_ms: float = 1000.0
) -> Clipping:
    """Missing beginning of one press (int16[n] each on one timeline), resolution 1 ms.

    The rest of the speech gives the delay; then the short-time levels of both, 6 ms windows in
    the codec's band, tell from when on the heard signal follows the spoken one. On coded speech
    good to 10 ms; when the speech sets in during an inaudible pause, the pause counts as missing.
    Raises NoSpeechError.
    """
    bursts = speech_bursts(spoken, rate_hz)
    if not bursts:
        raise NoSpeechError("nothing is spoken in this press: there is no beginning to clip")
    whole = Burst(bursts[0].start, bursts[-1].end)
    alignment = align(spoken, heard, rate_hz, max_delay_ms, bursts=[whole])
    return clipping_of(spoken, heard, rate_hz, alignment)


def clipping_of(spoken: Signal, heard: Signal, rate_hz: int, alignment: Alignment) -> Clipping:
    """The same for a press that is aligned already: `alignment` covers this one press."""
    first = alignment.bursts[0]
    margin = round(0.02 * rate_hz)
    start = max(0, first.burst.start - margin)
    length = alignment.bursts[-1].burst.end - start
    delay_ms = first.delay_ms if first.heard else alignment.delay_ms
    spoken_part = spoken[start : start + length].astype(np.float64)
    heard_part = cut(heard, start + delay_ms * rate_hz / 1000, length)

    active, present = _follow(spoken_part, heard_part, rate_hz)
    missing = _missing_frames(active, present)
    total_ms = active.size * _HOP_S * 1000
    is_heard = alignment.confidence >= HEARD_CONFIDENCE and missing is not None
    clipped_ms = missing * _HOP_S * 1000 if is_heard and missing is not None else total_ms
    return Clipping(clipped_ms, delay_ms, first.confidence, is_heard)


def _follow(
    spoken: Floats, heard: Floats, rate_hz: int
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """For each 1 ms from the first sound on: is there speech, and does `heard` follow it?"""
    window, hop = round(_WINDOW_S * rate_hz), max(1, round(_HOP_S * rate_hz))
    spoken_power = frame_power(band_filtered(spoken, rate_hz, _BAND_HZ), window, hop)
    heard_power = frame_power(band_filtered(heard, rate_hz, _BAND_HZ), window, hop)
    loud = float(np.percentile(spoken_power, 90))
    firm = spoken_power > loud * 10 ** (-_ONSET_DB / 10)
    active = spoken_power > loud * 10 ** (-_AUDIBLE_DB / 10)
    ratio_db = 10 * np.log10((heard_power + 1e-3) / (spoken_power + 1e-3))
    # The coding noise of a codec may be louder than the softest sounds.
    present = (ratio_db > _TOO_SOFT_DB) & ((ratio_db < _TOO_LOUD_DB) | ~firm)
    onset = int(np.argmax(firm))
    return active[onset:], present[onset:]


def _missing_frames(active: npt.NDArray[np.bool_], present: npt.NDArray[np.bool_]) -> int | None:
    """Frames before the first from which speech is heard for a while; None when never."""
    where = np.flatnonzero(active)
    need = round(_SUSTAINED_S / _HOP_S)
    if where.size == 0:
        return None
    need = min(need, where.size)
    heard_count = np.concatenate(([0], np.cumsum(present[where])))
    sustained = (heard_count[need:] - heard_count[:-need]) >= _SUSTAINED_SHARE * need
    starts = np.flatnonzero(sustained & present[where][: sustained.size])
    return int(where[starts[0]]) if starts.size else None
