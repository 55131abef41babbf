"""A read that the flash refuses is an error to who asked; what is on the flash stays right."""

from __future__ import annotations

import errno
from itertools import count

from nor_flash import NorFlash
from store_rig import Rig

_SERVICE = 1
_N_SECTORS, _SECTOR_BYTES = 12, 1024
_NAMES = ["form/%d" % n for n in range(4)]


class _Refusal:
    """Takes the place of a rig's `flash.read`, and refuses one of the reads to come."""

    def __init__(self, rig: Rig) -> None:
        self._flash = rig.flash
        self._n_to_come = -1
        rig.flash.read = self.read
        rig.play("power")

    def of(self, number: int) -> None:
        self._n_to_come = number + 1

    def read(self, offset: int, buf: bytearray | memoryview) -> None:
        self._n_to_come -= 1
        if self._n_to_come == 0:
            raise OSError(errno.EIO, "reading 0x%x failed" % offset)
        NorFlash.read(self._flash, offset, buf)


def _fill_a_sector(rig: Rig, value: bytes) -> bool:
    """And the beginning of the next one. False when a read was refused on the way."""
    try:
        for name in _NAMES:
            rig.store.put(name, value, _SERVICE)
    except OSError:
        return False
    return True


def test_the_next_opening_finds_nothing_wrong() -> None:
    """Whichever read it is."""
    for number in count():
        rig = Rig(_N_SECTORS, _SECTOR_BYTES)
        refusal = _Refusal(rig)
        refusal.of(number)
        is_all_done = _fill_a_sector(rig, bytes(200))
        refusal.of(-1)
        assert _fill_a_sector(rig, bytes(range(200)))
        rig.play("power")
        assert rig.store.report.damage == [], number
        assert {rig.store.get(name, _SERVICE) for name in _NAMES} == {bytes(range(200))}
        if is_all_done and number > 300:
            break
