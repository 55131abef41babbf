"""The pins of a virtual handset: one ASCII datagram "name=value" per edge on one wire.

Several drivers share the wire, each for its own names: buttons come in, indicator and the
receiver's power switch go out.
"""

import simfd

from ports.unix import wires

_DATAGRAM_BYTES_MAX = 64


class Pins:
    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._buf = bytearray(_DATAGRAM_BYTES_MAX)
        simfd.nonblock(fd)

    def discard_waiting(self) -> None:
        """Forget edges from before this moment."""
        while simfd.read(self._fd, self._buf) > 0:
            pass

    def set(self, name: str, value: object) -> None:
        """Drive an output."""
        edge = ("%s=%s" % (name, value)).encode()
        if simfd.write(self._fd, edge, 0, len(edge)) != len(edge):
            raise OSError("pin wire is full: the bench does not read '%s'" % name)

    async def next_edge(self) -> tuple:
        """Wait for an input edge: (name, value) as strings."""
        while True:
            n_bytes = simfd.read(self._fd, self._buf)
            if n_bytes > 0:
                name, _, value = bytes(self._buf[:n_bytes]).decode().partition("=")
                return name, value
            await wires.readable(self._fd)
