"""Radio contract on the unix port: two UDP sockets into the bench's virtual air."""

import simfd

from ports.unix import wires


class UdpChannel:
    """`dropped` counts datagrams the bearer did not take or that the air refused."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.dropped = 0
        simfd.nonblock(fd)

    def recv(self, buf: bytearray) -> int:
        try:
            return simfd.read(self._fd, buf)
        except OSError:
            # The air's port answered "unreachable" to an earlier send: out of coverage.
            self.dropped += 1
            return -1

    def send(self, buf: bytearray, n_bytes: int) -> bool:
        try:
            sent = simfd.write(self._fd, buf, 0, n_bytes) == n_bytes
        except OSError:
            sent = False
        if not sent:
            self.dropped += 1
        return sent

    async def readable(self) -> None:
        await wires.readable(self._fd)


class UdpRadio:
    def __init__(self, media_fd: int, floor_fd: int) -> None:
        self.media = UdpChannel(media_fd)
        self.floor = UdpChannel(floor_fd)

    def name(self) -> str:
        return "udp"
