"""The picture of a result in one look: verdict, figures, what was said and what was heard."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from handsetctl.measure.activity import speech_bursts
from handsetctl.report.figures import FIGURES, codec_name
from handsetctl.report.pictures import style as look
from handsetctl.report.pictures.signals import draw_spectrum, draw_wave, full_scale
from handsetctl.report.pictures.style import seconds_axis, style
from handsetctl.report.summary import headline, summary_row

Samples = npt.NDArray[np.int16]

MAX_BYTES = 290_000

_EXCERPT_S = 9.0
_WIDTH_IN, _HEIGHT_IN, _DPI = 12.0, 7.0, 125
_TILES = ("stoi", "pesq_wb", "access_time_ms.p95", "mouth_to_ear_ms.p95", "frames_lost")


def headline_png(report: Mapping[str, Any], spoken: Samples, heard: Samples, rate_hz: int) -> bytes:
    """PNG, 1500 x 875, under 300 kB: nine seconds of the call under its figures."""
    start_s = _start_of_excerpt(spoken, rate_hz)
    window = slice(round(start_s * rate_hz), round((start_s + _EXCERPT_S) * rate_hz))
    with style():
        figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN), dpi=_DPI, facecolor="white")
        FigureCanvasAgg(figure)
        _head(figure, report)
        _tiles(figure, report)
        _signals(figure, spoken[window], heard[window], rate_hz)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return _with_palette(Image.open(buffer).convert("RGB"))


def _with_palette(image: Image.Image) -> bytes:
    """PNG with as many colours as fit: the picture has few, a palette makes it a third."""
    content = b""
    for n_colours in (160, 64, 24):
        packed = io.BytesIO()
        reduced = image.quantize(n_colours, dither=Image.Dither.NONE)
        reduced.save(packed, format="PNG", optimize=True)
        content = packed.getvalue()
        if len(content) <= MAX_BYTES:
            break
    return content


def _start_of_excerpt(spoken: Samples, rate_hz: int) -> float:
    """Just before the first speech; never so late that the excerpt runs past the end."""
    bursts = speech_bursts(spoken, rate_hz)
    first_s = bursts[0].start / rate_hz - 0.3 if bursts else 0.0
    return max(0.0, min(first_s, spoken.size / rate_hz - _EXCERPT_S))


def _head(figure: Figure, report: Mapping[str, Any]) -> None:
    passed = bool(report["verdict"]["passed"])
    colour = look.PASS if passed else look.FAIL
    figure.text(0.035, 0.955, "✓" if passed else "✕", fontsize=22, color=colour, va="center")
    figure.text(
        0.065, 0.955, headline(report), fontsize=16, fontweight="bold", color=colour, va="center"
    )
    figure.text(
        0.975, 0.955, codec_name(report), fontsize=12, color=look.MUTED, va="center", ha="right"
    )


def _tiles(figure: Figure, report: Mapping[str, Any]) -> None:
    labels = {item.path: item.label for item in FIGURES}
    meanings = {item.path: item.meaning for item in FIGURES}
    left, width, gap = 0.035, 0.94, 0.014
    each = (width - gap * (len(_TILES) - 1)) / len(_TILES)
    for index, path in enumerate(_TILES):
        row = summary_row(report, path)
        axes = figure.add_axes((left + index * (each + gap), 0.745, each, 0.155))
        axes.set_xticks([])
        axes.set_yticks([])
        bad = row.passed is False
        for side in ("left", "right", "top", "bottom"):
            axes.spines[side].set_visible(True)
            axes.spines[side].set_color(look.FAIL if bad else look.RULE)
        axes.text(0.07, 0.82, labels[path], color=look.MUTED, va="center", fontsize=10.5)
        axes.text(
            0.07,
            0.48,
            row.value,
            color=look.FAIL if bad else look.INK,
            va="center",
            fontsize=21,
            fontweight="bold",
        )
        axes.text(
            0.07, 0.15, row.limit or meanings[path], color=look.MUTED, va="center", fontsize=9.5
        )


def _signals(figure: Figure, spoken: Samples, heard: Samples, rate_hz: int) -> None:
    last_s = max(spoken.size, heard.size, 1) / rate_hz
    peak = full_scale(spoken, heard)
    bands = (
        (0.575, 0.13, "spoken", spoken, look.SPOKEN, False),
        (0.425, 0.13, "heard", heard, look.HEARD, False),
        (0.24, 0.165, "spoken", spoken, look.SPOKEN, True),
        (0.055, 0.165, "heard", heard, look.HEARD, True),
    )
    for bottom, height, label, samples, colour, spectrum in bands:
        axes: Axes = figure.add_axes((0.075, bottom, 0.90, height))
        if spectrum:
            draw_spectrum(axes, samples, rate_hz, columns=900)
        else:
            draw_wave(axes, samples, rate_hz, colour, peak)
        seconds_axis(axes, 0.0, last_s)
        if bottom > 0.06:
            axes.tick_params(bottom=False, labelbottom=False)
        figure.text(
            0.04,
            bottom + height / 2,
            label,
            rotation=90,
            color=colour,
            fontweight="bold",
            va="center",
            ha="center",
            fontsize=10.5,
        )
