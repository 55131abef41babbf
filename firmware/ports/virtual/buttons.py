"""Buttons contract of virtual boards: their keys are already debounced."""

from ports.virtual.pins import Pins


class Buttons:
    def __init__(self, pins: Pins, names: tuple) -> None:
        self._pins = pins
        self._names = names
        # The bench announces keys that are down at power-on; that is a level, not an edge.
        pins.discard_waiting()

    async def next_edge(self) -> tuple:
        while True:
            name, value = await self._pins.next_edge()
            if name in self._names:
                return name, value == "1"
