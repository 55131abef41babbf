"""A partition of a flash is a flash of its own: it neither sees nor changes what is outside."""

from __future__ import annotations

import errno
from types import SimpleNamespace

import pytest

from ports.common.region import Region, partition

SECTOR = 256
FACTS = SimpleNamespace(PARTITIONS=(("firmware", 0, 2 * SECTOR), ("store", 2 * SECTOR, 3 * SECTOR)))


class Flash:
    """Six sectors that are told apart by what they hold."""

    def __init__(self) -> None:
        self.data = bytearray(b"".join(bytes([i]) * SECTOR for i in range(6)))

    def size_bytes(self) -> int:
        return len(self.data)

    def sector_bytes(self) -> int:
        return SECTOR

    def read(self, offset: int, buf: bytearray) -> None:
        buf[:] = self.data[offset : offset + len(buf)]

    def program(self, offset: int, buf: bytes) -> None:
        self.data[offset : offset + len(buf)] = buf

    def erase(self, offset: int) -> None:
        self.data[offset : offset + SECTOR] = b"\xff" * SECTOR


def test_offsets_begin_at_the_partition() -> None:
    flash = Flash()
    store = partition(flash, FACTS, "store")
    assert (store.size_bytes(), store.sector_bytes()) == (3 * SECTOR, SECTOR)
    buf = bytearray(2)
    store.read(SECTOR - 1, buf)
    assert buf == b"\x02\x03"
    store.program(2 * SECTOR, b"\x00\x00")
    store.erase(0)
    expected = Flash().data
    expected[4 * SECTOR : 4 * SECTOR + 2] = b"\x00\x00"
    expected[2 * SECTOR : 3 * SECTOR] = b"\xff" * SECTOR
    assert flash.data == expected


@pytest.mark.parametrize("offset", [-1, 3 * SECTOR - 1, 3 * SECTOR])
def test_nothing_outside_is_read_or_programmed(offset: int) -> None:
    flash = Flash()
    store = partition(flash, FACTS, "store")
    with pytest.raises(ValueError, match="outside"):
        store.read(offset, bytearray(2))
    with pytest.raises(ValueError, match="outside"):
        store.program(offset, b"\x00\x00")
    assert flash.data == Flash().data


@pytest.mark.parametrize("offset", [-SECTOR, 1, 3 * SECTOR])
def test_only_whole_sectors_inside_are_erased(offset: int) -> None:
    flash = Flash()
    with pytest.raises(ValueError, match=r"outside|sector start"):
        partition(flash, FACTS, "store").erase(offset)
    assert flash.data == Flash().data


def test_a_region_is_made_of_whole_sectors_of_the_flash() -> None:
    for start, n_bytes in ((1, SECTOR), (0, SECTOR + 1), (5 * SECTOR, 2 * SECTOR)):
        with pytest.raises(ValueError, match=r"whole sectors|outside"):
            Region(Flash(), start, n_bytes)


def test_a_partition_that_is_not_there_is_named() -> None:
    with pytest.raises(OSError, match="'files'") as caught:
        partition(Flash(), FACTS, "files")
    assert caught.value.errno == errno.ENODEV
