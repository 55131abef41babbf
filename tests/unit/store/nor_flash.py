"""A NOR flash (`hal.contracts.Flash`) in RAM, with its rules, its power cuts and its wear.

    flash = NorFlash(16)
    flash.cut_at(7, "torn_bits")        the eighth program or erase from now on is cut
    with pytest.raises(PowerCut): ...   and from then on every access raises it
    flash = flash.restart()             what the next boot finds; counts operations from 0 again

Only programs and erases count as operations: a cut at a read is a clean cut at the next operation.
Sectors are shared between copies until one of them writes: a copy costs next to nothing.
"""

from __future__ import annotations

import errno
import random
from collections.abc import Callable

# The ways of a cut. "clean": nothing of it happened. A program: its first bytes ("torn_prefix") or
# some of its bits ("torn_bits"); an erase: one part of the sector ("erase_part")
# or all of it, but badly ("erase_weak"). Both leave bits that read differently each time.
PROGRAM_CUTS = ("clean", "torn_prefix", "torn_bits")
ERASE_CUTS = ("clean", "erase_part", "erase_weak")
# All of a program, but some of its bits read differently each time.
WEAK_CUT = "torn_weak"
WEAR = ("program_raises", "program_silent", "erase_raises", "erase_silent")

# (operation, "program" or "erase", offset, bytes programmed), before it happens.
Observer = Callable[[int, str, int, bytes], None]


class PowerCut(BaseException):
    """The handset has no power: nothing that runs on it can catch this and go on."""


class NorFlash:
    """`n_sectors` erased sectors. `seed` decides what cuts leave and how unstable bits read."""

    def __init__(self, n_sectors: int, sector_bytes: int = 4096, seed: int = 0) -> None:
        self._sector_bytes = sector_bytes
        self._size_bytes = n_sectors * sector_bytes
        self._sectors = [b"\xff" * sector_bytes] * n_sectors
        # Sector: bits that read anything, until it has been erased.
        self._unstable: dict[int, bytes] = {}
        self._worn: dict[int, str] = {}
        self.erases_of = [0] * n_sectors
        self.endurance: int | None = None
        self._seed = seed
        self._begin()

    def _begin(self) -> None:
        self._noise = random.Random(self._seed)
        self._cut: tuple[int, str] | None = None
        self._is_dead = False
        self.observer: Observer | None = None
        self.n_operations = 0
        self.n_programs = 0
        self.n_erases = 0
        self.n_reads = 0
        self.bytes_programmed = 0
        self.bytes_read = 0

    # The contract.

    def size_bytes(self) -> int:
        return self._size_bytes

    def sector_bytes(self) -> int:
        return self._sector_bytes

    def read(self, offset: int, buf: bytearray | memoryview) -> None:
        n_bytes = len(buf)
        self.n_reads += 1
        self.bytes_read += n_bytes
        sector, at = divmod(offset, self._sector_bytes)
        end = at + n_bytes
        if self._is_dead or self._unstable or sector < 0 or end > self._sector_bytes:
            self._check(offset, n_bytes)
            buf[:] = self._found(offset, n_bytes)
        elif sector < len(self._sectors):
            # The short way, for nearly all reads.
            buf[:] = self._sectors[sector][at:end]
        else:
            self._check(offset, n_bytes)

    def program(self, offset: int, buf: bytes | bytearray | memoryview) -> None:
        self._check(offset, len(buf))
        wanted = bytes(buf)
        # As a driver does it: it looks, and an unstable bit may well look right.
        if _as_int(wanted) & ~_as_int(self._found(offset, len(wanted))):
            raise OSError(errno.EIO, "programming 0x%x would set a cleared bit" % offset)
        self._operation("program", offset, wanted)
        self.n_programs += 1
        self.bytes_programmed += len(wanted)
        self._each_sector(offset, wanted, self._program_in)

    def erase(self, offset: int) -> None:
        self._check(offset, self._sector_bytes)
        if offset % self._sector_bytes:
            raise ValueError("erase at 0x%x is not at a sector start" % offset)
        self._operation("erase", offset, b"")
        self.n_erases += 1
        sector = offset // self._sector_bytes
        self.erases_of[sector] += 1
        if self.endurance is not None and self.erases_of[sector] > self.endurance:
            self._worn.setdefault(sector, WEAR[sector % len(WEAR)])
        worn = self._worn.get(sector)
        if worn == "erase_raises":
            raise OSError(errno.EIO, "erase at 0x%x failed" % offset)
        if worn == "erase_silent":
            # Most of it is gone, some bits stay as they were.
            kept = _random_bits(self._noise, self._sector_bytes, 0.02)
            self._set(sector, _as_int(self._sectors[sector]) | (self._ones() & ~kept))
            return
        self._sectors[sector] = b"\xff" * self._sector_bytes
        self._unstable.pop(sector, None)

    # Power.

    def cut_at(self, operation: int, how: str, seed: int | None = None) -> None:
        """Cut the power during the operation of this number (`n_operations` says where it stands).
        A way that does not fit the operation becomes the one nearest to it."""
        if how not in (*PROGRAM_CUTS, *ERASE_CUTS, WEAK_CUT):
            raise ValueError("no such way to cut: %s" % how)
        self._cut = (operation, how)
        if seed is not None:
            self._noise = random.Random(seed)

    def cut(self, kind: str, offset: int, data: bytes, how: str) -> None:
        """Leave what a cut during this operation leaves, and be dead."""
        self._is_dead = True
        if how == "clean":
            return
        if kind == "erase":
            self._tear_erase(offset // self._sector_bytes, how)
        elif how == "torn_prefix":
            self._each_sector(offset, data[: self._noise.randrange(1, len(data) + 1)], self._put)
        else:
            self._each_sector(offset, data, self._tear_weak if how == WEAK_CUT else self._tear)

    def restart(self, seed: int | None = None) -> NorFlash:
        """The flash as the next boot finds it; this one stays as it is."""
        flash = object.__new__(NorFlash)
        flash._sector_bytes = self._sector_bytes
        flash._size_bytes = self._size_bytes
        flash._sectors = list(self._sectors)
        flash._unstable = dict(self._unstable)
        flash._worn = dict(self._worn)
        flash.erases_of = list(self.erases_of)
        flash.endurance = self.endurance
        flash._seed = self._seed + 1 if seed is None else seed
        flash._begin()
        return flash

    # Wear, and what tests do behind the store's back.

    def wear_out(self, sector: int, how: str) -> None:
        """From now on programs or erases of this sector fail, with an error or without a word."""
        if how not in WEAR:
            raise ValueError("no such wear: %s" % how)
        self._worn[sector] = how

    def image(self) -> bytes:
        """All bytes, unstable ones as they happen to be."""
        return self._found(0, self._size_bytes)

    def load(self, image: bytes) -> None:
        """Other content; no unstable bits."""
        if len(image) != self._size_bytes:
            raise ValueError("%d bytes for a flash of %d" % (len(image), self._size_bytes))
        step = self._sector_bytes
        self._sectors = [bytes(image[i : i + step]) for i in range(0, len(image), step)]
        self._unstable = {}

    def patch(self, offset: int, data: bytes) -> None:
        """Change bytes as no flash could."""
        whole = bytearray(self.image())
        whole[offset : offset + len(data)] = data
        self.load(bytes(whole))

    def unstable_bits(self) -> int:
        """How many bits read differently each time."""
        return sum(_as_int(mask).bit_count() for mask in self._unstable.values())

    def _check(self, offset: int, n_bytes: int) -> None:
        if self._is_dead:
            raise PowerCut
        if offset < 0 or offset + n_bytes > self._size_bytes:
            raise ValueError("0x%x + %d bytes is outside the flash" % (offset, n_bytes))

    def _operation(self, kind: str, offset: int, data: bytes) -> None:
        if self.observer is not None:
            self.observer(self.n_operations, kind, offset, data)
        if self._cut is not None and self._cut[0] == self.n_operations:
            self.cut(kind, offset, data, self._cut[1])
            raise PowerCut
        self.n_operations += 1

    def _found(self, offset: int, n_bytes: int) -> bytes:
        first, at = divmod(offset, self._sector_bytes)
        last = (offset + max(n_bytes, 1) - 1) // self._sector_bytes
        if first == last and first not in self._unstable:
            return self._sectors[first][at : at + n_bytes]
        whole = b"".join(self._sector_now(sector) for sector in range(first, last + 1))
        return whole[at : at + n_bytes]

    def _sector_now(self, sector: int) -> bytes:
        data = self._sectors[sector]
        mask = self._unstable.get(sector)
        if mask is None:
            return data
        n = self._sector_bytes
        noise = _as_int(mask) & self._noise.getrandbits(8 * n)
        return (_as_int(data) ^ noise).to_bytes(n, "little")

    def _each_sector(self, offset: int, data: bytes, do: Callable[[int, int, bytes], None]) -> None:
        at = 0
        while at < len(data):
            sector, begin = divmod(offset + at, self._sector_bytes)
            part = data[at : at + self._sector_bytes - begin]
            do(sector, begin, part)
            at += len(part)

    def _program_in(self, sector: int, begin: int, data: bytes) -> None:
        worn = self._worn.get(sector)
        if worn == "program_raises":
            self._put(sector, begin, data[: len(data) // 2])
            raise OSError(errno.EIO, "programming sector %d failed" % sector)
        if worn == "program_silent":
            self._tear(sector, begin, data)
            return
        self._put(sector, begin, data)

    def _put(self, sector: int, begin: int, data: bytes) -> None:
        """Clear the bits that are 0 in `data`; they are stable then."""
        old = self._sectors[sector]
        end = begin + len(data)
        new = (_as_int(old[begin:end]) & _as_int(data)).to_bytes(len(data), "little")
        self._sectors[sector] = old[:begin] + new + old[end:]
        mask = self._unstable.get(sector)
        if mask is not None:
            left = (_as_int(mask[begin:end]) & _as_int(data)).to_bytes(len(data), "little")
            self._unstable[sector] = mask[:begin] + left + mask[end:]

    def _tear(self, sector: int, begin: int, data: bytes) -> None:
        """Some of the bits, anywhere: a few, half or most of them."""
        spared = _random_bits(self._noise, len(data), self._noise.choice((0.02, 0.2, 0.5, 0.9)))
        self._put(sector, begin, (_as_int(data) | spared).to_bytes(len(data), "little"))

    def _tear_weak(self, sector: int, begin: int, data: bytes) -> None:
        """All of the bits, but some not deep enough to read the same each time."""
        end = begin + len(data)
        cleared = _as_int(self._sectors[sector][begin:end]) & ~_as_int(data)
        weak = cleared & _random_bits(
            self._noise, len(data), self._noise.choice((0.02, 0.2, 0.5, 0.9))
        )
        self._put(sector, begin, data)
        mask = self._unstable.get(sector, bytes(self._sector_bytes))
        part = (_as_int(mask[begin:end]) | weak).to_bytes(len(data), "little")
        self._unstable[sector] = mask[:begin] + part + mask[end:]

    def _tear_erase(self, sector: int, how: str) -> None:
        noise, n = self._noise, self._sector_bytes
        old = _as_int(self._sectors[sector])
        if how == "erase_weak":
            # All of it was on its way: it has hardly begun, or is nearly done; up from zeros where
            # the chip clears before it erases.
            risen = _random_bits(noise, n, noise.choice((0.0, 0.002, 0.1, 0.9, 0.999, 1.0)))
            new = risen if noise.random() < 0.3 else old | risen
            region = self._ones()
        else:
            # What has been erased is at the beginning, or at the end.
            region = (1 << noise.randrange(1, 8 * n)) - 1
            if noise.random() < 0.5:
                region ^= self._ones()
            new = old | region
        weak = region & _random_bits(noise, n, noise.choice((0.001, 0.01, 0.3)))
        self._set(sector, new)
        self._unstable[sector] = weak.to_bytes(n, "little")

    def _set(self, sector: int, bits: int) -> None:
        self._sectors[sector] = bits.to_bytes(self._sector_bytes, "little")

    def _ones(self) -> int:
        return (1 << (8 * self._sector_bytes)) - 1


def _as_int(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _random_bits(noise: random.Random, n_bytes: int, share: float) -> int:
    """Each bit is 1 with this probability, to 1 in 1024."""
    bits = 0
    threshold = round(share * 1024)
    if threshold >= 1024:
        return (1 << (8 * n_bytes)) - 1
    # From the least digit of the threshold up: "or" halves the way to 1, "and" the way to 0.
    for digit in range(10):
        word = noise.getrandbits(8 * n_bytes)
        bits = (bits | word) if threshold >> digit & 1 else (bits & word)
    return bits
