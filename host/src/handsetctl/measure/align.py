"""How much later the heard speech is than the spoken speech.

Both signals lie on one timeline (sample index 0 is the same instant), so the delay found here
is the mouth-to-ear delay. It comes from the audio alone: a normalised cross-correlation with a
sub-sample peak, in the band where speech codecs keep the waveform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsetctl.measure.activity import Burst, Signal, speech_bursts
from handsetctl.measure.errors import NoSpeechError

Floats = npt.NDArray[np.float64]

HEARD_CONFIDENCE = 0.3
"""From this confidence on the burst was heard. Unrelated noise stays below 0.15."""

# Speech codecs follow the waveform up to about here; above they only shape noise.
_BAND_HZ = (150.0, 3400.0)
_WHITENING = 0.5


@dataclass(frozen=True)
class BurstDelay:
    """One burst of speech and when it was heard.

    confidence: 0..1, the correlation coefficient of spoken and heard at this delay.
    """

    burst: Burst
    delay_ms: float
    confidence: float

    @property
    def heard(self) -> bool:
        return self.confidence >= HEARD_CONFIDENCE


@dataclass(frozen=True)
class Alignment:
    """Delay of the whole recording, and of each burst in it."""

    delay_ms: float
    confidence: float
    bursts: tuple[BurstDelay, ...]

    @property
    def heard_bursts(self) -> tuple[BurstDelay, ...]:
        return tuple(item for item in self.bursts if item.heard)


def align(
    spoken: Signal,
    heard: Signal,
    rate_hz: int,
    max_delay_ms: float = 1000.0,
    min_delay_ms: float = -50.0,
    bursts: Sequence[Burst] | None = None,
) -> Alignment:
    """Delays of `heard` against `spoken` (int16[n], lengths may differ), globally and by burst.

    `bursts` are found in `spoken` when not given. Raises NoSpeechError when there are none.
    A burst that was not heard is kept, with the confidence of the best guess (see `heard`).
    """
    found = list(bursts) if bursts is not None else speech_bursts(spoken, rate_hz)
    if not found:
        raise NoSpeechError("the spoken signal has no burst of speech of 0.3 s: nothing to align")
    whole = Burst(found[0].start, found[-1].end)
    delay_ms, confidence = _delay(spoken, heard, rate_hz, whole, min_delay_ms, max_delay_ms)
    each = tuple(
        BurstDelay(burst, *_delay(spoken, heard, rate_hz, burst, min_delay_ms, max_delay_ms))
        for burst in found
    )
    heard_ones = [item for item in each if item.heard]
    if heard_ones and confidence < HEARD_CONFIDENCE:
        # Delays that differ from burst to burst blur the correlation of the whole.
        delay_ms = float(np.median([item.delay_ms for item in heard_ones]))
        confidence = float(np.median([item.confidence for item in heard_ones]))
    return Alignment(delay_ms, confidence, each)


def aligned_pair(
    spoken: Signal, heard: Signal, rate_hz: int, alignment: Alignment, margin_s: float = 0.05
) -> tuple[Floats, Floats]:
    """The bursts one after the other, spoken and heard at the same index, float64[n] each.

    Every burst is shifted by its own delay, to a fraction of a sample. A burst that was not
    heard takes the delay of the recording, so that what is missing counts as missing.
    """
    margin = round(margin_s * rate_hz)
    spoken_parts: list[Floats] = []
    heard_parts: list[Floats] = []
    for item in alignment.bursts:
        start, end = max(0, item.burst.start - margin), min(spoken.size, item.burst.end + margin)
        delay_ms = item.delay_ms if item.heard else alignment.delay_ms
        spoken_parts.append(spoken[start:end].astype(np.float64))
        heard_parts.append(cut(heard, start + delay_ms * rate_hz / 1000, end - start))
    return np.concatenate(spoken_parts), np.concatenate(heard_parts)


def cut(signal: Signal, start: float, length: int) -> Floats:
    """float64[length] of `signal` from a fractional sample index on, zeros outside of it."""
    first = int(np.floor(start))
    fraction = start - first
    pad = 32
    window = np.zeros(length + 2 * pad)
    lo, hi = max(0, first - pad), min(signal.size, first + length + pad)
    if hi > lo:
        window[lo - (first - pad) : hi - (first - pad)] = signal[lo:hi]
    if fraction:
        frequency = np.fft.rfftfreq(window.size)
        window = np.fft.irfft(
            np.fft.rfft(window) * np.exp(2j * np.pi * frequency * fraction), window.size
        )
    return window[pad : pad + length]


def band_filtered(signal: Floats, rate_hz: int, band_hz: tuple[float, float]) -> Floats:
    """`signal` (float64[n]) through a zero-phase band-pass with edges of about 60 Hz."""
    n_taps = 512
    frequency = np.fft.rfftfreq(n_taps, 1 / rate_hz)
    inside = ((frequency >= band_hz[0]) & (frequency <= band_hz[1])).astype(np.float64)
    return _filtered(signal, np.fft.fftshift(np.fft.irfft(inside)) * np.hanning(n_taps))


def _delay(
    spoken: Signal,
    heard: Signal,
    rate_hz: int,
    burst: Burst,
    min_delay_ms: float,
    max_delay_ms: float,
) -> tuple[float, float]:
    """(delay_ms, confidence) of one burst by normalised cross-correlation."""
    first_lag = int(np.floor(min_delay_ms * rate_hz / 1000))
    n_lags = int(np.ceil(max_delay_ms * rate_hz / 1000)) - first_lag + 1
    length = burst.end - burst.start
    reference = spoken[burst.start : burst.end].astype(np.float64)
    search = cut(heard, burst.start + first_lag, length + n_lags - 1)
    reference, search = _emphasised(reference, search, rate_hz)

    size = _fft_size(search.size + length)
    product = np.fft.rfft(search, size) * np.conj(np.fft.rfft(reference, size))
    correlation = np.fft.irfft(product, size)[:n_lags]
    running = np.concatenate(([0.0], np.cumsum(search**2)))
    energy = running[length : length + n_lags] - running[:n_lags]
    # A floor far below any speech keeps silence from dividing by zero.
    floor = 1e-9 * max(float(energy.max()), 1.0)
    coefficient = correlation / np.sqrt(
        np.maximum(energy, floor) * max(float(reference @ reference), 1.0)
    )
    peak = int(np.argmax(coefficient))
    lag = first_lag + peak + _sub_sample(coefficient, peak)
    return 1000.0 * lag / rate_hz, float(np.clip(coefficient[peak], 0.0, 1.0))


def _emphasised(reference: Floats, search: Floats, rate_hz: int) -> tuple[Floats, Floats]:
    """Both signals through one linear-phase filter that flattens the reference in the codec band.

    Flattening narrows the peak, which voiced speech would otherwise smear over its pitch period.
    """
    n_taps = 256
    frames = np.lib.stride_tricks.sliding_window_view(
        np.pad(reference, (0, max(0, n_taps - reference.size))), n_taps
    )[:: n_taps // 2]
    spectrum = np.mean(np.abs(np.fft.rfft(frames * np.hanning(n_taps), axis=1)) ** 2, axis=0)
    frequency = np.fft.rfftfreq(n_taps, 1 / rate_hz)
    inside = (frequency >= _BAND_HZ[0]) & (frequency <= _BAND_HZ[1])
    weight = np.where(inside, (spectrum + 1e-3 * spectrum.max() + 1e-12) ** (-_WHITENING / 2), 0.0)
    taps = np.fft.fftshift(np.fft.irfft(weight / weight.max())) * np.hanning(n_taps)
    return _filtered(reference, taps), _filtered(search, taps)


def _filtered(signal: Floats, taps: Floats) -> Floats:
    size = _fft_size(signal.size + taps.size)
    full = np.fft.irfft(np.fft.rfft(signal, size) * np.fft.rfft(taps, size), size)
    return full[taps.size // 2 : taps.size // 2 + signal.size]


def _sub_sample(values: Floats, peak: int) -> float:
    """Offset of the top of the parabola through the peak and its neighbours, -0.5..0.5."""
    if peak == 0 or peak == values.size - 1:
        return 0.0
    left, middle, right = values[peak - 1], values[peak], values[peak + 1]
    bend = left - 2 * middle + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0


def _fft_size(n: int) -> int:
    """The next power of two: fast for every length."""
    return 1 << max(1, int(n - 1).bit_length())
