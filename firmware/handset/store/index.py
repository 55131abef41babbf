"""Where the newest record of each id lies: open addressing, 4 bytes a slot, 4 slots for 3 records.

A slot holds the record's place in the flash in units of 4 bytes, and 8 bits of its id: others are
told apart by reading the record. All of it stays below 2^30, an integer that needs no heap.
"""

from array import array

from handset.store.errors import Full

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PLACE_BITS = 22
_PLACE_MASK = (1 << _PLACE_BITS) - 1
_FINGER_MASK = 0xFF
PLACES_MAX = 1 << _PLACE_BITS


def hash_of(kind: int, record_id: "bytes | bytearray | memoryview") -> int:
    """28 bits, by way of numbers that need no heap; ids that count up lie far apart."""
    low = record_id[0] | record_id[1] << 8
    high = record_id[2] | record_id[3] << 8 | record_id[4] << 16 | (record_id[5] & 0x07) << 24
    spread = (high & 0x7FFF) * 16411 + (high >> 15) + (low & 0x3FFF) * 15013 + (low >> 14)
    return (spread + kind * 7919) & 0xFFFFFFF


def finger_of(key: int) -> int:
    """What a slot keeps of a hash."""
    return (key ^ key >> 9 ^ key >> 18) & _FINGER_MASK


class Index:
    """Room for `records_max`; `is_same(place)` tells whether the record there is the one meant."""

    def __init__(self, records_max: int, n_spare: int, key_at: "Callable[[int], int]") -> None:
        self._n_slots = (records_max + n_spare) * 4 // 3 + 2
        # Of a range, which has a length: made in one piece, where bytes would be there twice.
        self._slots = array("I", range(self._n_slots))
        self._key_at = key_at  # of the record at a place: its hash_of
        self.records_max = records_max  # who writes sees to it
        self.clear()

    def n_bytes(self) -> int:
        """Of RAM, for all slots."""
        return 4 * self._n_slots

    def clear(self) -> None:
        """Forget everything."""
        for i in range(self._n_slots):
            self._slots[i] = 0
        self.n_records = 0

    def find(self, key: int, is_same: "Callable[[int], bool]") -> int:
        """Place of the record, 0 if there is none."""
        return self._slots[self.slot_of(key, is_same)] & _PLACE_MASK

    def has(self, key: int, place: int) -> bool:
        """Whether the newest record of this key is the one at `place`."""
        slot = key % self._n_slots
        while self._slots[slot]:
            if self._slots[slot] & _PLACE_MASK == place:
                return True
            slot = self._after(slot)
        return False

    def slot_of(self, key: int, is_same: "Callable[[int], bool]") -> int:
        """Where the record is, or where there is room for it."""
        slots, n_slots = self._slots, self._n_slots
        finger = (key ^ key >> 9 ^ key >> 18) & _FINGER_MASK  # finger_of, without a call
        slot = key % n_slots
        found = slots[slot]
        while found:
            if found >> _PLACE_BITS == finger and is_same(found & _PLACE_MASK):
                break
            slot += 1
            if slot == n_slots:
                slot = 0
            found = slots[slot]
        return slot

    def place_in(self, slot: int) -> int:
        """0 for none."""
        return self._slots[slot] & _PLACE_MASK

    def put(self, slot: int, key: int, place: int) -> None:
        """The record is now at `place`; `slot` is what `slot_of` said. Raises Full."""
        if not self._slots[slot]:
            if self.n_records + 1 >= self._n_slots:
                raise Full("the index of %d slots is full" % self._n_slots)
            self.n_records += 1
        self._slots[slot] = place | finger_of(key) << _PLACE_BITS

    def remove(self, key: int, place: int) -> None:
        """Forget the record at `place`: those behind it that it had pushed away move up."""
        hole = self._slot_at(key, place)
        self.n_records -= 1
        slot = hole
        while True:
            slot = self._after(slot)
            found = self._slots[slot]
            if not found:
                break
            home = self._key_at(found & _PLACE_MASK) % self._n_slots
            if (slot - home) % self._n_slots >= (slot - hole) % self._n_slots:
                self._slots[hole] = found
                hole = slot
        self._slots[hole] = 0

    def remove_at(self, place: int) -> None:
        """Forget what was at a place, without reading it: it is no longer what it was."""
        slot = 0
        while self._slots[slot] & _PLACE_MASK != place:
            slot += 1
        self.n_records -= 1
        moved = []
        self._slots[slot] = 0
        slot = self._after(slot)
        while self._slots[slot]:
            moved.append(self._slots[slot])
            self._slots[slot] = 0
            slot = self._after(slot)
        for found in moved:
            slot = self._key_at(found & _PLACE_MASK) % self._n_slots
            while self._slots[slot]:
                slot = self._after(slot)
            self._slots[slot] = found

    def places(self) -> "Iterator[int]":
        """Every record's place. One that is removed meanwhile does not hide another; one may come
        twice."""
        end = 0
        while self._slots[end]:
            end += 1
        # Backwards, from a slot that is free: what moves up comes to where it is still to be met.
        slot = end - 1 if end else self._n_slots - 1
        while slot != end:
            found = self._slots[slot]
            if found:
                yield found & _PLACE_MASK
            slot = slot - 1 if slot else self._n_slots - 1

    def _after(self, slot: int) -> int:
        return slot + 1 if slot + 1 < self._n_slots else 0

    def _slot_at(self, key: int, place: int) -> int:
        slot = key % self._n_slots
        while self._slots[slot] & _PLACE_MASK != place:
            if not self._slots[slot]:
                raise KeyError(place)
            slot = self._after(slot)
        return slot
