"""The floor channel: RTCP APP packets, sorted by their four-letter name.

A packet that is no RTCP APP, or has a name nobody registered, is counted and dropped
(RFC 3550 clause 6.7: unknown APP packets are ignored). Where the group has keys, packets travel as
SRTCP; what is not authentic goes no further than the voice engine, which counts it by reason.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.contracts import Audio, Channel

_APP_PACKET_TYPE = 204
_HEADER_BYTES = 12
_VERSION_MASK = 0xC0
_VERSION_2 = 0x80
_DATAGRAMS_A_TURN = 4


class FloorChannel:
    """`handlers` maps a name such as b"MCPT" to `handler(buf, n_bytes)`.

    `guard` protects and opens packets while `is_protected`."""

    def __init__(
        self, channel: "Channel", guard: "Audio", handlers: dict, datagram_bytes_max: int
    ) -> None:
        self._channel = channel
        self._guard = guard
        self._handlers = handlers
        self._buf = bytearray(datagram_bytes_max)
        self._sent = bytearray(datagram_bytes_max)
        self.is_protected = False
        self.received = 0
        self.ignored = 0
        self.refused = 0
        self.send_failed = 0

    def send(self, buf: bytearray, n_bytes: int) -> None:
        """To everyone in the group; what cannot be protected, or the bearer does not take, is
        counted."""
        if self.is_protected:
            self._sent[:n_bytes] = memoryview(buf)[:n_bytes]
            buf = self._sent
            n_bytes = self._guard.protect_floor(buf, n_bytes)
        if n_bytes <= 0 or not self._channel.send(buf, n_bytes):
            self.send_failed += 1

    def receive(self, buf: bytearray, n_bytes: int) -> None:
        """One datagram off the air."""
        if self.is_protected:
            n_bytes = self._guard.open_floor(buf, n_bytes)
            if n_bytes <= 0:
                self.refused += 1
                return
        self.dispatch(buf, n_bytes)

    def dispatch(self, buf: bytearray, n_bytes: int) -> None:
        """Hand one packet in the clear to its handler."""
        if (
            n_bytes < _HEADER_BYTES
            or buf[0] & _VERSION_MASK != _VERSION_2
            or buf[1] != _APP_PACKET_TYPE
        ):
            self.ignored += 1
            return
        handler = self._handlers.get(bytes(buf[8:12]))
        if handler is None:
            self.ignored += 1
            return
        self.received += 1
        handler(buf, n_bytes)

    async def run(self) -> None:
        """Receive for ever."""
        while True:
            await self._channel.readable()
            # Bounded, so that a flood leaves the agent's keys their turn.
            for _ in range(_DATAGRAMS_A_TURN):
                n_bytes = self._channel.recv(self._buf)
                if n_bytes < 0:
                    break
                self.receive(self._buf, n_bytes)
