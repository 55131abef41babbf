"""What happened when, for the report's timeline picture."""

from __future__ import annotations

from collections.abc import Sequence

from handsetctl.bench.interface import Bench
from handsetctl.demo.geolocation import Geolocation
from handsetctl.demo.presses import Press
from handsetctl.report import Event

_SHOWN = ("ptt", "led", "geo", "geo_led")


def timeline(
    bench: Bench, calm: Sequence[Press], hasty: Sequence[Press], geo: Geolocation
) -> list[Event]:
    """Edges of both handsets, speech and positions, in seconds since the first press."""
    presses = [*calm, *hasty]
    start_s = min(press.pressed_s for press in presses)
    events = [
        Event(edge.instant_s - start_s, name, edge.name, edge.value)
        for name, handset in bench.handsets.items()
        for edge in handset.history(since=start_s)
        if edge.name in _SHOWN
    ]
    for press in presses:
        end_s = press.speech_s + press.speech_duration_s
        events.append(Event(press.speech_s - start_s, "A", "speech", "1"))
        events.append(Event(end_s - start_s, "A", "speech", "0"))
    events += [Event(seen_s - start_s, "B", "position", "seen") for seen_s in geo.seen_s]
    return sorted(events, key=lambda event: event.at_s)
