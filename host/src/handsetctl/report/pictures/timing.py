"""How long things took: every press and every burst as a dot, against the limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from handsetctl.measure.latency import percentiles
from handsetctl.report.pictures.style import (
    FAIL,
    HEARD,
    INK,
    MUTED,
    RULE,
    SPOKEN,
    Picture,
    style,
    to_svg,
)

_BIN_MS = 2.0


@dataclass(frozen=True)
class Strip:
    """One row of dots. limit_ms: None when there is none. n_missing: without a value."""

    label: str
    unit_of_one: str
    values_ms: Sequence[float]
    limit_ms: float | None
    colour: str
    n_missing: int = 0


def timing_picture(
    access_ms: Sequence[float],
    mouth_to_ear_ms: Sequence[float],
    access_limit_ms: float | None,
    mouth_to_ear_limit_ms: float | None,
    n_not_heard: int = 0,
) -> Picture:
    """Two rows of dots on one axis of milliseconds; rows without values say so."""
    strips = [
        Strip("Access time", "press", access_ms, access_limit_ms, SPOKEN),
        Strip("Mouth to ear", "burst", mouth_to_ear_ms, mouth_to_ear_limit_ms, HEARD, n_not_heard),
    ]
    largest = max(
        [100.0, *access_ms, *mouth_to_ear_ms, *(s.limit_ms for s in strips if s.limit_ms)]
    )
    with style():
        figure = Figure(figsize=(11.2, 3.1))
        rows = figure.subplots(2, 1, sharex=True)
        figure.subplots_adjust(left=0.13, right=0.965, top=0.97, bottom=0.12, hspace=0.2)
        for axes, strip in zip(rows, strips, strict=True):
            _draw(axes, strip)
        rows[1].set_xlim(0, largest * 1.16)
        rows[1].xaxis.set_major_formatter("{x:g} ms")
        rows[0].tick_params(bottom=False, labelbottom=False)
        svg = to_svg(figure)
    return Picture(svg, " ".join(_in_words(strip) for strip in strips))


def _draw(axes: Axes, strip: Strip) -> None:
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.text(
        -0.145, 0.62, strip.label, transform=axes.transAxes, fontweight="bold", color=strip.colour
    )
    axes.text(-0.145, 0.36, _counted(strip), transform=axes.transAxes, color=MUTED)
    if strip.n_missing:
        text = f"{strip.n_missing} not heard"
        axes.text(-0.145, 0.12, text, transform=axes.transAxes, color=FAIL)
    if strip.limit_ms is not None:
        axes.axvspan(strip.limit_ms, 1e6, color=FAIL, alpha=0.06, linewidth=0)
        axes.axvline(strip.limit_ms, color=FAIL, linewidth=1.2, linestyle=(0, (4, 2)))
        axes.annotate(
            f"limit {strip.limit_ms:g} ms",
            (strip.limit_ms, 0.92),
            (5, 0),
            textcoords="offset points",
            color=FAIL,
            va="top",
        )
    if not strip.values_ms:
        axes.text(0.01, 0.3, "not measured", transform=axes.transAxes, color=MUTED, style="italic")
        return
    xs, ys = _stacked(strip.values_ms)
    axes.scatter(
        xs, ys, s=26, color=strip.colour, alpha=0.75, linewidths=0.6, edgecolors="white", zorder=2
    )
    figures = percentiles(strip.values_ms)
    axes.plot([figures.minimum, figures.maximum], [0.06, 0.06], color=RULE, linewidth=4)
    close = abs(figures.p95 - figures.p50) < 12
    for name, value, align in (
        ("p50", figures.p50, "right" if close else "center"),
        ("p95", figures.p95, "left" if close else "center"),
    ):
        axes.plot([value, value], [0.0, 0.74], color=INK, linewidth=1.0, zorder=1)
        axes.text(
            value, 0.78, f" {name} {value:.0f} ", ha=align, va="bottom", color=INK, fontsize=9
        )


def _counted(strip: Strip) -> str:
    """Such as '1 press' or '22 bursts'."""
    count = len(strip.values_ms)
    plural = "" if count == 1 else ("es" if strip.unit_of_one.endswith("s") else "s")
    return f"{count} {strip.unit_of_one}{plural}"


def _stacked(values_ms: Sequence[float]) -> tuple[list[float], list[float]]:
    """Dots that fall into one bin stand on each other; many dots stand closer."""
    heights: dict[int, int] = {}
    xs, ys = [], []
    tallest = max(
        sum(1 for v in values_ms if round(v / _BIN_MS) == b)
        for b in {round(v / _BIN_MS) for v in values_ms}
    )
    step = min(0.12, 0.5 / tallest)
    for value in sorted(values_ms):
        level = heights.get(round(value / _BIN_MS), 0)
        heights[round(value / _BIN_MS)] = level + 1
        xs.append(round(value / _BIN_MS) * _BIN_MS)
        ys.append(0.18 + step * level)
    return xs, ys


def _in_words(strip: Strip) -> str:
    if not strip.values_ms:
        return f"{strip.label}: not measured."
    figures = percentiles(strip.values_ms)
    limit = f", limit {strip.limit_ms:g} ms" if strip.limit_ms is not None else ""
    return (
        f"{strip.label} of {figures.n}: median {figures.p50:.0f} ms, 95 % within "
        f"{figures.p95:.0f} ms, between {figures.minimum:.0f} and {figures.maximum:.0f} ms{limit}."
        + (f" {strip.n_missing} not heard." if strip.n_missing else "")
    )
