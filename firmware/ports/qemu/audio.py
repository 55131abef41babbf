"""Audio contract on QEMU: the C module `voice` on the acoustics tape that the bench shares."""

from array import array

import virt
import voice

from ports.qemu import bench_clock
from ports.qemu.pins import Pins


class Audio:
    """The per-packet calls are the C functions themselves: no Python frame between."""

    take = staticmethod(voice.take)
    give = staticmethod(voice.give)
    listen = staticmethod(voice.listen)
    heard_ssrc = staticmethod(voice.heard_ssrc)
    talk = staticmethod(voice.talk)
    configure = staticmethod(voice.configure)
    close = staticmethod(voice.close)

    def __init__(self, pins: Pins) -> None:
        self._tape_t0_us = bench_clock.here_us(pins, int(virt.strap("tape_t0_ns") or 0))
        self._stats = array("q", [0] * len(voice.STATS))

    def codecs(self) -> tuple:
        return voice.CODECS

    def open(self) -> None:
        voice.open(str(self._tape_t0_us))

    def stats(self) -> dict:
        voice.stats(self._stats)
        return {name: self._stats[i] for i, name in enumerate(voice.STATS)}
