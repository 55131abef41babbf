"""Radio contract on the unix port: two UDP sockets into the bench's virtual air."""

import simfd

from ports.unix import wires


class UdpChannel:
    def __init__(self, fd: int) -> None:
        self._fd = fd
        simfd.nonblock(fd)

    def recv(self, buf: bytearray) -> int:
        return simfd.read(self._fd, buf)

    def send(self, buf: bytearray, n_bytes: int) -> bool:
        # Few names and no try block: MicroPython puts larger frames on the heap.
        return simfd.write(self._fd, buf, 0, n_bytes) == n_bytes

    async def readable(self) -> None:
        await wires.readable(self._fd)


class UdpRadio:
    def __init__(self, media_fd: int, floor_fd: int) -> None:
        self.media = UdpChannel(media_fd)
        self.floor = UdpChannel(floor_fd)

    def name(self) -> str:
        return "udp"
