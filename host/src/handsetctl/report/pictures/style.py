"""Colours, type and the way pictures leave matplotlib; shared by all pictures and the page."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

INK = "#17202b"
MUTED = "#5c6876"
RULE = "#d8dee6"
PAPER = "#ffffff"
SPOKEN = "#1b62ab"
HEARD = "#c4520f"
PENDING = "#e3a62f"
GEO = "#6a4aa5"
GEO_SOFT = "#d9d0ea"
PASS = "#17744a"
FAIL = "#b3261e"

# Two hues of one lightness ramp: told apart also in grey print and with colour blindness.
SPECTRUM = LinearSegmentedColormap.from_list(
    "ink", ["#ffffff", "#dfe9f3", "#9cbfe0", "#3f83c4", "#14477f", "#081c36"]
)

PAGE_FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_SETTINGS: Any = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
}


@dataclass(frozen=True)
class Picture:
    """A finished picture: SVG text, what it shows in words, and where time runs across it.

    time_axis: (left, right) of the time axis as fractions of the width, and (first, last) second.
    """

    svg: str
    alt: str
    time_axis: tuple[float, float, float, float] | None = None


@contextmanager
def style() -> Iterator[None]:
    """Our settings for everything drawn inside; nothing of the caller's is changed."""
    with matplotlib.rc_context(_SETTINGS):
        yield


def to_svg(figure: Figure) -> str:
    """The figure as SVG that uses the fonts of the page and is the same every time."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    return text.replace("'DejaVu Sans'", PAGE_FONTS.replace('"', "'"))


def seconds_axis(axes: Axes, first_s: float, last_s: float) -> None:
    """A time axis in whole, readable steps."""
    axes.set_xlim(first_s, last_s)
    span = max(last_s - first_s, 1e-3)
    step = next(
        s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1e9) if span / s <= 13
    )
    ticks = []
    tick = step * -(-first_s // step)
    while tick <= last_s + 1e-9:
        ticks.append(tick)
        tick += step
    axes.set_xticks(ticks, [f"{t:g} s" for t in ticks])


def bare(axes: Axes) -> None:
    """No frame, no ticks: for pictures inside pictures."""
    axes.set_yticks([])
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
