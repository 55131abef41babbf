"""The log: appends transactions, knows where each record is, makes room."""

from handset.store import layout
from handset.store.compaction import Compaction, wipe_record
from handset.store.errors import Damaged, WornOut
from handset.store.index import Index, finger_of, hash_of
from handset.store.record import Record
from handset.store.room import NORMAL, Room, spare_places
from handset.store.sectors import LIVE, Sectors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from hal.contracts import Flash
    from handset.store.transaction import Transaction

_ATTEMPTS = 3


class Log:
    """All that is between the records' meaning and the flash."""

    def __init__(self, flash: "Flash", custody: "Any", records_max: int) -> None:
        self.flash = flash
        self.custody = custody
        self.sectors = Sectors(flash, custody)
        self.record = Record(flash, custody)  # for one look at a time
        self.found = Record(flash, custody)  # what `find` has found, until the next look
        self.index = Index(records_max, spare_places(records_max), self._key_at)
        self.compaction = Compaction(self)
        self.room = Room(self)
        self.n_deletions = 0  # that the index holds
        self.version = 1  # of the next record
        self.head_version = 0  # the highest that was committed
        self.capacity = min(self.sectors.sector_bytes, 4096) - layout.SECTOR_HEADER_BYTES
        self._to_kill: list[int] = []
        self._keys_to_wipe: list[int] = []
        self._wanted_kind = 0
        self._wanted_id: "bytes | memoryview" = b""
        self._doubtful_at = -1  # where `find_surely` met what it cannot trust
        self._base = 0  # where the last transaction lies
        self._before = bytearray(layout.MAC_BYTES + layout.MARK_BYTES)
        self._previous = bytearray(layout.MAC_BYTES)
        self.n_commits = 0
        self.n_payload_bytes = 0
        # Writes of its own that the flash refused, and that it goes on without: a second copy of
        # the keys, zeros over old ones, what announces a wipe.
        self.n_unwritten = 0

    def forget_all(self) -> None:
        """As if the flash had not been looked at yet."""
        self.sectors.forget()
        self.index.clear()
        self.compaction.stop()
        self.room.forget()
        self._to_kill.clear()
        self._keys_to_wipe.clear()
        self.version = 1
        self.head_version = 0
        self.n_deletions = 0

    # --- finding ------------------------------------------------------------------------------

    def look(self, place: int, record: "Record") -> "Record":
        """Load what the index has at a place."""
        record.load(place * 4, self.sectors.sector_bytes)
        return record

    def _key_at(self, place: int) -> int:
        return self.look(place, self.found).key()

    def _is_wanted(self, place: int) -> bool:
        self.found.load(place * 4, self.sectors.sector_bytes)
        return self.found.is_about(self._wanted_kind, self._wanted_id)

    def find(self, kind: int, record_id: "bytes | memoryview") -> int:
        """Place of the newest record of this kind and id, 0 for none."""
        self._wanted_kind, self._wanted_id = kind, record_id
        return self.index.find(hash_of(kind, record_id), self._is_wanted)

    def has_value(self, record_id: "bytes | memoryview") -> bool:
        """Whether there is one, and no deletion in its place."""
        return bool(self.find(layout.VALUE, record_id)) and self.found.kind == layout.VALUE

    def slot_for(self, record: "Record", key: int) -> int:
        """Where the index has the newest record of the same kind and id, or has room for it."""
        kind = record.kind
        self._wanted_kind = layout.VALUE if kind == layout.DELETE else kind
        self._wanted_id = record.id
        return self.index.slot_of(key, self._is_wanted)

    def find_surely(self, kind: int, record_id: bytes) -> int:
        """As `find`, and Damaged rather than none where a record that might be it has changed: had
        it been written again since, it would have been found."""
        self._wanted_kind, self._wanted_id = kind, record_id
        self._doubtful_at = -1
        place = self.index.find(hash_of(kind, record_id), self._is_surely_wanted)
        if not place and self._doubtful_at >= 0:
            raise Damaged("the record at 0x%x has changed: it is lost" % self._doubtful_at)
        return place

    def _is_surely_wanted(self, place: int) -> bool:
        if self._is_wanted(place):
            return True
        other = self.found
        wanted = hash_of(self._wanted_kind, self._wanted_id)
        if finger_of(other.key()) != finger_of(wanted) or not self.is_in_place(other):
            self._doubtful_at = other.offset
        return False

    def is_in_place(self, record: "Record") -> bool:
        """Whether it is the one that was written here: right, and in the sector that was opened
        here."""
        is_itself = self.sectors.is_itself(self.sectors.place_of(record.offset))
        if not is_itself or not record.is_whole:
            return False
        return record.is_right(self.previous_of(record)) or self._is_behind_damage(record)

    def _is_behind_damage(self, record: "Record") -> bool:
        """Whether it follows the one before it as that should be: whose MAC is damaged costs no
        other record."""
        sectors, before = self.sectors, Record(self.flash, self.custody)
        base = sectors.place_of(record.offset) * sectors.sector_bytes
        at = base + layout.SECTOR_HEADER_BYTES
        while at < record.offset:
            if not before.load(at, record.offset - at):
                return False
            at += before.n_bytes
        if at != record.offset or not before.is_whole:
            return False
        before.is_right(self.previous_of(before))
        return record.is_right(before.right_mac)

    def previous_of(self, record: "Record") -> bytearray:
        """The MAC before a record: right before it, or before a mark, or the header's."""
        self.flash.read(record.offset - len(self._before), self._before)
        at_start = record.offset % self.sectors.sector_bytes == layout.SECTOR_HEADER_BYTES
        is_marked = not at_start and self._before[layout.MAC_BYTES :] == layout.MARK
        start = 0 if is_marked else layout.MARK_BYTES
        self._previous[:] = self._before[start : start + layout.MAC_BYTES]
        return self._previous

    def body(self, record: "Record") -> "tuple[bytearray, int]":
        """Box, body and tag of a record as they are in the flash; and where in them the body
        begins."""
        at = layout.RECORD_HEADER_BYTES
        buf = bytearray(layout.mac_at(record.first, record.units) - at)
        self.flash.read(record.offset + at, buf)
        return buf, layout.body_at(record.first) - at

    def next_version(self) -> int:
        """Of a record that is to be written; it is used up."""
        version = self.version
        self.version = version + 1
        return version

    # --- appending ----------------------------------------------------------------------------

    def commit(
        self, transaction: "Transaction", level: int = NORMAL, stream: int = layout.HOT
    ) -> None:
        """Write all of a transaction, or nothing. Raises Full, WornOut."""
        if not transaction.starts:
            return
        n_new, n_superseded = self._measure(transaction)
        self.room.make_index_room(n_new, level)
        self.room.make(transaction.bytes_in_flash(), n_superseded, level, stream)
        self.write(transaction, stream)
        self.kill_superseded()

    def _measure(self, transaction: "Transaction") -> "tuple[int, int]":
        """How many of its records have an id that is not there yet, and how many bytes others
        supersede."""
        n_new = n_superseded = 0
        n_bytes_of: dict = {}  # those that supersede each other
        for start in transaction.starts:
            first, units = transaction.buf[start], transaction.buf[start + 1]
            kind, at = first & layout.KIND_MASK, start + layout.ID_AT
            record_id = bytes(transaction.buf[at : at + layout.ID_BYTES])
            key = layout.VALUE if kind == layout.DELETE else kind, record_id
            n_bytes = n_bytes_of.get(key)
            if n_bytes is None:
                old = self.find(key[0], record_id)
                n_new += not old
                n_bytes = self.found.n_bytes if old else 0
            n_superseded += n_bytes
            n_bytes_of[key] = layout.record_bytes(first, units)
        return n_new, n_superseded

    def write(self, transaction: "Transaction", stream: int, released: int = -1) -> None:
        """As `commit`, where there is a free sector at least. Raises WornOut. `released`: the
        sector that a RELEASE is about."""
        for _ in range(_ATTEMPTS):
            if self._try_write(transaction, stream, released):
                break
            self.sectors.open_next(stream, self.version)
        else:
            raise WornOut("the flash does not keep what is written: replace the handset")
        base = self._base
        self.sectors.end[self.sectors.heads[stream].sector] += transaction.bytes_in_flash()
        self.n_commits += 1
        for start in transaction.starts:
            self._apply(base + start)

    def _try_write(self, transaction: "Transaction", stream: int, released: int) -> bool:
        sectors, head = self.sectors, self.sectors.heads[stream]
        if sectors.room(stream) < transaction.bytes_in_flash():
            return False
        self._base = head.sector * sectors.sector_bytes + sectors.end[head.sector]
        mac = bytearray(head.last_mac)
        if released >= 0:
            transaction.put_digest(sectors.digest_mac(self.version, released))
        transaction.finish(mac, max(sectors.sequence))
        records = memoryview(transaction.buf)[: transaction.n_bytes]
        done = sectors.write(self._base, records) and sectors.write(
            self._base + transaction.n_bytes, layout.MARK
        )
        if done:
            head.last_mac[:] = mac
        else:
            sectors.spoil(self._base, self._base + transaction.bytes_in_flash())
        return done

    def _apply(self, offset: int) -> None:
        """Take a record that has just been written into account."""
        record = self.look(offset // 4, self.record)
        kind, record_id, n_bytes = record.kind, bytes(record.id), record.n_bytes
        self.head_version = max(self.head_version, record.version())
        if kind in (layout.RELEASE, layout.WIPE):
            return
        if kind == layout.DELETE:
            self.n_deletions += 1
            self.drop(layout.NAME, record_id, record.version())
        self.replace(kind, record_id, offset, n_bytes)

    def replace(
        self, kind: int, record_id: "bytes | memoryview", offset: int, n_bytes: int
    ) -> None:
        """The newest record of an id is now at `offset`."""
        key_kind = layout.VALUE if kind == layout.DELETE else kind
        self._wanted_kind, self._wanted_id = key_kind, record_id
        key = hash_of(key_kind, record_id)
        slot = self.index.slot_of(key, self._is_wanted)
        if self.index.place_in(slot):
            if self.found.kind == layout.DELETE and not self.compaction.is_moving:
                self.n_deletions -= 1
            self._account_for_loss(self.found)
        self.index.put(slot, key, offset // 4)
        self.sectors.live_bytes[self.sectors.place_of(offset)] += n_bytes

    def drop(self, kind: int, record_id: bytes, version: int) -> None:
        """Forget a record that is older than `version` and that nothing replaces."""
        old = self.find(kind, record_id)
        if old and self.found.version() < version:
            key = self.found.key()
            self._account_for_loss(self.found)
            self.index.remove(key, old)

    def forget(self, place: int) -> None:
        """Take a record out of index and account, and leave it as it is in the flash."""
        old = self.look(place, self.found)
        self.lose(old)
        key = old.key()
        if self.index.has(key, place):
            self.index.remove(key, place)
        else:
            self.index.remove_at(place)

    def gain(self, new: "Record") -> None:
        """Its bytes are needed."""
        sectors = self.sectors
        sectors.live_bytes[new.offset // sectors.sector_bytes] += new.n_bytes

    def lose(self, old: "Record") -> None:
        """Its bytes are not needed any more."""
        # A record that has changed in the flash may seem longer than it was.
        sector = self.sectors.place_of(old.offset)
        live_bytes = self.sectors.live_bytes[sector]
        self.sectors.live_bytes[sector] = max(0, live_bytes - old.n_bytes)

    def _account_for_loss(self, old: "Record") -> None:
        self.lose(old)
        if self.compaction.is_moving:
            return
        if old.is_keys():
            self._keys_to_wipe.append(old.offset)
        else:
            self._to_kill.append(old.offset)

    def kill_superseded(self) -> bool:
        """What has a newer version says so in the flash: should that be damaged one day, the old
        one is not taken for it; keys are overwritten. False: there is none."""
        if not self._to_kill and not self._keys_to_wipe:
            return False
        while self._keys_to_wipe:
            old = self.look(self._keys_to_wipe.pop() // 4, self.record)
            if old.is_keys():
                wipe_record(self, old)
        while self._to_kill:
            offset = self._to_kill.pop()
            sector = self.sectors.place_of(offset)
            if self.sectors.state[sector] == LIVE:
                self.sectors.write(offset + layout.LIFE_AT, layout.DEAD)
        return True
