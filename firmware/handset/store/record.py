"""One record in the flash, looked at without reading what it holds. Made once, used for all."""

from handset.store import layout
from handset.store.index import hash_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from hal.contracts import Flash


# The constants that every look needs: an attribute of a module is looked up each time.
_KIND_MASK = layout.KIND_MASK
_LAST = layout.LAST
_BOX = layout.BOX
_SEALED = layout.SEALED
_VALUE = layout.VALUE
_DELETE = layout.DELETE
_SEALED_BYTES = layout.record_bytes(layout.VALUE, 0)
_MAC_AT = layout.PLAIN_BODY_BYTES_MAX  # in `_tail`


class Record:
    """`load` reads the header; the other fields are its. `offset` counts from the flash's start."""

    # What all of them read into: nobody looks at two at the same instant. The MAC is at the same
    # place always, what it covers before it, a mark behind it.
    _tail = memoryview(bytearray(_MAC_AT + layout.MAC_BYTES + layout.MARK_BYTES))
    _tag = _tail[_MAC_AT - layout.TAG_BYTES : _MAC_AT]
    _from_tag = _tail[_MAC_AT - layout.TAG_BYTES :]
    found_mac = _tail[_MAC_AT : _MAC_AT + layout.MAC_BYTES]  # read by `is_right`
    mark = _tail[_MAC_AT + layout.MAC_BYTES :]  # of a last record, read by `is_right`

    def __init__(self, flash: "Flash", custody: "Any") -> None:
        self._flash = flash
        self._custody = custody
        self._head = bytearray(layout.RECORD_HEADER_BYTES)
        self._immutable = memoryview(self._head)[layout.ID_AT :]
        self._first_two = memoryview(self._head)[: layout.LIFE_AT]
        # Windows of what was loaded last.
        self.id = memoryview(self._head)[layout.ID_AT : layout.VERSION_AT]
        self.salt = memoryview(self._head)[layout.SALT_AT :]
        self.life = memoryview(self._head)[layout.LIFE_AT : layout.ID_AT]
        self.right_mac = bytearray(layout.MAC_BYTES)
        self.offset = 0
        self.first = 0
        self.kind = 0
        self.units = 0
        self.n_bytes = 0
        self.is_whole = False  # what `load` said

    def load(self, offset: int, room: int) -> bool:
        """False when no record may begin here that ends within `room` bytes."""
        self.offset = offset
        self.is_whole = False
        if room < layout.RECORD_HEADER_BYTES:
            return False
        head = self._head
        self._flash.read(offset, head)
        self.first = first = head[0]
        self.units = units = head[1]
        self.kind = kind = first & _KIND_MASK
        if kind in _SEALED:
            # As layout says it of the others below, without a call: nearly all are sealed.
            n_bytes = _SEALED_BYTES + units * 16 + (4 if first & _LAST else 0)
            if first & _BOX:
                n_bytes += layout.BOX_BYTES
            is_plausible = first & 0x30 and units <= layout.UNITS_MAX  # a domain
        else:
            n_bytes = layout.record_bytes(first, units)
            is_plausible = layout.is_plausible(first, units)
        self.n_bytes = n_bytes
        if is_plausible and n_bytes <= room:
            self.is_whole = True
            return True
        return False

    def header(self) -> bytes:
        """What `load` has read, for `again`."""
        return bytes(self._head)

    def again(self, offset: int, header: bytes) -> None:
        """As it was when this header was loaded from there: what a cut has left may read otherwise
        now."""
        self._head[:] = header
        self.offset = offset
        self.first, self.units = header[0], header[1]
        self.kind = self.first & _KIND_MASK
        self.n_bytes = layout.record_bytes(self.first, self.units)
        self.is_whole = True

    # No property in this class: one makes setting any attribute slow.

    def version(self) -> int:
        head = self._head
        return head[10] | head[11] << 8 | head[12] << 16 | head[13] << 24

    def is_alive(self) -> bool:
        """Whether it does not say that there is a newer one."""
        return self.life == layout.ALIVE or layout.is_alive(self.life)

    def is_keys(self) -> bool:
        """Told from ciphertext that looks like it, as good as surely: it may be overwritten."""
        if self.first & ~layout.LAST != layout.KEYS or self.units != layout.KEYS_UNITS:
            return False
        return self.id[:-1] == layout.NO_ID[:-1] and self.id[-1] < layout.KEYS_COPIES

    def key(self) -> int:
        """For the index: values and their deletion are one."""
        kind = self.kind
        return hash_of(_VALUE if kind == _DELETE else kind, self.id)

    def is_about(self, kind: int, record_id: "bytes | memoryview") -> bool:
        """Whether it is of this kind (a deletion counts as a value) and id."""
        own = self.kind
        return self.id == record_id and (_VALUE if own == _DELETE else own) == kind

    def is_right(self, previous: bytearray) -> bool:
        """Whether its MAC follows from the one before it; `found_mac` is then its own."""
        end = self._read_end()
        c = self._custody
        c.mac(self.right_mac, previous, self._first_two, self._immutable, end)
        return self.right_mac == self.found_mac

    def new_mac(self, previous: bytearray, last: bool, out: bytearray) -> None:
        """The MAC it has behind another record, last of its transaction or not."""
        self._head[0] = self.first = self.first & ~layout.LAST | (layout.LAST if last else 0)
        self.n_bytes = layout.record_bytes(self.first, self.units)
        end = self._read_end()
        self._custody.mac(out, previous, self._first_two, self._immutable, end)

    def first_byte(self) -> int:
        return self._head[0]

    def _read_end(self) -> memoryview:
        """What the MAC covers behind the header."""
        first = self.first
        if first & _LAST and self.kind in _SEALED:
            self._flash.read(self.offset + self.n_bytes - len(self._from_tag), self._from_tag)
            return self._tag
        start = _MAC_AT - layout.end_bytes(first, self.units)
        behind = _MAC_AT + layout.MAC_BYTES + (layout.MARK_BYTES if first & _LAST else 0)
        self._flash.read(self.offset + self.n_bytes - behind + start, self._tail[start:behind])
        return self._tail[start:_MAC_AT]
