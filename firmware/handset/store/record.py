"""One record in the flash, looked at without reading what it holds. Made once, used for all."""

import struct

from handset.store import index, layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from hal.contracts import Flash


class Record:
    """`load` reads the header; the other fields are its. `offset` counts from the flash's start."""

    # What all of them read into: nobody looks at two at the same instant.
    _tail = bytearray(layout.PLAIN_BODY_BYTES_MAX + layout.MAC_BYTES + layout.MARK_BYTES)

    def __init__(self, flash: "Flash", custody: "Any") -> None:
        self._flash = flash
        self._custody = custody
        self._head = bytearray(layout.RECORD_HEADER_BYTES)
        self._immutable = memoryview(self._head)[layout.ID_AT :]
        self._first_two = memoryview(self._head)[: layout.LIFE_AT]
        self._found_mac = bytearray(layout.MAC_BYTES)
        self._right_mac = bytearray(layout.MAC_BYTES)
        self.offset = 0
        self.first = 0
        self.units = 0
        self.life = 0
        self.id = b""
        self.version = 0
        self.salt = b""
        self.n_bytes = 0
        self.is_whole = False  # what `load` said
        self._mark = b""

    def load(self, offset: int, room: int) -> bool:
        """False when no record may begin here that ends within `room` bytes."""
        self.offset = offset
        self.is_whole = False
        if room < layout.RECORD_HEADER_BYTES:
            return False
        self._flash.read(offset, self._head)
        found = struct.unpack(layout.RECORD_FORMAT, self._head)
        self.first, self.units, self.life, self.id, self.version, self.salt = found
        self.n_bytes = layout.record_bytes(self.first, self.units)
        self.is_whole = layout.is_plausible(self.first, self.units) and self.n_bytes <= room
        return self.is_whole

    @property
    def kind(self) -> int:
        return self.first & layout.KIND_MASK

    def is_keys(self) -> bool:
        """Told from ciphertext that looks like it, as good as surely: it may be overwritten."""
        if self.first & ~layout.LAST != layout.KEYS or self.units != layout.KEYS_UNITS:
            return False
        return self.id[:-1] == layout.NO_ID[:-1] and self.id[-1] < layout.KEYS_COPIES

    @property
    def is_last(self) -> bool:
        """Of its transaction."""
        return bool(self.first & layout.LAST)

    def key(self) -> int:
        """For the index: values and their deletion are one."""
        kind = layout.VALUE if self.kind == layout.DELETE else self.kind
        return index.hash_of(kind, self.id)

    def is_about(self, kind: int, record_id: bytes) -> bool:
        """Whether it is of this kind (a deletion counts as a value) and id."""
        own = layout.VALUE if self.kind == layout.DELETE else self.kind
        return own == kind and self.id == record_id

    def is_right(self, previous: bytearray) -> bool:
        """Whether its MAC follows from the one before it; `mac` is then its own."""
        end = self._read_end()
        c = self._custody
        c.mac(self._right_mac, previous, self._first_two, self._immutable, end)
        return self._right_mac == self._found_mac

    def mac(self, out: bytearray) -> None:
        """Copy the MAC that `is_right` found in the flash."""
        out[:] = self._found_mac

    def mark(self) -> bytes:
        """What stands where the mark of this last record belongs; `is_right` has read it."""
        return self._mark

    def new_mac(self, previous: bytearray, last: bool, out: bytearray) -> None:
        """The MAC it has behind another record, last of its transaction or not."""
        self._head[0] = self.first = self.first & ~layout.LAST | (layout.LAST if last else 0)
        self.n_bytes = layout.record_bytes(self.first, self.units)
        end = self._read_end()
        self._custody.mac(out, previous, self._first_two, self._immutable, end)

    def first_byte(self) -> int:
        return self._head[0]

    def _read_end(self) -> memoryview:
        at = layout.mac_at(self.first, self.units)
        n_end = layout.end_bytes(self.first, self.units)
        n_bytes = n_end + layout.MAC_BYTES + (layout.MARK_BYTES if self.is_last else 0)
        tail = memoryview(self._tail)[:n_bytes]
        self._flash.read(self.offset + at - n_end, tail)
        self._found_mac[:] = tail[n_end : n_end + layout.MAC_BYTES]
        self._mark = bytes(tail[n_end + layout.MAC_BYTES :])
        return tail[:n_end]
