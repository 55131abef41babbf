"""Indicator contract on a single lamp: a plain LED, or a WS2812 (RGB with a chip of its own).

Dark until the application is ready. The patterns are in `ports.common.lamp`.
"""

import asyncio

import machine
from machine import Pin

from ports.common import lamp
from ports.esp32.waiting import wake_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

_TICK_MS = 20
# High and low of a 0 and of a 1, in ns: Worldsemi, "WS2812B" datasheet, "Data transfer time".
_WS2812_NS = (400, 850, 800, 450)
_ENCODING_HIGH_LOW = 0


class Led:
    """A plain LED between `gpio` and ground."""

    steps = staticmethod(lamp.plain)

    def __init__(self, gpio: int) -> None:
        self._pin = Pin(gpio, Pin.OUT, value=0)

    def light(self, value: int) -> None:
        self._pin.value(value)


class Ws2812:
    """One RGB lamp on a data line."""

    steps = staticmethod(lamp.colour)

    def __init__(self, gpio: int) -> None:
        self._pin = Pin(gpio, Pin.OUT, value=0)
        self._grb = bytearray(3)
        self.light((0, 0, 0))

    def light(self, value: tuple) -> None:
        red, green, blue = value
        self._grb[0] = green
        self._grb[1] = red
        self._grb[2] = blue
        machine.bitstream(self._pin, _ENCODING_HIGH_LOW, _WS2812_NS, self._grb)


class Lamp:
    """Plays the pattern for what was shown last, from its first step."""

    def __init__(self, part: "Led | Ws2812") -> None:
        self._light: "Callable[[Any], None]" = part.light
        self._steps_for = part.steps
        self._floor = "idle"
        self._geo = "off"
        self._steps = ()
        self._step = 0
        self._left_ms = 0
        asyncio.create_task(self._run())

    def show(self, state: str) -> None:
        self._floor = state
        if self._steps:
            self._restart()

    def show_geo(self, state: str) -> None:
        self._geo = state
        if self._steps:
            self._restart()

    def ready(self) -> None:
        self._restart()

    def _restart(self) -> None:
        self._steps = self._steps_for(self._floor, self._geo)
        self._begin(0)

    def _begin(self, step: int) -> None:
        self._step = step
        light, self._left_ms = self._steps[step]
        self._light(light)

    def _run(self) -> "Generator[None, None, None]":  # a coroutine, see waiting.py
        while True:
            self._left_ms -= _TICK_MS
            if self._steps and self._left_ms <= 0:
                self._begin((self._step + 1) % len(self._steps))
            wake_in(_TICK_MS)
            yield
