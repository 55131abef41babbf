"""Flash contract on the unix port: an image file that enforces the rules of NOR flash."""

import errno
import os

_ERASED = 0xFF


class FileFlash:
    def __init__(self, path: str, size_bytes: int, sector_bytes: int) -> None:
        self._size_bytes = size_bytes
        self._sector_bytes = sector_bytes
        if not _exists(path):
            _create_erased(path, size_bytes, sector_bytes)
        self._file = open(path, "r+b")
        found_bytes = self._file.seek(0, 2)
        if found_bytes != size_bytes:
            raise OSError(
                "flash image %s has %d bytes, board.toml says %d: delete it to start with an "
                "erased flash" % (path, found_bytes, size_bytes)
            )

    def size_bytes(self) -> int:
        return self._size_bytes

    def sector_bytes(self) -> int:
        return self._sector_bytes

    def read(self, offset: int, buf: "bytearray | memoryview") -> None:
        self._check(offset, len(buf))
        self._file.seek(offset)
        self._file.readinto(buf)

    def program(self, offset: int, buf: "bytes | bytearray | memoryview") -> None:
        self._check(offset, len(buf))
        found = bytearray(len(buf))
        self.read(offset, found)
        for i in range(len(buf)):
            if buf[i] & ~found[i] & 0xFF:
                raise OSError(errno.EIO, "programming 0x%x would set a cleared bit" % (offset + i))
        self._file.seek(offset)
        self._file.write(buf)
        self._file.flush()

    def erase(self, offset: int) -> None:
        self._check(offset, self._sector_bytes)
        if offset % self._sector_bytes:
            raise ValueError("erase at 0x%x is not at a sector start" % offset)
        self._file.seek(offset)
        self._file.write(bytes([_ERASED]) * self._sector_bytes)
        self._file.flush()

    def _check(self, offset: int, n_bytes: int) -> None:
        if offset < 0 or offset + n_bytes > self._size_bytes:
            raise ValueError("0x%x + %d bytes is outside the flash" % (offset, n_bytes))


def _exists(path: str) -> bool:
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def _create_erased(path: str, size_bytes: int, sector_bytes: int) -> None:
    blank = bytes([_ERASED]) * sector_bytes
    part = path + ".part"
    with open(part, "wb") as f:
        for _ in range(size_bytes // sector_bytes):
            f.write(blank)
    os.rename(part, path)
