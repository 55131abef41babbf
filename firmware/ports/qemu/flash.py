"""Flash contract on QEMU: the machine's CFI flash, whose geometry must be what board.toml says."""

import virt


class CfiFlash:
    # C checks range, alignment and the rules of NOR flash.
    read = staticmethod(virt.flash_read)
    program = staticmethod(virt.flash_program)
    erase = staticmethod(virt.flash_erase)

    def __init__(self, size_bytes: int, sector_bytes: int) -> None:
        found = virt.flash_geometry()
        if found != (size_bytes, sector_bytes):
            raise OSError(
                "flash has (bytes, bytes a sector) %r, board.toml says %r: correct the latter"
                % (found, (size_bytes, sector_bytes))
            )
        self._size_bytes = size_bytes
        self._sector_bytes = sector_bytes

    def size_bytes(self) -> int:
        return self._size_bytes

    def sector_bytes(self) -> int:
        return self._sector_bytes
