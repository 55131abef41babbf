"""Flash contract on ESP32: the data partition "store" of the SPI NOR flash.

`Partition.writeblocks` with an offset programs without erasing first; without one it erases
(MicroPython 1.26.1, ports/esp32/esp32_partition.c). The chip takes a 1 over a 0 without a word and
keeps the 0, so the rule is checked here, on what is read back before.
"""

import errno

import esp32

from ports.common import nor

_IOCTL_ERASE_BLOCK = 6
_INFO_SIZE = 3
_CHUNK_BYTES = 256


class PartitionFlash:
    def __init__(self, label: str, sector_bytes: int) -> None:
        found = esp32.Partition.find(esp32.Partition.TYPE_DATA, label=label)
        if not found:
            raise OSError(
                errno.ENODEV,
                "no flash partition '%s': the partition table on this chip is not this board's; "
                "write the whole firmware image" % label,
            )
        self._partition = found[0]
        self._size_bytes = self._partition.info()[_INFO_SIZE]
        self._sector_bytes = sector_bytes
        self._found = bytearray(_CHUNK_BYTES)

    def size_bytes(self) -> int:
        return self._size_bytes

    def sector_bytes(self) -> int:
        return self._sector_bytes

    def read(self, offset: int, buf: "bytearray | memoryview") -> None:
        nor.check_range(offset, len(buf), self._size_bytes)
        self._partition.readblocks(0, buf, offset)

    def program(self, offset: int, buf: "bytes | bytearray | memoryview") -> None:
        nor.check_range(offset, len(buf), self._size_bytes)
        self._check_rule(offset, memoryview(buf))
        self._partition.writeblocks(0, buf, offset)

    def erase(self, offset: int) -> None:
        nor.check_sector(offset, self._sector_bytes, self._size_bytes)
        if self._partition.ioctl(_IOCTL_ERASE_BLOCK, offset // self._sector_bytes) != 0:
            raise OSError(errno.EIO, "erase at 0x%x failed" % offset)

    def _check_rule(self, offset: int, wanted: memoryview) -> None:
        found = memoryview(self._found)
        for start in range(0, len(wanted), _CHUNK_BYTES):
            part = wanted[start : start + _CHUNK_BYTES]
            self._partition.readblocks(0, found[: len(part)], offset + start)
            i = nor.first_violation(found, part)
            if i >= 0:
                raise OSError(
                    errno.EIO, "programming 0x%x would set a cleared bit" % (offset + start + i)
                )
