"""Indicator contract of virtual boards: outputs that the bench watches."""

from ports.virtual.pins import Pins


class Indicator:
    def __init__(self, pins: Pins) -> None:
        self._pins = pins

    def show(self, state: str) -> None:
        self._pins.set("led", state)

    def show_geo(self, state: str) -> None:
        self._pins.set("geo_led", state)

    def ready(self) -> None:
        self._pins.set("ready", 1)
