"""Indicator contract on the T-Deck's ST7789 display, 320 x 240: floor and geolocation as text on
coloured bands.

Commands: Sitronix, "ST7789V", section 9 "Command". A band is painted a few rows at a time by a task
of its own, so that nothing else waits for the display.
"""

import asyncio
import time

import framebuf
from machine import SPI, Pin

from ports.common import status_text
from ports.esp32.waiting import wake_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

_SPI = 1
_BAUD = 40_000_000
_WIDTH = 320
_GLYPH = 8
_SCALE = 2
_TEXT_CHARS = status_text.WIDTH_CHARS
_BAND_ROWS = 120
_TEXT_ROW = 48
_ROWS_A_TURN = 8
_IDLE_MS = 20
_WHITE = 0xFFFF

_SWRESET = 0x01
_SLPOUT = 0x11
_INVON = 0x21
_DISPON = 0x29
_CASET = 0x2A
_RASET = 0x2B
_RAMWR = 0x2C
_MADCTL = 0x36
_COLMOD = 0x3A
_LANDSCAPE = 0x60  # MX | MV
_RGB565 = 0x55
_RESET_MS = 150
_WAKE_MS = 120


class _Band:
    """Half of the screen: what it shows and how far it is painted."""

    def __init__(self, top: int) -> None:
        self.top = top
        self.text = ""
        self.colour = 0
        self.painted = 0

    def set(self, text: str, colour: int) -> None:
        self.text = text
        self.colour = colour
        self.painted = 0


class Tft:
    def __init__(self, pins: dict) -> None:
        self._spi = SPI(
            _SPI,
            baudrate=_BAUD,
            sck=Pin(pins["spi_sck"]),
            mosi=Pin(pins["spi_mosi"]),
            miso=Pin(pins["spi_miso"]),
        )
        self._cs = Pin(pins["display_cs"], Pin.OUT, value=1)
        self._dc = Pin(pins["display_dc"], Pin.OUT, value=1)
        self._backlight = Pin(pins["display_backlight"], Pin.OUT, value=0)
        self._row = bytearray(2 * _WIDTH)
        self._line = framebuf.FrameBuffer(self._row, _WIDTH, 1, framebuf.RGB565)
        glyphs = bytearray(_TEXT_CHARS * _GLYPH)
        self._text = framebuf.FrameBuffer(glyphs, _TEXT_CHARS * _GLYPH, _GLYPH, framebuf.MONO_HLSB)
        self._floor_band = _Band(0)
        self._geo_band = _Band(_BAND_ROWS)
        self._start()
        asyncio.create_task(self._run())

    def show(self, state: str) -> None:
        self._floor_band.set(status_text.floor_line(state), status_text.floor_colour565(state))

    def show_geo(self, state: str) -> None:
        self._geo_band.set(status_text.geo_line(state), status_text.geo_colour565(state))

    def ready(self) -> None:
        self._backlight.on()

    def _start(self) -> None:
        self._command(_SWRESET)
        time.sleep_ms(_RESET_MS)
        self._command(_SLPOUT)
        time.sleep_ms(_WAKE_MS)
        self._command(_COLMOD, bytes((_RGB565,)))
        self._command(_MADCTL, bytes((_LANDSCAPE,)))
        self._command(_INVON)
        self._command(_DISPON)

    def _run(self) -> "Generator[None, None, None]":  # a coroutine, see waiting.py
        while True:
            busy = self._paint(self._floor_band) or self._paint(self._geo_band)
            wake_in(0 if busy else _IDLE_MS)
            yield

    def _paint(self, band: _Band) -> bool:
        """The next rows of `band`; False when it is complete."""
        if band.painted >= _BAND_ROWS:
            return False
        first = band.painted
        # For every piece: the other band may have come in between.
        self._text.fill(0)
        self._text.text(band.text, 0, 0)
        band.painted = first + _ROWS_A_TURN
        self._window(band.top + first, band.top + band.painted - 1)
        for row in range(first, band.painted):
            self._draw_row(row - _TEXT_ROW, band.colour)
            self._data(self._row)
        return True

    def _draw_row(self, row: int, colour: int) -> None:
        """Row `row` of the text, enlarged, or only the background above and below it."""
        self._line.fill(_swapped(colour))
        if not 0 <= row < _GLYPH * _SCALE:
            return
        left = (_WIDTH - _TEXT_CHARS * _GLYPH * _SCALE) // 2
        for x in range(_TEXT_CHARS * _GLYPH):
            if self._text.pixel(x, row // _SCALE):
                self._line.hline(left + x * _SCALE, 0, _SCALE, _WHITE)

    def _window(self, first: int, last: int) -> None:
        self._command(_CASET, _range(0, _WIDTH - 1))
        self._command(_RASET, _range(first, last))
        self._command(_RAMWR)

    def _command(self, command: int, parameters: bytes = b"") -> None:
        self._dc.off()
        self._write(bytes((command,)))
        self._dc.on()
        if parameters:
            self._write(parameters)

    def _data(self, buf: bytearray) -> None:
        self._dc.on()
        self._write(buf)

    def _write(self, buf: bytes) -> None:
        self._cs.off()
        self._spi.write(buf)
        self._cs.on()


def _range(first: int, last: int) -> bytes:
    return bytes((first >> 8, first & 0xFF, last >> 8, last & 0xFF))


def _swapped(colour: int) -> int:
    """framebuf keeps RGB565 little-endian, the display wants its high byte first."""
    return (colour & 0xFF) << 8 | colour >> 8
