"""Gnss contract on the unix port: a byte stream behind a power switch of the bench."""

import simfd

from ports.virtual import waiting
from ports.virtual.pins import Pins


class Gnss:
    def __init__(self, fd: int, pins: Pins) -> None:
        self._fd = fd
        self._pins = pins
        self._powered = False
        simfd.nonblock(fd)
        self.power(False)

    def power(self, on: bool) -> None:
        self._powered = on
        self._pins.set("gnss_power", 1 if on else 0)

    async def read(self, buf: bytearray) -> int:
        while True:
            await waiting.readable(self._fd)
            n_bytes = simfd.read(self._fd, buf)
            # Bytes still on the wire when the supply was cut belong to nobody.
            if n_bytes > 0 and self._powered:
                return n_bytes
            if n_bytes == 0:
                raise OSError("GNSS wire was cut by the bench")
