"""A wire of the sim board that carries datagrams: an inherited socket."""

import simfd

from ports.virtual import waiting


class DatagramWire:
    """Keeps the contract of a radio's Channel."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        simfd.nonblock(fd)

    def recv(self, buf: bytearray) -> int:
        return simfd.read(self._fd, buf)

    def send(self, buf: bytearray, n_bytes: int) -> bool:
        # Few names and no try block: MicroPython puts larger frames on the heap.
        return simfd.write(self._fd, buf, 0, n_bytes) == n_bytes

    async def readable(self) -> None:
        await waiting.readable(self._fd)
