"""On the handset's MicroPython and on the plain one: NOR flash in RAM that counts what is done.

It keeps the flash contract of firmware/hal and MicroPython's block device protocol, so that store
and littlefs are counted at the same place.
"""

_PAGE_BYTES = 256


class Counts:
    """What was done between two moments."""

    NAMES = ("reads", "read_bytes", "programs", "program_bytes", "pages", "erases")

    def __init__(self, values):
        self.values = values

    def __sub__(self, before):
        return Counts([now - before.values[n] for n, now in enumerate(self.values)])

    def __getattr__(self, name):
        return self.values[self.NAMES.index(name)]


class RamFlash:
    def __init__(self, n_sectors, sector_bytes=4096):
        self._sector_bytes = sector_bytes
        self._n_sectors = n_sectors
        self._blank = bytes([0xFF]) * sector_bytes
        self.data = bytearray(self._blank * n_sectors)
        self._view = memoryview(self.data)
        self._reads = self._read_bytes = self._programs = self._program_bytes = 0
        self._pages = self._erases = 0

    def counts(self):
        return Counts(
            [
                self._reads,
                self._read_bytes,
                self._programs,
                self._program_bytes,
                self._pages,
                self._erases,
            ]
        )

    # The handset's flash

    def size_bytes(self):
        return self._n_sectors * self._sector_bytes

    def sector_bytes(self):
        return self._sector_bytes

    def read(self, offset, buf):
        self._check(offset, len(buf))
        self._reads += 1
        self._read_bytes += len(buf)
        buf[:] = self._view[offset : offset + len(buf)]

    def program(self, offset, buf):
        n_bytes = len(buf)
        self._check(offset, n_bytes)
        found = int.from_bytes(self._view[offset : offset + n_bytes], "little")
        wanted = int.from_bytes(buf, "little")
        if found & wanted != wanted:
            raise OSError(5, "programming 0x%x would set a cleared bit" % offset)
        self._programs += 1
        self._program_bytes += n_bytes
        self._pages += (offset + n_bytes - 1) // _PAGE_BYTES - offset // _PAGE_BYTES + 1
        self._view[offset : offset + n_bytes] = buf

    def erase(self, offset):
        if offset % self._sector_bytes:
            raise ValueError("erase at 0x%x is not at a sector start" % offset)
        self._check(offset, self._sector_bytes)
        self._erases += 1
        self._view[offset : offset + self._sector_bytes] = self._blank

    # MicroPython's block device

    def readblocks(self, block, buf, offset=0):
        self.read(block * self._sector_bytes + offset, buf)

    def writeblocks(self, block, buf, offset):
        self.program(block * self._sector_bytes + offset, buf)

    def ioctl(self, op, argument):
        if op == 4:
            return self._n_sectors
        if op == 5:
            return self._sector_bytes
        if op == 6:
            self.erase(argument * self._sector_bytes)
        return 0

    def _check(self, offset, n_bytes):
        if offset < 0 or offset + n_bytes > self._n_sectors * self._sector_bytes:
            raise ValueError("0x%x + %d bytes is outside the flash" % (offset, n_bytes))


class Dice:
    """The same numbers on every run and every MicroPython."""

    def __init__(self, seed=1):
        self._state = seed

    def below(self, n):
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 8) % n

    def fill(self, buf):
        for i in range(len(buf)):
            buf[i] = self.below(256)


def figures(what, counts):
    """Print them for the bench."""
    for name in counts.NAMES:
        print("figure %s_%s %d" % (what, name, getattr(counts, name)))
