"""Indicator contract on ESP32: everything of a board that shows, at once."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Indicators:
    """Passes each state on to every part (lamp, display), which keeps the same contract."""

    def __init__(self, *parts: "Any") -> None:
        self._parts = parts

    def show(self, state: str) -> None:
        for part in self._parts:
            part.show(state)

    def show_geo(self, state: str) -> None:
        for part in self._parts:
            part.show_geo(state)

    def ready(self) -> None:
        for part in self._parts:
            part.ready()
