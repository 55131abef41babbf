"""Radio contract on the unix port: two UDP sockets into the bench's virtual air."""

from ports.unix.wires import DatagramWire


class UdpRadio:
    def __init__(self, media_fd: int, floor_fd: int) -> None:
        self.media = DatagramWire(media_fd)
        self.floor = DatagramWire(floor_fd)

    def name(self) -> str:
        return "udp"
