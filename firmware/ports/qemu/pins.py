"""The pins of the machine: one ASCII datagram "name=value" per edge on one wire of the bench.

Several drivers share the wire, each for its own names: buttons come in, indicator and the
receiver's power switch go out.
"""

import virt

from ports.qemu import waiting

_DATAGRAM_BYTES_MAX = 64
_PATIENCE_US = 500_000


class Pins:
    def __init__(self) -> None:
        self._buf = bytearray(_DATAGRAM_BYTES_MAX)
        virt.pins.start()

    def discard_waiting(self) -> None:
        """Forget edges from before this moment."""
        while virt.pins.recv(self._buf) >= 0:
            pass

    def set(self, name: str, value: object) -> None:
        """Drive an output."""
        edge = ("%s=%s" % (name, value)).encode()
        # A wire that is full for the moment moves on by itself, while this waits.
        deadline_us = virt.uptime_us() + _PATIENCE_US
        while not virt.pins.send(edge, len(edge)):
            if virt.uptime_us() > deadline_us:
                raise OSError("pin wire is full: the bench does not read '%s'" % name)

    async def next_edge(self) -> tuple:
        """Wait for an input edge: (name, value) as strings."""
        while True:
            n_bytes = virt.pins.recv(self._buf)
            if n_bytes > 0:
                name, _, value = bytes(self._buf[:n_bytes]).decode().partition("=")
                return name, value
            await waiting.readable(virt.pins)
