"""What was said over what was heard: waveforms and spectrograms on one time axis."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from handsetctl.report.pictures.style import (
    HEARD,
    RULE,
    SPECTRUM,
    SPOKEN,
    Picture,
    bare,
    seconds_axis,
    style,
    to_svg,
)

Samples = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]

_COLUMNS = 1400
_FFT = 512
_RANGE_DB = 65.0


def signals_picture(spoken: Samples, heard: Samples, rate_hz: int) -> Picture:
    """Four bands under each other (int16[n] on one timeline), full length."""
    last_s = max(spoken.size, heard.size) / rate_hz
    left, right = 0.075, 0.995
    with style():
        figure = Figure(figsize=(11.2, 6.3))
        rows = figure.subplots(4, 1, sharex=True, height_ratios=[1, 1, 1.25, 1.25])
        figure.subplots_adjust(left=left, right=right, top=0.99, bottom=0.06, hspace=0.14)
        peak = full_scale(spoken, heard)
        draw_wave(rows[0], spoken, rate_hz, SPOKEN, peak)
        draw_wave(rows[1], heard, rate_hz, HEARD, peak)
        draw_spectrum(rows[2], spoken, rate_hz)
        draw_spectrum(rows[3], heard, rate_hz)
        for axes, text, colour in zip(
            rows,
            ("spoken", "heard", "spoken", "heard"),
            (SPOKEN, HEARD, SPOKEN, HEARD),
            strict=True,
        ):
            axes.text(
                -0.058,
                0.5,
                text,
                transform=axes.transAxes,
                rotation=90,
                va="center",
                ha="center",
                color=colour,
                fontweight="bold",
            )
        seconds_axis(rows[3], 0.0, last_s)
        for axes in rows[:3]:
            axes.tick_params(bottom=False, labelbottom=False)
        svg = to_svg(figure)
    alt = (
        f"Waveforms and spectrograms of {last_s:.0f} s: on top the speech spoken into the "
        "microphone, below it the speech heard at the other handset, on one time axis."
    )
    return Picture(svg, alt, (left, right, 0.0, last_s))


def draw_wave(axes: Axes, samples: Samples, rate_hz: int, colour: str, peak: float) -> None:
    """The envelope (lowest and highest sample of each column) against time."""
    columns = min(_COLUMNS, max(1, samples.size))
    edges = np.linspace(0, samples.size, columns + 1).astype(int)[:-1]
    if samples.size == 0:
        samples, edges = np.zeros(1, np.int16), np.zeros(1, int)
    low = np.minimum.reduceat(samples, edges) / peak
    high = np.maximum.reduceat(samples, edges) / peak
    times = edges / rate_hz
    axes.axhline(0, color=RULE, linewidth=0.6, zorder=0)
    axes.fill_between(
        np.round(times, 4), np.round(low, 3), np.round(high, 3), color=colour, linewidth=0.25
    )
    axes.set_ylim(-1.05, 1.05)
    bare(axes)
    axes.spines["bottom"].set_visible(False)


def draw_spectrum(axes: Axes, samples: Samples, rate_hz: int, columns: int = _COLUMNS) -> None:
    """Power in dB against time and frequency, 0 to half the rate."""
    levels = spectrogram_db(samples, rate_hz, columns)
    axes.imshow(
        levels,
        origin="lower",
        aspect="auto",
        cmap=SPECTRUM,
        vmin=-_RANGE_DB,
        vmax=0,
        extent=(0.0, max(samples.size, 1) / rate_hz, 0.0, rate_hz / 2000),
        interpolation="none",
    )
    top = rate_hz / 2000
    axes.set_yticks([0, top / 2, top], ["0", f"{top / 2:g}", f"{top:g} kHz"])
    axes.tick_params(axis="y", labelsize=8)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)


def spectrogram_db(samples: Samples, rate_hz: int, columns: int) -> Floats:
    """float64[bins, columns] dB below a fixed reference near the loudest speech (0 dB)."""
    signal = samples.astype(np.float64) / 32768
    hop = max(_FFT // 4, 1)
    padded = np.pad(signal, (_FFT // 2, _FFT))
    n_frames = max(1, (padded.size - _FFT) // hop)
    window = np.hanning(_FFT)
    power = np.empty((n_frames, _FFT // 4))
    for start in range(0, n_frames, 4096):
        stop = min(start + 4096, n_frames)
        frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[
            start * hop : (stop - 1) * hop + 1 : hop
        ]
        spectrum = np.abs(np.fft.rfft(frames * window, axis=1)[:, : _FFT // 2]) ** 2
        power[start:stop] = spectrum.reshape(stop - start, _FFT // 4, 2).mean(axis=2)
    edges = np.unique(np.linspace(0, n_frames, min(columns, n_frames) + 1).astype(int)[:-1])
    counts = np.diff(np.append(edges, n_frames))[:, None]
    pooled = np.add.reduceat(power, edges, axis=0) / counts
    reference = (window.sum() * 0.06) ** 2
    levels: Floats = 10 * np.log10(pooled.T / reference + 1e-12)
    return levels


def full_scale(*signals: Samples) -> float:
    """One scale for all waveforms of a picture: the loudest sample of them."""
    return float(max([1000, *(int(np.abs(s.astype(np.int32)).max()) for s in signals if s.size)]))
