"""Datagrams over frames of 250 bytes: what ESP-NOW (version 1) carries at most.

A frame is up to 245 bytes of the datagram and a trailer of five:

    octet 0  0xB7, so that frames of other products are told apart
          1  channel
          2  number of the datagram, counted by its sender for each channel
          3  index of this frame << 4 | number of frames of the datagram
          4  bytes before the trailer

At the end, because then the datagram's bytes begin where the buffer does and one call copies them.
A datagram that lost a frame is lost. Nothing here allocates once it is constructed, except as said.
"""

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

FRAME_BYTES_MAX = 250
TRAILER_BYTES = 5
PART_BYTES = FRAME_BYTES_MAX - TRAILER_BYTES
PARTS_MAX = 15
SENDER_BYTES = 6

_MARK = 0xB7
_CHANNEL_AT = 1
_NUMBER_AT = 2
_PART_AT = 3
_LENGTH_AT = 4
# pack_into() with "s" is a memcpy that takes nothing from the heap, where a slice would; it pads
# with zeros what the source lacks.
_COPY_PART = "245s"

# The order of datagrams counts in small ints, round after more of them than months bring.
_ORDER_MASK = 0x3FFFFFFF
_ORDER_HALF = 0x1FFFFFFF

_FREE = 0
_PARTIAL = 1
_WHOLE = 2


def copy(target: bytearray, at: int, source: bytearray, n_bytes: int) -> None:
    """`source[:n_bytes]` to `target[at:]`; beyond it up to PART_BYTES of `target` may change."""
    if n_bytes <= PART_BYTES and at + PART_BYTES <= len(target):
        struct.pack_into(_COPY_PART, target, at, source)
    else:
        for i in range(n_bytes):
            target[at + i] = source[i]


class Splitter:
    """Datagrams of one channel into frames.

    `send(frame) -> bool` gets each frame as a memoryview of exactly its length. The first frame of
    each length allocates its view, once.
    """

    def __init__(self, channel: int, parts_max: int, send: "Callable[[memoryview], bool]") -> None:
        if not 1 <= parts_max <= PARTS_MAX:
            raise ValueError("a datagram has 1 to %d frames" % PARTS_MAX)
        self._send = send
        self._channel = channel
        self._bytes_max = parts_max * PART_BYTES
        self._number = 0
        self._frame = bytearray(FRAME_BYTES_MAX)
        self._views = {}

    def send(self, buf: bytearray, n_bytes: int) -> bool:
        """Send `buf[:n_bytes]`; False when it is too long or a frame was not taken."""
        if n_bytes > self._bytes_max:
            return False
        self._number = (self._number + 1) & 0xFF
        if n_bytes > PART_BYTES:
            return self._send_parts(buf, n_bytes)
        copy(self._frame, 0, buf, n_bytes)
        return self._send_frame(0, 1, n_bytes)

    def _send_parts(self, buf: bytearray, n_bytes: int) -> bool:
        n_parts = (n_bytes + PART_BYTES - 1) // PART_BYTES
        for part in range(n_parts):
            start = part * PART_BYTES
            length = min(PART_BYTES, n_bytes - start)
            for i in range(length):
                self._frame[i] = buf[start + i]
            if not self._send_frame(part, n_parts, length):
                return False
        return True

    def _send_frame(self, part: int, n_parts: int, length: int) -> bool:
        frame = self._frame
        frame[length] = _MARK
        frame[length + _CHANNEL_AT] = self._channel
        frame[length + _NUMBER_AT] = self._number
        frame[length + _PART_AT] = part << 4 | n_parts
        frame[length + _LENGTH_AT] = length
        view = self._views.get(length)
        if view is None:
            view = memoryview(frame)[: length + TRAILER_BYTES]
            self._views[length] = view
        return self._send(view)


class _Slot:
    """A datagram that waits to be taken, or for its missing frames."""

    def __init__(self, parts_max: int) -> None:
        self.buf = bytearray(parts_max * PART_BYTES)
        self.state = _FREE
        self.sender = bytearray(SENDER_BYTES)
        self.number = 0
        self.n_parts = 0
        self.missing = 0  # bit mask of parts
        self.n_bytes = 0
        self.order = 0
        self.started_ms = 0


class Inbox:
    """Frames of one channel back into datagrams, for several senders at once.

    With all slots taken a new datagram replaces the oldest unfinished one, or is dropped.
    """

    def __init__(
        self,
        slots: int,
        parts_max: int,
        ticks_diff: "Callable[[int, int], int]",
        patience_ms: int = 500,
    ) -> None:
        if not 1 <= parts_max <= PARTS_MAX:
            raise ValueError("a datagram has 1 to %d frames" % PARTS_MAX)
        self._slots = [_Slot(parts_max) for _ in range(slots)]
        self._parts_max = parts_max
        self._ticks_diff = ticks_diff
        self._patience_ms = patience_ms
        self._order = 0
        self.waiting = 0
        # Frames that are none of ours or say nonsense; datagrams for which there was no room;
        # datagrams of which a frame never came.
        self.malformed = 0
        self.dropped = 0
        self.incomplete = 0

    def put(self, sender: bytes, frame: bytearray, n_bytes: int, now_ms: int) -> None:
        """A frame of `sender`, six bytes, which `channel_of` has found to be of this channel."""
        length = n_bytes - TRAILER_BYTES
        n_parts = frame[length + _PART_AT] & 0x0F
        part = frame[length + _PART_AT] >> 4
        if not self._makes_sense(part, n_parts, length):
            self.malformed += 1
            return
        slot = self._slot(sender, frame[length + _NUMBER_AT], n_parts, now_ms)
        if slot is None or not slot.missing >> part & 1:
            return
        copy(slot.buf, part * PART_BYTES, frame, length)
        slot.n_bytes += length
        slot.missing &= ~(1 << part)
        if not slot.missing:
            slot.state = _WHOLE
            slot.order = self._next_order()
            self.waiting += 1

    def take(self, buf: bytearray) -> int:
        """The next whole datagram into `buf`: its length, cut to that of `buf`; -1 for none."""
        slot = self._oldest(_WHOLE)
        if slot is None:
            return -1
        n_bytes = min(slot.n_bytes, len(buf))
        copy(buf, 0, slot.buf, n_bytes)
        slot.state = _FREE
        self.waiting -= 1
        return n_bytes

    def _makes_sense(self, part: int, n_parts: int, length: int) -> bool:
        # All parts but the last are full, so that a part says where it belongs.
        return part < n_parts <= self._parts_max and (length == PART_BYTES or part == n_parts - 1)

    def _slot(self, sender: bytes, number: int, n_parts: int, now_ms: int) -> "_Slot | None":
        """The slot of this datagram, a fresh one if it is new; None when there is no room."""
        if n_parts > 1:
            for slot in self._slots:
                if (
                    slot.state == _PARTIAL
                    and slot.number == number
                    and slot.n_parts == n_parts
                    and slot.sender == sender
                    and 0 <= self._ticks_diff(now_ms, slot.started_ms) <= self._patience_ms
                ):
                    return slot
        slot = self._room(now_ms)
        if slot is None:
            self.dropped += 1
            return None
        slot.state = _PARTIAL
        # The caller's buffer gets the next sender.
        for i in range(SENDER_BYTES):
            slot.sender[i] = sender[i]
        slot.number = number
        slot.n_parts = n_parts
        slot.missing = (1 << n_parts) - 1
        slot.n_bytes = 0
        slot.started_ms = now_ms
        slot.order = self._next_order()
        return slot

    def _next_order(self) -> int:
        order = self._order
        self._order = (order + 1) & _ORDER_MASK
        return order

    def _room(self, now_ms: int) -> "_Slot | None":
        for slot in self._slots:
            if slot.state == _FREE:
                return slot
        slot = self._oldest(_PARTIAL)
        if slot is not None:
            self.incomplete += 1
        return slot

    def _oldest(self, state: int) -> "_Slot | None":
        found = None
        for slot in self._slots:
            if slot.state == state and (
                found is None or (slot.order - found.order) & _ORDER_MASK > _ORDER_HALF
            ):
                found = slot
        return found


def channel_of(frame: bytearray, n_bytes: int) -> int:
    """The channel a frame belongs to; -1 when it is not one of ours."""
    length = n_bytes - TRAILER_BYTES
    if length < 0 or frame[length] != _MARK or frame[length + _LENGTH_AT] != length:
        return -1
    return frame[length + _CHANNEL_AT]
