"""Radio contract on QEMU: two wires into the bench's virtual air, a datagram a frame."""

import virt

from ports.qemu.wires import DatagramWire


class WireRadio:
    def __init__(self) -> None:
        self.media = DatagramWire(virt.media)
        self.floor = DatagramWire(virt.floor)

    def name(self) -> str:
        return "udp"
