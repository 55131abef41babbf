"""One press under the magnifying glass: button, floor, what was said, what was heard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from handsetctl.measure.align import BurstDelay
from handsetctl.report.events import Event, Press, handsets, presses
from handsetctl.report.pictures import style as look
from handsetctl.report.pictures.signals import full_scale
from handsetctl.report.pictures.style import Picture, bare, style, to_svg

Samples = npt.NDArray[np.int16]

_BEFORE_S = 0.12
_AFTER_S = 0.88


def press_picture(
    events: Sequence[Event],
    spoken: Samples,
    heard: Samples,
    rate_hz: int,
    bursts: Sequence[BurstDelay],
) -> Picture | None:
    """The press with the median access time; None when no press was granted."""
    last_s = max(spoken.size, heard.size) / rate_hz
    granted = [
        press
        for who in handsets(events)
        for press in presses(events, who, last_s)
        if press.permission_s is not None
    ]
    if not granted:
        return None
    granted.sort(key=lambda press: (press.access_ms or 0.0, press.press_s))
    press = granted[(len(granted) - 1) // 2]
    burst = _burst_of(press, bursts, rate_hz)
    with style():
        figure = Figure(figsize=(11.2, 3.5))
        rows = figure.subplots(4, 1, sharex=True, height_ratios=[0.5, 0.5, 1, 1])
        figure.subplots_adjust(left=0.13, right=0.985, top=0.98, bottom=0.11, hspace=0.12)
        _draw_states(rows, press)
        peak = full_scale(
            _part(spoken, rate_hz, press.press_s), _part(heard, rate_hz, press.press_s)
        )
        _draw_part(rows[2], spoken, rate_hz, press.press_s, look.SPOKEN, peak)
        _draw_part(rows[3], heard, rate_hz, press.press_s, look.HEARD, peak)
        if burst is not None:
            _mark_delay(rows, burst, rate_hz, press.press_s)
        for axes, label in zip(rows, ("PTT button", "floor", "spoken", "heard"), strict=True):
            axes.text(
                -0.01, 0.5, label, transform=axes.transAxes, ha="right", va="center", color=look.INK
            )
            axes.set_xlim(-1000 * _BEFORE_S, 1000 * _AFTER_S)
        rows[3].xaxis.set_major_formatter("{x:g} ms")
        rows[3].spines["bottom"].set_visible(True)
        for axes in rows[:3]:
            axes.tick_params(bottom=False, labelbottom=False)
        svg = to_svg(figure)
    return Picture(svg, _in_words(press, burst))


def _draw_states(rows: Sequence[Axes], press: Press) -> None:
    release = min(1000 * (press.release_s - press.press_s), 1000 * _AFTER_S)
    access = press.access_ms or 0.0
    rows[0].barh(0.5, release, left=0, height=0.5, color=look.INK, linewidth=0)
    rows[1].barh(0.5, access, left=0, height=0.5, color=look.PENDING, linewidth=0)
    rows[1].barh(0.5, release - access, left=access, height=0.5, color=look.PASS, linewidth=0)
    text = f"may talk after {access:.0f} ms"
    rows[1].text(access + 8, 0.48, text, color="white", va="center", fontweight="bold")
    for axes in rows:
        bare(axes)
        axes.spines["bottom"].set_visible(False)
        axes.axvline(0, color=look.MUTED, linewidth=0.8, zorder=0)
        axes.axvline(access, color=look.PASS, linewidth=0.8, linestyle=(0, (3, 2)), zorder=0)
    for axes in rows[:2]:
        axes.set_ylim(0, 1)


def _part(samples: Samples, rate_hz: int, press_s: float) -> Samples:
    start = round((press_s - _BEFORE_S) * rate_hz)
    stop = round((press_s + _AFTER_S) * rate_hz)
    return samples[max(0, start) : max(0, stop)]


def _draw_part(
    axes: Axes, samples: Samples, rate_hz: int, press_s: float, colour: str, peak: float
) -> None:
    part = _part(samples, rate_hz, press_s)
    start = max(0, round((press_s - _BEFORE_S) * rate_hz))
    step = max(1, part.size // 2600)
    n = part.size // step * step
    blocks = part[:n].reshape(-1, step)
    times = 1000 * ((start + np.arange(0, n, step)) / rate_hz - press_s)
    axes.fill_between(
        np.round(times, 2),
        np.round(blocks.min(axis=1) / peak, 3),
        np.round(blocks.max(axis=1) / peak, 3),
        color=colour,
        linewidth=0.5,
    )
    axes.set_ylim(-1.1, 1.1)


def _burst_of(press: Press, bursts: Sequence[BurstDelay], rate_hz: int) -> BurstDelay | None:
    """The first burst heard that begins during the press, in view."""
    for item in bursts:
        start_s = item.burst.start / rate_hz
        if item.heard and press.press_s - 0.05 <= start_s <= press.press_s + 0.6 * _AFTER_S:
            return item
    return None


def _mark_delay(rows: Sequence[Axes], item: BurstDelay, rate_hz: int, press_s: float) -> None:
    """A bracket between a moment of the spoken burst and the same moment heard."""
    onset = 1000 * (item.burst.start / rate_hz - press_s)
    arrives = onset + item.delay_ms
    rows[2].plot([onset, onset], [-1.1, 0.95], color=look.SPOKEN, linewidth=1.2)
    rows[3].plot([arrives, arrives], [-0.95, 1.1], color=look.HEARD, linewidth=1.2)
    rows[3].annotate(
        "",
        (arrives, 0.86),
        (onset, 0.86),
        arrowprops={"arrowstyle": "->", "color": look.INK, "linewidth": 1.0},
    )
    rows[3].text(onset - 6, 0.86, f"mouth to ear {item.delay_ms:.0f} ms", ha="right", va="center")


def _in_words(press: Press, item: BurstDelay | None) -> str:
    text = f"One press in detail: talk permission {press.access_ms or 0:.0f} ms after the PTT edge"
    if item is None:
        return f"{text}."
    return f"{text}; the speech is heard {item.delay_ms:.0f} ms after it was spoken."
