"""The whole demonstration on one timeline: its sound, and what happened when."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from handsetctl.bench.interface import AUDIO_RATE_HZ, Bench, Edge, Samples
from handsetctl.demo.geolocation import Geolocation
from handsetctl.demo.presses import Press
from handsetctl.report import events
from handsetctl.report.events import Event

# (output or button, its value) -> kind of event.
_KINDS = {
    ("ptt", "1"): events.PTT_PRESS,
    ("ptt", "0"): events.PTT_RELEASE,
    ("led", "pending"): events.PENDING,
    ("led", "talk"): events.TALK_PERMISSION,
    ("led", "denied"): events.DENIED,
    ("led", "idle"): events.FLOOR_IDLE,
    ("geo_led", "on"): events.GEO_ON,
    ("geo_led", "fix"): events.GEO_FIX,
    ("geo_led", "off"): events.GEO_OFF,
}
_MARGIN_S = 0.5


class Session:
    """All presses and the walk after them; instants in seconds since `start_s`."""

    def __init__(self, bench: Bench, presses: Sequence[Press], geo: Geolocation) -> None:
        self._presses = presses
        self._geo = geo
        self.start_s = min(press.start_s for press in presses) - _MARGIN_S
        self.end_s = max(press.released_s for press in presses) + 2 * _MARGIN_S
        self._edges = {
            name: handset.history(since=self.start_s) for name, handset in bench.handsets.items()
        }

    def sound(self) -> tuple[Samples, Samples]:
        """Spoken and heard, int16[n] each, sample 0 at `start_s`; silence between the presses."""
        n_samples = round((self.end_s - self.start_s) * AUDIO_RATE_HZ)
        spoken, heard = np.zeros(n_samples, np.int16), np.zeros(n_samples, np.int16)
        for press in self._presses:
            at = round((press.start_s - self.start_s) * AUDIO_RATE_HZ)
            n_press = min(press.spoken.size, n_samples - at)
            spoken[at : at + n_press] += press.spoken[:n_press]
            heard[at : at + n_press] = press.heard[:n_press]
        return spoken, heard

    def events(self) -> list[Event]:
        """Keys, lights and positions of both handsets, in order of time."""
        found = [
            self._event(edge, name)
            for name, edges in self._edges.items()
            for edge in edges
            if (edge.name, edge.value) in _KINDS
        ]
        found += [Event(seen_s - self.start_s, events.POSITION, "B") for seen_s in self._geo.seen_s]
        return sorted(found, key=lambda event: event.t_s)

    def _event(self, edge: Edge, name: str) -> Event:
        return Event(edge.instant_s - self.start_s, _KINDS[edge.name, edge.value], name)
