"""Records that are to be written as one: built in RAM, chained when it is known where they go."""

import struct

from handset.store import layout
from handset.store.errors import TooBig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Transaction:
    """At most `capacity` bytes, the mark included."""

    def __init__(self, custody: "Any", capacity: int) -> None:
        self._custody = custody
        self._capacity = capacity
        self._salt = bytearray(layout.SALT_BYTES)
        self.buf = bytearray(capacity)
        self.starts: list[int] = []
        self.n_bytes = 0
        self.is_begun = False  # by the user; what is added waits for commit
        self.deleted: list[bytes] = []
        self.named: list[bytes] = []  # ids whose names were written since it began

    def clear(self) -> None:
        """Forget what was added."""
        self.starts.clear()
        self.deleted.clear()
        self.named.clear()
        self.n_bytes = 0
        self.is_begun = False

    def last_kind_of(self, record_id: bytes) -> int:
        """VALUE or DELETE, whichever was added last for this id; 0 when neither was."""
        for start in reversed(self.starts):
            kind = self.buf[start] & layout.KIND_MASK
            at = start + layout.ID_AT
            if kind in (layout.VALUE, layout.DELETE) and (
                self.buf[at : at + layout.ID_BYTES] == record_id
            ):
                return kind
        return 0

    def bytes_in_flash(self) -> int:
        """With the mark."""
        return self.n_bytes + layout.MARK_BYTES

    def add_plain(self, kind: int, record_id: bytes, body: bytes, version: int) -> None:
        """A record that is not sealed. Raises TooBig."""
        units = layout.units_for(max(0, len(body) - layout.LENGTH_BYTES))
        start = self.n_bytes
        at = self._add(kind, units, record_id, version)
        self.buf[at : at + len(body)] = body
        if kind == layout.KEYS:
            whole = memoryview(self.buf)[at : at + layout.body_bytes(units)]
            self._custody.mac(self._salt, b"keys", whole, b"", b"")
            self._put_salt(start)

    def add_sealed(
        self, kind: int, domain: int, record_id: bytes, value: bytes, version: int
    ) -> None:
        """A record sealed with the domain's key, or in a box while that is away. Raises TooBig,
        and OSError when a box needs randomness and there is none."""
        self.check_size(len(value))
        boxed = not self._custody.is_open(domain)
        units = layout.units_for(len(value))
        first = layout.kind_byte(kind, domain, boxed)
        start = self.n_bytes
        at = self._add(first, units, record_id, version)
        try:
            self._seal(start, at, boxed, domain, value, version)
        except Exception:
            for i in range(start, self.n_bytes):
                self.buf[i] = 0  # what was to be sealed does not stay in RAM
            self.n_bytes = start
            self.starts.pop()
            raise

    def _seal(
        self, start: int, at: int, boxed: bool, domain: int, value: bytes, version: int
    ) -> None:
        struct.pack_into("<H", self.buf, at, len(value))
        body = at + layout.LENGTH_BYTES
        self.buf[body : body + len(value)] = value
        n_body = layout.body_bytes(self.buf[start + 1])
        bound = bytes(self.buf[start : start + 2]) + bytes(
            self.buf[start + layout.ID_AT : start + layout.SALT_AT]
        )
        seal = self._custody.seal_box if boxed else self._custody.seal
        seal(domain, bound, version, self.buf, at, n_body, self._salt)
        self._put_salt(start)

    def _put_salt(self, start: int) -> None:
        at = start + layout.SALT_AT
        self.buf[at : at + layout.SALT_BYTES] = self._salt

    def check_size(self, n_bytes: int) -> None:
        """Raises TooBig for a value that no transaction takes."""
        if n_bytes > self.value_bytes_max():
            raise TooBig("a value of %d bytes: at most %d" % (n_bytes, self.value_bytes_max()))

    def value_bytes_max(self) -> int:
        """The longest value that fits, alone and in a box."""
        most = layout.UNITS_MAX
        first = layout.kind_byte(layout.VALUE, layout.SERVICE, True) | layout.LAST
        while layout.record_bytes(first, most) > self._capacity:
            most -= 1
        return most * layout.UNIT_BYTES

    def put_digest(self, digest: bytes) -> None:
        """Into the body of the only record, a RELEASE."""
        at = layout.body_at(self.buf[0])
        self.buf[at : at + len(digest)] = digest

    def finish(self, previous: bytearray, sequence: int) -> None:
        """Chain the records behind `previous`, which becomes the last one's MAC. `sequence`: of the
        newest sector."""
        view = memoryview(self.buf)
        for n, start in enumerate(self.starts):
            if n + 1 == len(self.starts):
                self.buf[start] |= layout.LAST
            first, units = self.buf[start], self.buf[start + 1]
            if first & layout.KIND_MASK == layout.DELETE:
                struct.pack_into(layout.DELETE_SALT, self.buf, start + layout.SALT_AT, sequence)
            mac_at = start + layout.mac_at(first, units)
            n_end = layout.end_bytes(first, units)
            self._custody.mac(
                view[mac_at : mac_at + layout.MAC_BYTES],
                previous,
                view[start : start + layout.LIFE_AT],
                view[start + layout.ID_AT : start + layout.RECORD_HEADER_BYTES],
                view[mac_at - n_end : mac_at],
            )
            previous[:] = view[mac_at : mac_at + layout.MAC_BYTES]

    def _add(self, first: int, units: int, record_id: bytes, version: int) -> int:
        """Room for a record, zeros but for its header; where in the buffer its body begins."""
        start = self.n_bytes
        n_bytes = layout.record_bytes(first, units)
        if start + n_bytes + layout.MARK_BYTES > self._capacity:
            raise TooBig(
                "%d bytes in one transaction: at most %d"
                % (start + n_bytes, self._capacity - layout.MARK_BYTES)
            )
        for i in range(start, start + n_bytes):
            self.buf[i] = 0
        struct.pack_into(
            layout.RECORD_FORMAT,
            self.buf,
            start,
            first,
            units,
            layout.ALIVE,
            record_id,
            version,
            b"",
        )
        self.starts.append(start)
        self.n_bytes = start + n_bytes
        return start + layout.body_at(first)
