"""Development: files (`mpremote cp`, `mount`) in the flash partition "files", mounted at /."""

import os

import board_facts
import virt

_COUNT_BLOCKS = 4
_BLOCK_BYTES = 5
_ERASE = 6


class FilesPartition:
    """Block device for littlefs (os.AbstractBlockDev, extended interface): a block is a sector."""

    def __init__(self) -> None:
        self._start, self._size_bytes = next(
            part[1:] for part in board_facts.PARTITIONS if part[0] == "files"
        )

    def readblocks(self, block, buf, offset=0):
        virt.flash_read(self._start + block * board_facts.FLASH_SECTOR_BYTES + offset, buf)

    def writeblocks(self, block, buf, offset=0):
        virt.flash_program(self._start + block * board_facts.FLASH_SECTOR_BYTES + offset, buf)

    def ioctl(self, operation, argument):
        if operation == _COUNT_BLOCKS:
            return self._size_bytes // board_facts.FLASH_SECTOR_BYTES
        if operation == _BLOCK_BYTES:
            return board_facts.FLASH_SECTOR_BYTES
        if operation == _ERASE:
            virt.flash_erase(self._start + argument * board_facts.FLASH_SECTOR_BYTES)
        return 0


partition = FilesPartition()
try:
    os.mount(partition, "/")
except OSError:
    os.VfsLfs2.mkfs(partition)
    os.mount(partition, "/")
