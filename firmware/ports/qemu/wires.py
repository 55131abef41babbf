"""Wires of the bench that carry datagrams: virtio network cards of the machine."""

import virt

from ports.virtual import waiting


class DatagramWire:
    """Keeps the contract of a radio's Channel."""

    def __init__(self, card: virt.Wire) -> None:
        self._card = card
        self.recv = card.recv
        self.send = card.send
        card.start()

    async def readable(self) -> None:
        await waiting.readable(self._card)


def pins() -> DatagramWire:
    """The wire of buttons, lights and switches."""
    return DatagramWire(virt.pins)
