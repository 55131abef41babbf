"""Indicator contract on an SSD1306 OLED of 128 x 64 pixels on I2C: floor and geolocation as text.

Commands: Solomon Systech, "SSD1306", rev 1.1, section 9 "Command table", and the power-up sequence
of its application note (with the charge pump on).
"""

import framebuf

from ports.common import status_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import I2C

_ADDRESS = 0x3C
_CONTROL_COMMANDS = 0x00
_CONTROL_DATA = 0x40
_WIDTH = 128
_PAGES = 8
_FLOOR_PAGE = 1
_GEO_PAGE = 5

_SET_UP = (
    (0xAE,),  # display off
    (0xD5, 0x80),  # clock
    (0xA8, 0x3F),  # 64 rows
    (0xD3, 0x00),  # no offset
    (0x40,),  # start at row 0
    (0x8D, 0x14),  # charge pump on
    (0x20, 0x00),  # horizontal addressing
    (0xA1,),  # columns and rows turned: the connector is at the top
    (0xC8,),
    (0xDA, 0x12),  # COM pins: alternative
    (0x81, 0x9F),  # contrast
    (0xD9, 0xF1),  # pre-charge
    (0xDB, 0x40),  # V_COMH
    (0xA4,),  # from RAM
    (0xA6,),  # not inverted
    (0xAF,),  # display on
)
_COLUMNS = 0x21
_PAGES_FROM_TO = 0x22


class Oled:
    """A display that does not answer is counted and tried again with the next state: a loose wire
    must not take the radio away."""

    def __init__(self, i2c: "I2C") -> None:
        self._i2c = i2c
        self._row = bytearray(1 + _WIDTH)
        self._row[0] = _CONTROL_DATA
        self._text = framebuf.FrameBuffer(memoryview(self._row)[1:], _WIDTH, 8, framebuf.MONO_VLSB)
        self._is_set_up = False
        self._is_ready = False
        self._floor = "idle"
        self._geo = "off"
        self.errors = 0
        self._update(_FLOOR_PAGE, "")

    def show(self, state: str) -> None:
        self._floor = state
        if self._is_ready:
            self._update(_FLOOR_PAGE, status_text.floor_line(state))

    def show_geo(self, state: str) -> None:
        self._geo = state
        if self._is_ready:
            self._update(_GEO_PAGE, status_text.geo_line(state))

    def ready(self) -> None:
        self._is_ready = True
        self.show(self._floor)
        self.show_geo(self._geo)

    def _update(self, page: int, text: str) -> None:
        try:
            if not self._is_set_up:
                self._set_up()
            self._write_line(page, text)
        except OSError:
            self.errors += 1

    def _set_up(self) -> None:
        for command in _SET_UP:
            self._command(command)
        for page in range(_PAGES):
            self._write_line(page, "")
        self._is_set_up = True

    def _write_line(self, page: int, text: str) -> None:
        """One page is 128 bytes, 3 ms at 400 kHz."""
        self._text.fill(0)
        self._text.text(text, 0, 0)
        self._command((_COLUMNS, 0, _WIDTH - 1))
        self._command((_PAGES_FROM_TO, page, page))
        self._i2c.writeto(_ADDRESS, self._row)

    def _command(self, command: tuple) -> None:
        self._i2c.writeto(_ADDRESS, bytes((_CONTROL_COMMANDS,) + command))
