"""Buttons contract on ESP32: keys between a pin and ground, and keys of a keyboard.

The interrupt only notes level and instant in a ring; `ports.common.debounce` judges them. The scan
delivers the result and finds what an interrupt missed: MicroPython drops a callback when its queue
of eight is full, and a lost release would keep the microphone open. A press that begins and ends
while one driver call keeps the interpreter busy is seen only if it outlasts that call; no call here
takes longer than a few milliseconds.
"""

import time

from machine import Pin

from ports.common.debounce import Keys
from ports.esp32.waiting import wake_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ports.esp32.keyboard import Keyboard

_SETTLE_MS = 8
_SCAN_MS = 5
_KEYBOARD_SCANS = 10  # a scan of the keyboard for so many of the pins


class Buttons:
    """`gpios`: name -> GPIO. `keyboard`: further keys, which have no release of their own."""

    def __init__(self, gpios: dict, keyboard: "Keyboard | None" = None) -> None:
        self._names = tuple(gpios)
        self._pins = tuple(Pin(gpio, Pin.IN, Pin.PULL_UP) for gpio in gpios.values())
        self._keyboard = keyboard
        self._scans = 0
        # A key of the keyboard that was pressed and has not been "released" yet.
        self._typed = ""
        self._keys = Keys(
            tuple(pin.value() == 0 for pin in self._pins),
            time.ticks_ms(),
            time.ticks_diff,
            _SETTLE_MS,
        )
        for key, pin in enumerate(self._pins):
            pin.irq(self._handler(key), Pin.IRQ_FALLING | Pin.IRQ_RISING)

    def next_edge(self) -> tuple:  # a coroutine, see waiting.py
        while True:
            edge = self._edge()
            if edge:
                return edge
            wake_in(_SCAN_MS)
            yield

    def _handler(self, key: int) -> "Callable[[Pin], None]":
        keys = self._keys

        def changed(pin: Pin) -> None:
            keys.edge(key, pin.value() == 0, time.ticks_ms())

        return changed

    def _edge(self) -> tuple | None:
        now_ms = time.ticks_ms()
        for key in range(len(self._pins)):
            self._keys.sample(key, self._pins[key].value() == 0, now_ms)
        edge = self._keys.next_edge(now_ms)
        if edge >= 0:
            return self._names[edge >> 1], bool(edge & 1)
        return self._keyboard_edge(self._keyboard) if self._keyboard else None

    def _keyboard_edge(self, keyboard: "Keyboard") -> tuple | None:
        if self._typed:
            name, self._typed = self._typed, ""
            return name, False
        self._scans = (self._scans + 1) % _KEYBOARD_SCANS
        if not self._scans:
            self._typed = keyboard.pressed()
        return (self._typed, True) if self._typed else None


def gpios(pins: dict, names: tuple) -> dict:
    """Which GPIO each button of a board has: pin "button_X" or "key_X" of its board.toml."""
    found = {}
    for name in names:
        for pin in ("button_" + name, "key_" + name):
            if pin in pins:
                found[name] = pins[pin]
    return found
