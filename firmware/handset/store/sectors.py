"""The sectors of the flash: which are live, how much of each is needed, which is opened next.

Elements and digest are README.md's: the digest is that of all live sectors but the heads, and of
the other head as the newest sector has bound it. Neither is ever written into the flash: who knew
elements could take sectors away that add up to nothing.
"""

import struct
from array import array

from handset.store import layout
from handset.store.errors import WornOut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from hal.contracts import Flash

DIRTY = 0  # to be erased before it is used
CLEAN = 1  # erased, and marked so
LIVE = 2  # holds records
BAD = 3  # the flash refuses it
RELEASED = 4  # its records are not needed; to be erased before anything else is compacted
STATE_NAMES = ("dirty", "clean", "live", "bad", "released")
_FREE = (DIRTY, CLEAN, RELEASED)

_CHUNK_BYTES = 256
_RAM_BYTES_A_SECTOR = 4 * 4 + 1 + layout.MAC_BYTES


class Head:
    """The sector of a stream that is being written; `sector` is -1 where there is none yet."""

    def __init__(self) -> None:
        self.sector = -1
        self.is_closed = False  # nothing more is written into it
        self.last_mac = bytearray(layout.MAC_BYTES)

    def forget(self) -> None:
        self.sector = -1
        self.is_closed = False
        self.last_mac[:] = bytes(layout.MAC_BYTES)


class Sectors:
    """The table, and the two ways in which a sector's state changes in the flash."""

    def __init__(self, flash: "Flash", custody: "Any") -> None:
        self._flash = flash
        self._custody = custody
        self.sector_bytes = flash.sector_bytes()
        self.n = flash.size_bytes() // self.sector_bytes
        self.state = bytearray(self.n)
        self.sequence = array("I", bytes(4 * self.n))
        self.live_bytes = array("I", bytes(4 * self.n))
        self.end = array("I", bytes(4 * self.n))
        self.erase_count = array("I", bytes(4 * self.n))
        self._elements = bytearray(layout.MAC_BYTES * self.n)
        self.digest = bytearray(layout.MAC_BYTES)  # of the closed ones
        self._bound = bytearray(layout.MAC_BYTES)  # element of the other head when one was opened
        self._chunk = bytearray(_CHUNK_BYTES)
        self._header = bytearray(layout.SECTOR_HEADER_BYTES)
        self._element = bytearray(layout.MAC_BYTES)
        self._found_sequence = bytearray(4)
        self.heads = (Head(), Head())  # by stream
        self.store_salt = b""
        self.n_erases = 0
        self.wants_worn = False  # the next cold one is for what stays long

    def n_bytes(self) -> int:
        """Of RAM, for the table."""
        return self.n * _RAM_BYTES_A_SECTOR

    def forget(self) -> None:
        """As if nothing had been read."""
        for i in range(self.n):
            self.state[i] = DIRTY
            self.sequence[i] = self.live_bytes[i] = self.end[i] = self.erase_count[i] = 0
        self.digest[:] = bytes(layout.MAC_BYTES)
        self._bound[:] = bytes(layout.MAC_BYTES)
        for head in self.heads:
            head.forget()

    def n_free(self) -> int:
        """Sectors that can be opened, erased already or not."""
        return sum(1 for state in self.state if state in _FREE)

    def n_clean(self) -> int:
        return sum(1 for state in self.state if state == CLEAN)

    def room(self, stream: int) -> int:
        """Bytes that the stream's head still takes."""
        head = self.heads[stream]
        if head.sector < 0 or head.is_closed:
            return 0
        return self.sector_bytes - self.end[head.sector]

    def is_head(self, sector: int) -> bool:
        return any(head.sector == sector for head in self.heads)

    def sequence_of_head(self, stream: int) -> int:
        """0 where there is none."""
        head = self.heads[stream]
        return self.sequence[head.sector] if head.sector >= 0 else 0

    def _end_of(self, head: Head) -> int:
        return self.end[head.sector] if head.sector >= 0 else 0

    def head_mac(self) -> bytes:
        """Of all that the log holds now."""
        ends = [head.last_mac for head in self.heads]
        self._custody.mac(self._element, b"head", self.digest, ends[0], ends[1])
        return bytes(self._element)

    def is_itself(self, sector: int) -> bool:
        """Whether what lies there is the sector that was opened there, and not one of another time
        or place, in which all is right, too. One whose header is damaged is taken for itself."""
        start = sector * self.sector_bytes
        self._flash.read(start + layout.ERASED_BYTES, self._found_sequence)
        if self._found_sequence == struct.pack("<I", self.sequence[sector]):
            return True
        self._flash.read(start, self._header)
        self.header_mac(self._header, self._element)
        return self._header[layout.HEADER_MAC_AT :] != self._element

    def place_of(self, offset: int) -> int:
        return offset // self.sector_bytes

    # --- what is in the digest ----------------------------------------------------------------

    def set_element(self, sector: int, last_mac: "bytearray | memoryview") -> None:
        """Compute the element of a sector that ends with `last_mac`."""
        at = layout.MAC_BYTES * sector
        element = memoryview(self._elements)[at : at + layout.MAC_BYTES]
        self._compute_element(element, sector, self.end[sector], last_mac)

    def _compute_element(
        self,
        out: "bytearray | memoryview",
        sector: int,
        end: int,
        last_mac: "bytearray | memoryview",
    ) -> None:
        packed = struct.pack("<III", sector, self.sequence[sector], end)
        self._custody.mac(out, b"element", packed, last_mac, b"")

    def bind(self, sector: int, end: int, last_mac: "bytearray | memoryview") -> None:
        """The head of the other stream, as far as it went when the newest sector was opened, is in
        the digest, too: what is there stays there. -1: there was none."""
        if sector >= 0:
            self._compute_element(self._bound, sector, end, last_mac)
        else:
            self._bound[:] = bytes(layout.MAC_BYTES)

    def digest_mac(self, version: int, released: int = -1) -> bytes:
        """What the flash holds of the digest, with the version from which on it counts; without a
        sector that is being released."""
        whole = bytearray(self.digest)
        for i in range(layout.MAC_BYTES):
            whole[i] ^= self._bound[i]
        if released >= 0:
            self.toggle(released, whole)
        self._custody.mac(self._element, b"digest", struct.pack("<I", version), whole, b"")
        return bytes(self._element)

    def toggle(self, sector: int, digest: bytearray) -> None:
        """Take the sector's element into the digest, or out of it."""
        at = layout.MAC_BYTES * sector
        for i in range(layout.MAC_BYTES):
            digest[i] ^= self._elements[at + i]

    # --- what changes the flash ---------------------------------------------------------------

    def choose_free(self, stream: int) -> int:
        """The free sector to use next: erased rather than not, then least worn; -1 for none. For
        what stays long: the most worn."""
        best = -1
        wants_worn = self.wants_worn and stream == layout.COLD
        for i in range(self.n):
            if self.state[i] not in _FREE:
                continue
            if best < 0 or self._cost(i, wants_worn) < self._cost(best, wants_worn):
                best = i
        return best

    def _cost(self, sector: int, wants_worn: bool) -> tuple:
        if wants_worn:
            return 0, -self.erase_count[sector]
        return self.state[sector] != CLEAN, self.erase_count[sector]

    def erase(self, sector: int) -> bool:
        """Erase and mark it. False when the flash refuses: it is not used again."""
        count = self.erase_count[sector] + 1
        header = layout.erased_header(count)
        start = sector * self.sector_bytes
        self.n_erases += 1
        try:
            self._flash.erase(start)
            is_erased = self.is_blank(start, start + self.sector_bytes)
        except OSError:
            is_erased = False
        if not (is_erased and self.write(start, header)):
            # What may be left of its header is not to be taken for one, at no start to come.
            self.write(start, bytes(layout.SECTOR_HEADER_BYTES))
            self.state[sector] = BAD
            return False
        self.erase_count[sector] = count
        self.sequence[sector] = self.live_bytes[sector] = 0
        self.state[sector] = CLEAN
        return True

    def open_next(self, stream: int, first_version: int) -> None:
        """Make a free sector the stream's head; the one before goes into the digest. Raises
        WornOut."""
        head = self.heads[stream]
        old = head.sector
        if old >= 0:
            self.set_element(old, head.last_mac)
            self.toggle(old, self.digest)
        sequence = 1 + max(self.sequence)
        bound_before = bytes(self._bound)
        other = self.heads[1 - stream]
        sector = -1
        try:
            self.bind(other.sector, self._end_of(other), other.last_mac)
            sector = self._open_any(sequence, first_version, stream)
        finally:
            if sector < 0:
                self._bound[:] = bound_before
            if sector < 0 and old >= 0:
                self.toggle(old, self.digest)
        if sector < 0:
            raise WornOut("no sector of the flash takes what is written: replace the handset")
        head.forget()
        head.sector = sector
        head.last_mac[:] = self._header[layout.HEADER_MAC_AT :]
        self.state[sector] = LIVE
        self.sequence[sector] = sequence
        self.live_bytes[sector] = 0
        self.end[sector] = layout.SECTOR_HEADER_BYTES
        if stream == layout.COLD:
            self.wants_worn = False

    def _open_any(self, sequence: int, first_version: int, stream: int) -> int:
        """The first free sector that takes its header, -1 where none does."""
        sector = self.choose_free(stream)
        while sector >= 0 and not self._is_opened(sector, sequence, first_version, stream):
            sector = self.choose_free(stream)
        return sector

    def _is_opened(self, sector: int, sequence: int, first_version: int, stream: int) -> bool:
        if self.state[sector] != CLEAN and not self.erase(sector):
            return False
        header = self._header
        header[: layout.ERASED_BYTES] = layout.erased_header(self.erase_count[sector])
        streams = layout.streams(stream, self.sequence_of_head(1 - stream))
        end, digest = self._end_of(self.heads[1 - stream]), self.digest_mac(first_version)
        opened = (sequence, self.store_salt, first_version, streams, end, digest)
        header[layout.ERASED_BYTES : layout.HEADER_MAC_AT] = struct.pack(
            layout.OPENED_FORMAT, *opened
        )
        self.header_mac(header, self._element)
        header[layout.HEADER_MAC_AT :] = self._element
        # Also what marks it as erased: the MAC covers that, and a cut may have left it weak.
        if self.write(sector * self.sector_bytes, header):
            return True
        self.disown(sector)
        self.state[sector] = BAD
        return False

    def disown(self, sector: int) -> bool:
        """Make zeros of how its header begins: whatever is in it, it is no sector of a store. False
        where the flash does not take them."""
        return self.write(sector * self.sector_bytes, bytes(layout.ERASED_BYTES))

    def spoil(self, start: int, end: int) -> None:
        """Make zeros of what did not become what was written, lest it be taken for that one day."""
        zeros = bytes(len(self._chunk))
        for at in range(start, end, len(zeros)):
            self.write(at, zeros[: min(len(zeros), end - at)])

    def header_mac(self, header: bytearray, out: bytearray) -> None:
        """The MAC that this header should have."""
        self._custody.mac(out, b"sector", memoryview(header)[: layout.HEADER_MAC_AT], b"", b"")

    def is_blank(self, start: int, end: int) -> bool:
        """Whether the flash is erased from `start` up to `end`."""
        chunk = self._chunk
        for at in range(start, end, len(chunk)):
            n_bytes = min(len(chunk), end - at)
            self._flash.read(at, memoryview(chunk)[:n_bytes])
            if chunk.count(b"\xff", 0, n_bytes) != n_bytes:
                return False
        return True

    def written_end(self, start: int, end: int, gap_bytes: int = 0) -> int:
        """Offset behind the last 4 bytes from `start` up to `end` that are not blank; `start` when
        all are. Behind a gap of about `gap_bytes` (0: any) nothing is looked for."""
        found = start
        size = len(self._chunk)
        for at in range(start, end, size):
            if not self.is_blank(at, min(at + size, end)):
                found = min(at + size, end)
            elif gap_bytes and at - found >= gap_bytes:
                break
        while found > start and self.is_blank(found - 4, found):
            found -= 4
        return found

    def write(self, offset: int, buf: "bytes | bytearray | memoryview") -> bool:
        """Program and read back; False when the flash holds something else then."""
        try:
            self._flash.program(offset, buf)
        except OSError:
            return False
        chunk = self._chunk
        for at in range(0, len(buf), len(chunk)):
            part = memoryview(chunk)[: min(len(chunk), len(buf) - at)]
            self._flash.read(offset + at, part)
            if part != buf[at : at + len(part)]:
                return False
        return True
