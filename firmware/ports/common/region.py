"""Flash contract on one partition of a flash: offsets start at the partition, and end with it."""

import errno

from ports.common import nor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from hal.contracts import Flash


class Region:
    """`n_bytes` of `flash` from `start_bytes` on, both multiples of a sector."""

    def __init__(self, flash: "Flash", start_bytes: int, n_bytes: int) -> None:
        nor.check_range(start_bytes, n_bytes, flash.size_bytes())
        if start_bytes % flash.sector_bytes() or n_bytes % flash.sector_bytes():
            raise ValueError("a region is made of whole sectors")
        self._flash = flash
        self._start_bytes = start_bytes
        self._n_bytes = n_bytes

    def size_bytes(self) -> int:
        return self._n_bytes

    def sector_bytes(self) -> int:
        return self._flash.sector_bytes()

    def read(self, offset: int, buf: "bytearray | memoryview") -> None:
        nor.check_range(offset, len(buf), self._n_bytes)
        self._flash.read(self._start_bytes + offset, buf)

    def program(self, offset: int, buf: "bytes | bytearray | memoryview") -> None:
        nor.check_range(offset, len(buf), self._n_bytes)
        self._flash.program(self._start_bytes + offset, buf)

    def erase(self, offset: int) -> None:
        nor.check_sector(offset, self._flash.sector_bytes(), self._n_bytes)
        self._flash.erase(self._start_bytes + offset)


def partition(flash: "Any", facts: "Any", name: str) -> Region:
    """The partition that board.toml calls `name`. OSError(ENODEV) when it names none."""
    for found, start_bytes, n_bytes in facts.PARTITIONS:
        if found == name:
            return Region(flash, start_bytes, n_bytes)
    raise OSError(errno.ENODEV, "board.toml has no partition '%s'" % name)
