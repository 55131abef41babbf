"""The pins of a virtual handset: one ASCII datagram "name=value" per edge on one wire of the bench.

Several drivers share the wire, each for its own names: buttons come in, indicator and the
receiver's power switch go out.
"""

import time

_DATAGRAM_BYTES_MAX = 64
_PATIENCE_MS = 500


class Pins:
    """`wire`: keeps the contract of a radio's Channel."""

    def __init__(self, wire) -> None:
        self._wire = wire
        self._buf = bytearray(_DATAGRAM_BYTES_MAX)

    def discard_waiting(self) -> None:
        """Forget edges from before this moment."""
        while self.take():
            pass

    def set(self, name: str, value: object) -> None:
        """Drive an output."""
        edge = ("%s=%s" % (name, value)).encode()
        # A wire that is full for the moment moves on by itself, while this waits.
        start_ms = time.ticks_ms()
        while not self._wire.send(edge, len(edge)):
            if time.ticks_diff(time.ticks_ms(), start_ms) > _PATIENCE_MS:
                raise OSError("pin wire is full: the bench does not read '%s'" % name)

    def take(self) -> tuple:
        """The next edge that waits, (name, value) as strings; () when none does."""
        n_bytes = self._wire.recv(self._buf)
        if n_bytes <= 0:
            return ()
        name, _, value = bytes(self._buf[:n_bytes]).decode().partition("=")
        return name, value

    async def next_edge(self) -> tuple:
        """Wait for an input edge: (name, value) as strings."""
        while True:
            edge = self.take()
            if edge:
                return edge
            await self._wire.readable()
