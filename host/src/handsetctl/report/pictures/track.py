"""A sketch of the way walked: no tiles, no server, just metres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from handsetctl.report.events import Track
from handsetctl.report.pictures import style as look
from handsetctl.report.pictures.style import Picture, style, to_svg

_METRES_PER_DEGREE = 111_320.0

Points = list[tuple[float, float]]


def track_picture(tracks: Sequence[Track]) -> Picture | None:
    """Tracks as lines (the first: the way walked) and dots (others: what was received)."""
    drawn = [track for track in tracks if track.points]
    if not drawn:
        return None
    origin = drawn[0].points[0]
    ways = [(track.name, [to_metres(point, origin) for point in track.points]) for track in drawn]
    with style():
        figure = Figure(figsize=(11.2, 4.0))
        axes = figure.subplots()
        figure.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.01)
        _frame(axes, [point for _, way in ways for point in way])
        for index, (name, way) in enumerate(ways):
            _draw(axes, name, way, walked=index == 0 and len(ways) > 1)
        _scale_bar(axes)
        _north(axes)
        axes.legend(
            loc="upper left", frameon=False, labelcolor=look.INK, handlelength=1.4, fontsize=9.5
        )
        svg = to_svg(figure)
    return Picture(svg, _in_words(ways, origin))


def to_metres(point: tuple[float, float], origin: tuple[float, float]) -> tuple[float, float]:
    """(east, north) of (latitude, longitude) seen from origin; exact enough for a walk."""
    east = (point[1] - origin[1]) * _METRES_PER_DEGREE * math.cos(math.radians(origin[0]))
    return east, (point[0] - origin[0]) * _METRES_PER_DEGREE


def nice_length(width_m: float) -> float:
    """1, 2 or 5 times a power of ten, at most a quarter of the width."""
    if width_m <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(width_m / 4))
    return max(step * power for step in (1, 2, 5) if step * power <= width_m / 4)


def _frame(axes: Axes, points: Points) -> None:
    """Equal scales both ways, the tracks in the middle, at least 20 m across."""
    width, height = 11.2, 4.0
    xs, ys = [x for x, _ in points], [y for _, y in points]
    half_y = max((max(ys) - min(ys)) / 2, (max(xs) - min(xs)) / 2 * height / width, 10.0) * 1.3
    middle_x, middle_y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    axes.set_xlim(middle_x - half_y * width / height, middle_x + half_y * width / height)
    axes.set_ylim(middle_y - half_y, middle_y + half_y)
    step = nice_length(2 * half_y * width / height)
    for edges, line in ((axes.get_xlim(), axes.axvline), (axes.get_ylim(), axes.axhline)):
        at = math.ceil(edges[0] / step) * step
        while at < edges[1]:
            line(at, color=look.RULE, linewidth=0.6, zorder=0)
            at += step
    axes.set_xticks([])
    axes.set_yticks([])
    for side in ("left", "right", "top", "bottom"):
        axes.spines[side].set_visible(True)


def _draw(axes: Axes, name: str, way: Points, walked: bool) -> None:
    xs, ys = [x for x, _ in way], [y for _, y in way]
    if walked:
        axes.plot(xs, ys, color="#9aa5b1", linewidth=3.2, solid_capstyle="round", label=name)
        return
    axes.plot(xs, ys, color=look.GEO, linewidth=0.9, alpha=0.6)
    axes.scatter(
        xs, ys, s=28, color=look.GEO, edgecolors="white", linewidths=0.8, zorder=3, label=name
    )
    for (x, y), text in ((way[0], "start"), (way[-1], "end"))[: len(way)]:
        axes.annotate(
            text, (x, y), (7, 7), textcoords="offset points", color=look.INK, fontweight="bold"
        )


def _scale_bar(axes: Axes) -> None:
    first, last = axes.get_xlim()
    bottom, top = axes.get_ylim()
    length = nice_length(last - first)
    x, y = last - 0.02 * (last - first) - length, bottom + 0.06 * (top - bottom)
    axes.plot([x, x + length], [y, y], color=look.INK, linewidth=2.2, solid_capstyle="butt")
    label = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    axes.text(x + length / 2, y + 0.02 * (top - bottom), label, ha="center", va="bottom")


def _north(axes: Axes) -> None:
    axes.annotate(
        "N",
        (0.975, 0.95),
        (0.975, 0.80),
        xycoords="axes fraction",
        ha="center",
        va="center",
        fontweight="bold",
        arrowprops={"arrowstyle": "-|>", "color": look.INK, "linewidth": 1.1},
    )


def _in_words(ways: Sequence[tuple[str, Points]], origin: tuple[float, float]) -> str:
    parts = []
    for name, way in ways:
        length = sum(math.dist(a, b) for a, b in pairwise(way))
        parts.append(f"{name}: {len(way)} points over {length:.0f} m")
    return f"Map sketch from {origin[0]:.4f}, {origin[1]:.4f}, north up. " + "; ".join(parts) + "."
