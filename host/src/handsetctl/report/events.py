"""What happened during a call, on the timeline of its recordings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

PTT_PRESS = "ptt_press"
PENDING = "pending"
TALK_PERMISSION = "talk_permission"
DENIED = "denied"
PTT_RELEASE = "ptt_release"
FLOOR_IDLE = "floor_idle"
GEO_ON = "geo_on"
GEO_FIX = "geo_fix"
GEO_OFF = "geo_off"
POSITION = "position"

KINDS = (
    PTT_PRESS,
    PENDING,
    TALK_PERMISSION,
    DENIED,
    PTT_RELEASE,
    FLOOR_IDLE,
    GEO_ON,
    GEO_FIX,
    GEO_OFF,
    POSITION,
)


@dataclass(frozen=True)
class Event:
    """t_s: seconds since sample 0 of the recordings. kind: one of KINDS. who: which handset.

    What was spoken and heard needs no events: the audio tells. ValueError for an unknown kind.
    """

    t_s: float
    kind: str
    who: str = "A"
    note: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown event kind {self.kind!r}: known are {', '.join(KINDS)}")


@dataclass(frozen=True)
class Track:
    """A way on the map: (latitude, longitude) in degrees, in the order it was walked."""

    name: str
    points: Sequence[tuple[float, float]] = field(default_factory=tuple)


@dataclass(frozen=True)
class Span:
    """From start_s to end_s."""

    start_s: float
    end_s: float


@dataclass(frozen=True)
class Press:
    """One press of the PTT button; None for what did not happen during it."""

    press_s: float
    permission_s: float | None
    release_s: float

    @property
    def access_ms(self) -> float | None:
        return None if self.permission_s is None else 1000 * (self.permission_s - self.press_s)


def spans(
    events: Iterable[Event], who: str, starts: Sequence[str], ends: Sequence[str], last_s: float
) -> list[Span]:
    """Stretches of one handset from an event of `starts` to the next of `ends`.

    A start inside an open stretch changes nothing; a stretch still open ends at last_s.
    """
    found: list[Span] = []
    open_s: float | None = None
    for event in sorted(events, key=lambda item: item.t_s):
        if event.who != who:
            continue
        if open_s is None and event.kind in starts:
            open_s = event.t_s
        elif open_s is not None and event.kind in ends:
            found.append(Span(open_s, event.t_s))
            open_s = None
    if open_s is not None:
        found.append(Span(open_s, max(open_s, last_s)))
    return found


def presses(events: Iterable[Event], who: str, last_s: float) -> list[Press]:
    """All presses of one handset with their talk permissions."""
    ordered = sorted((event for event in events if event.who == who), key=lambda e: e.t_s)
    found = []
    for span in spans(ordered, who, [PTT_PRESS], [PTT_RELEASE], last_s):
        granted = [
            event.t_s
            for event in ordered
            if event.kind == TALK_PERMISSION and span.start_s <= event.t_s <= span.end_s
        ]
        found.append(Press(span.start_s, granted[0] if granted else None, span.end_s))
    return found


def handsets(events: Iterable[Event]) -> list[str]:
    """Names of all handsets that did something, sorted."""
    return sorted({event.who for event in events})
