"""The call as lanes of bars: buttons, floor, speech, geolocation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from handsetctl.report.events import (
    DENIED,
    FLOOR_IDLE,
    GEO_FIX,
    GEO_OFF,
    GEO_ON,
    PENDING,
    POSITION,
    PTT_PRESS,
    PTT_RELEASE,
    TALK_PERMISSION,
    Event,
    Span,
    handsets,
    spans,
)
from handsetctl.report.pictures import style as look
from handsetctl.report.pictures.style import Picture, seconds_axis, style, to_svg

_BAR = 0.56


@dataclass
class Lane:
    """One row: bars by colour (painted in order), and single moments."""

    label: str
    bars: list[tuple[Span, str]] = field(default_factory=list)
    dots: list[tuple[float, str]] = field(default_factory=list)


def timeline_picture(
    events: Sequence[Event],
    spoken: Sequence[Span],
    heard: Sequence[Span],
    last_s: float,
) -> Picture:
    """All lanes from 0 to last_s. spoken, heard: stretches of speech found in the audio."""
    lanes = lanes_of(events, spoken, heard, last_s)
    left, right = 0.13, 0.985
    with style():
        height = 0.75 + 0.4 * len(lanes)
        figure = Figure(figsize=(11.2, height))
        axes = figure.subplots()
        figure.subplots_adjust(left=left, right=right, top=1 - 0.05 / height, bottom=0.62 / height)
        draw_lanes(axes, lanes, least_s=last_s / 700)
        seconds_axis(axes, 0.0, last_s)
        _legend(figure, lanes)
        svg = to_svg(figure)
    return Picture(svg, _in_words(events, last_s), (left, right, 0.0, last_s))


def lanes_of(
    events: Sequence[Event], spoken: Sequence[Span], heard: Sequence[Span], last_s: float
) -> list[Lane]:
    """Lanes from top to bottom; handsets without a lane of a sort get none."""
    lanes = []
    for who in handsets(events):
        button = spans(events, who, [PTT_PRESS], [PTT_RELEASE], last_s)
        pending = spans(
            events,
            who,
            [PTT_PRESS, PENDING],
            [TALK_PERMISSION, DENIED, PTT_RELEASE, FLOOR_IDLE],
            last_s,
        )
        talk = spans(events, who, [TALK_PERMISSION], [FLOOR_IDLE, PTT_RELEASE], last_s)
        if button:
            lanes.append(Lane(f"{who}  PTT button", [(span, look.INK) for span in button]))
        if pending or talk:
            bars = [(span, look.PENDING) for span in pending] + [(s, look.PASS) for s in talk]
            lanes.append(Lane(f"{who}  floor", bars))
    lanes.append(Lane("spoken", [(span, look.SPOKEN) for span in spoken]))
    lanes.append(Lane("heard", [(span, look.HEARD) for span in heard]))
    for who in handsets(events):
        on = spans(events, who, [GEO_ON], [GEO_OFF], last_s)
        fix = spans(events, who, [GEO_FIX], [GEO_OFF], last_s)
        dots = [(e.t_s, look.INK) for e in events if e.who == who and e.kind == POSITION]
        if on or fix or dots:
            bars = [(span, look.GEO_SOFT) for span in on] + [(span, look.GEO) for span in fix]
            name = "geolocation" if bars else "positions seen"
            lanes.append(Lane(f"{who}  {name}", bars, dots))
    return lanes


def draw_lanes(axes: Axes, lanes: Sequence[Lane], least_s: float) -> None:
    """Bars never get thinner than least_s, so that short ones can still be seen."""
    for row, lane in enumerate(reversed(lanes)):
        axes.axhline(row, color=look.RULE, linewidth=0.7, zorder=0)
        for span, colour in lane.bars:
            width = max(span.end_s - span.start_s, least_s)
            axes.barh(row, width, left=span.start_s, height=_BAR, color=colour, linewidth=0)
        if lane.dots:
            times = [moment for moment, _ in lane.dots]
            axes.scatter(
                times,
                [row] * len(times),
                s=20,
                color="white",
                edgecolors=lane.dots[0][1],
                linewidths=1.1,
                zorder=3,
            )
    axes.set_ylim(-0.6, len(lanes) - 0.4)
    axes.set_yticks(range(len(lanes)), [lane.label for lane in reversed(lanes)], color=look.INK)
    axes.spines["left"].set_visible(False)


def _legend(figure: Figure, lanes: Sequence[Lane]) -> None:
    """One line of keys below the axis, only for what is on the picture."""
    used = {colour for lane in lanes for _, colour in lane.bars}
    keys = {
        "asking for the floor": look.PENDING,
        "may talk": look.PASS,
        "receiver on": look.GEO_SOFT,
        "position known": look.GEO,
    }
    handles: list[Artist] = [
        Patch(color=colour, label=text) for text, colour in keys.items() if colour in used
    ]
    if any(lane.dots for lane in lanes):
        dot = Line2D([], [], linestyle="", marker="o", label="position report")
        dot.set_markerfacecolor("white")
        dot.set_markeredgecolor(look.INK)
        handles.append(dot)
    if handles:
        figure.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(0.122, 0.0),
            ncols=len(handles),
            frameon=False,
            labelcolor=look.MUTED,
            handlelength=0.9,
            handleheight=0.9,
            columnspacing=2.2,
        )


def _in_words(events: Sequence[Event], last_s: float) -> str:
    counts = {
        name: sum(event.kind == kind for event in events)
        for name, kind in (
            ("PTT presses", PTT_PRESS),
            ("talk permissions", TALK_PERMISSION),
            ("position reports", POSITION),
        )
    }
    listed = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"Timeline of {last_s:.0f} s in lanes, one for each button, floor and voice: {listed}."
