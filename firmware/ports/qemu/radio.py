"""Radio contract on QEMU: two wires into the bench's virtual air, a datagram a frame."""

import virt

from ports.qemu import waiting


class Channel:
    def __init__(self, wire: virt.Wire) -> None:
        self._wire = wire
        self.recv = wire.recv
        self.send = wire.send
        wire.start()

    async def readable(self) -> None:
        await waiting.readable(self._wire)


class WireRadio:
    def __init__(self) -> None:
        self.media = Channel(virt.media)
        self.floor = Channel(virt.floor)

    def name(self) -> str:
        return "udp"
