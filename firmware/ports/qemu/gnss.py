"""Gnss contract on QEMU: the receiver's bytes in datagrams, behind a switch of the bench."""

import virt

from ports.virtual import waiting
from ports.virtual.pins import Pins

_CHUNK_BYTES_MAX = 512


class Gnss:
    def __init__(self, pins: Pins) -> None:
        self._pins = pins
        self._powered = False
        self._chunk = memoryview(bytearray(_CHUNK_BYTES_MAX))
        self._n_chunk_bytes = 0
        self._n_read = 0
        virt.gnss.start()
        self.power(False)

    def power(self, on: bool) -> None:
        self._powered = on
        self._n_read = self._n_chunk_bytes
        self._pins.set("gnss_power", 1 if on else 0)

    async def read(self, buf: bytearray) -> int:
        while self._n_read >= self._n_chunk_bytes:
            n_bytes = virt.gnss.recv(self._chunk)
            if n_bytes < 0:
                await waiting.readable(virt.gnss)
            # Bytes still on the wire when the supply was cut belong to nobody.
            elif self._powered:
                self._n_chunk_bytes = n_bytes
                self._n_read = 0
        n_bytes = min(len(buf), self._n_chunk_bytes - self._n_read)
        buf[:n_bytes] = self._chunk[self._n_read : self._n_read + n_bytes]
        self._n_read += n_bytes
        return n_bytes
