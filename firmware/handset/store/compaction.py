"""Empties sectors in which little is needed: what is needed moves to the cold head, as it is.

In slices: some records are found and moved as one transaction, and the log is whole after each.
When nothing is left that is needed, a RELEASE takes the sector out of the digest. A released sector
may still be read by nobody, and is erased before anything else is compacted: so a RELEASE is no
longer needed when its own sector is compacted.
"""

import struct

from handset.store import layout
from handset.store.record import Record
from handset.store.sectors import LIVE, RELEASED
from handset.store.transaction import Transaction

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handset.store.log import Log

_RECORDS_A_SLICE = 4
_BYTES_A_SLICE = 2048  # then no more, but for the one that went beyond
_LOOKS_A_SLICE = 32
_CHUNK_BYTES = 128
_RELEASE_BODY_BYTES = layout.LENGTH_BYTES + layout.UNIT_BYTES


class Compaction:
    """One sector at a time; `is_moving` while records change place and not version."""

    def __init__(self, log: "Log") -> None:
        self._log = log
        self._record = Record(log.flash, log.custody)
        self._chunk = bytearray(_CHUNK_BYTES)
        self._mac = bytearray(layout.MAC_BYTES)
        self._release = Transaction(log.custody, 128)
        self._victim = -1
        self._at = 0
        self._oldest = 0
        self._is_careful = False  # looks at the MACs of all records, not of those needed only
        self._keys_met: list[int] = []
        self._refused: set[int] = set()  # they hold what was damaged since the opening
        self.is_moving = False
        self.n_moved_bytes = 0
        self.n_altered = 0

    def is_under_way(self) -> bool:
        return self._victim >= 0

    def stop(self) -> None:
        """Forget what was under way: nothing is lost by that."""
        self._victim = -1
        self._keys_met.clear()
        self._refused.clear()

    def is_possible(self, sector: int) -> bool:
        """Whether a sector may be emptied."""
        sectors = self._log.sectors
        is_live = sectors.state[sector] == LIVE and not sectors.is_head(sector)
        return is_live and sector not in self._refused

    def choose(self) -> int:
        """The sector that has least to move, -1 when none would give anything."""
        sectors = self._log.sectors
        best = -1
        for i in range(sectors.n):
            if not self.is_possible(i):
                continue
            if best < 0 or sectors.live_bytes[i] < sectors.live_bytes[best]:
                best = i
        full = sectors.sector_bytes * 15 // 16
        return best if best >= 0 and sectors.live_bytes[best] <= full else -1

    def begin(self, victim: int) -> bool:
        """Start with this sector (-1: with none). False when there is nothing to do."""
        if victim < 0:
            return False
        log = self._log
        while self.erase_released():
            pass
        self._victim = victim
        # Of another sector in its place nothing is moved: what is needed is missed at the end.
        is_itself = log.sectors.is_itself(victim)
        self._at = layout.SECTOR_HEADER_BYTES if is_itself else -1
        self._is_careful = not is_itself
        self._keys_met.clear()
        self._oldest = self._oldest_sequence(victim)
        return True

    def erase_released(self) -> bool:
        """Erase one sector that has been released; False when there is none."""
        sectors = self._log.sectors
        for i in range(sectors.n):
            if sectors.state[i] == RELEASED:
                sectors.erase(i)
                return True
        return False

    def one_sector(self) -> bool:
        """Empty a whole sector. False when none would give anything."""
        if not self.is_under_way() and not self.begin(self.choose()):
            return False
        self.finish()
        return True

    def finish(self) -> None:
        """All slices of what is under way."""
        while self.is_under_way():
            self.slice()

    def slice(self) -> None:
        """Move a few records, or release the sector."""
        if self._at >= 0:
            self._move_all(self._collect())
        elif self._log.sectors.live_bytes[self._victim] and not self._is_careful:
            self._is_careful = True
            self._at = layout.SECTOR_HEADER_BYTES
        else:
            self._release_victim()

    # --- what is needed -----------------------------------------------------------------------

    def _oldest_sequence(self, victim: int) -> int:
        """Of the sectors that stay."""
        sectors = self._log.sectors
        stay = [i for i in range(sectors.n) if sectors.state[i] == LIVE and i != victim]
        return min(sectors.sequence[i] for i in stay)

    def _collect(self) -> "list[int]":
        """Offsets of the next records that are needed; the place to go on, -1 at the end."""
        log, record = self._log, self._record
        sectors = log.sectors
        base = self._victim * sectors.sector_bytes
        end = sectors.end[self._victim]
        offsets: list[int] = []
        n_bytes = n_forgotten = 0
        for _ in range(_LOOKS_A_SLICE):
            if self._at >= end:
                self._at = -1
                break
            is_one = record.load(base + self._at, end - self._at)
            is_known = is_one and self._is_known(record)
            # Most of them are not needed, and their MACs are not looked at: where one is damaged
            # and leads beyond what is needed, all is done once more, carefully.
            is_checked = is_known or self._is_careful
            if not is_one or (is_checked and not record.is_right(log.previous_of(record))):
                # Damaged. Its length is not to be trusted: the next one is found by its MAC.
                self._at += 4
                continue
            self._at += record.n_bytes
            if record.is_keys():
                self._keys_met.append(record.offset)
            if not is_known:
                continue
            if self._counts(record):
                offsets.append(record.offset)
                n_bytes += record.n_bytes
            else:
                n_forgotten += 1
            if len(offsets) + n_forgotten == _RECORDS_A_SLICE or n_bytes >= _BYTES_A_SLICE:
                break
        return offsets

    def _is_known(self, record: "Record") -> bool:
        """Whether the index has it."""
        if record.kind in (layout.RELEASE, layout.WIPE):
            return False
        return self._log.index.has(record.key(), record.offset // 4)

    def _counts(self, record: "Record") -> bool:
        log, place = self._log, record.offset // 4
        if record.kind != layout.DELETE:
            return True
        # What it deleted lies in a sector that was there at the time, or nowhere.
        newest_then = struct.unpack_from(layout.DELETE_SALT, record.salt, 0)[0]
        if newest_then < self._oldest:
            log.n_deletions -= 1
            log.forget(place)
            return False
        return True

    # --- moving -------------------------------------------------------------------------------

    def _move_all(self, offsets: "list[int]") -> None:
        """In as few transactions as the heads have room for."""
        log = self._log
        while offsets:
            if not self._n_that_fit(offsets):
                log.sectors.open_next(layout.COLD, log.version)
            n_now = self._n_that_fit(offsets)
            self._move(offsets[:n_now])
            offsets = offsets[n_now:]

    def _n_that_fit(self, offsets: "list[int]") -> int:
        room = self._log.sectors.room(layout.COLD) - layout.MARK_BYTES
        n_fit = 0
        for offset in offsets:
            self._record.load(offset, self._log.sectors.sector_bytes)
            room -= layout.record_bytes(self._record.first & ~layout.LAST, self._record.units)
            if room < 0:
                break
            n_fit += 1
        return n_fit

    def _move(self, offsets: "list[int]") -> None:
        log, record, sectors = self._log, self._record, self._log.sectors
        head = sectors.heads[layout.COLD]
        base = head.sector * sectors.sector_bytes
        to = sectors.end[head.sector]
        self._mac[:] = head.last_mac
        moved: list[int] = []
        written = True
        for n, offset in enumerate(offsets):
            record.load(offset, sectors.sector_bytes)
            record.new_mac(self._mac, n + 1 == len(offsets), self._mac)
            written = written and self._copy(record, base + to)
            moved.append(base + to)
            to += layout.mac_at(record.first, record.units) + layout.MAC_BYTES
        if not (written and sectors.write(base + to, layout.MARK)):
            sectors.spoil(base + sectors.end[head.sector], base + to + layout.MARK_BYTES)
            head.is_closed = True
            self._move_all(offsets)
            return
        head.last_mac[:] = self._mac
        sectors.end[head.sector] = to + layout.MARK_BYTES
        self.is_moving = True
        for new in moved:
            record.load(new, sectors.sector_bytes)
            log.replace(record.kind, record.id, new, record.n_bytes)
            self.n_moved_bytes += record.n_bytes
        self.is_moving = False

    def _copy(self, record: "Record", to: int) -> bool:
        """Header, rest, and the new MAC. False when the flash does not take them."""
        log = self._log
        n_bytes = layout.mac_at(record.first, record.units)
        for at in range(0, n_bytes, _CHUNK_BYTES):
            part = memoryview(self._chunk)[: min(_CHUNK_BYTES, n_bytes - at)]
            log.flash.read(record.offset + at, part)
            if at == 0:
                part[0] = record.first_byte()
                part[layout.LIFE_AT] = part[layout.LIFE_AT + 1] = 0xFF
            if not log.sectors.write(to + at, part):
                return False
        return log.sectors.write(to + n_bytes, self._mac)

    def _wipe_keys(self) -> None:
        """Keys that have moved are not left behind. Not before they are released: until then what
        has moved is a copy, which the opening may throw away."""
        for offset in self._keys_met:
            self._record.load(offset, self._log.sectors.sector_bytes)
            if self._record.is_keys():
                wipe_record(self._log, self._record)
        self._keys_met.clear()

    def _release_victim(self) -> None:
        log, victim = self._log, self._victim
        sectors = log.sectors
        self._victim = -1
        if sectors.live_bytes[victim]:
            # Something that is needed was damaged since the opening, and is not found any more. It
            # stays where it is: the next opening says what it was.
            self.n_altered += 1
            self._refused.add(victim)
            return
        release = self._release
        release.clear()
        record_id = struct.pack(layout.RELEASE_ID, victim, sectors.sequence[victim])
        release.add_plain(layout.RELEASE, record_id, bytes(_RELEASE_BODY_BYTES), log.version)
        # The sector that it opens, if any, must not seem to have been opened after it.
        log.write(release, layout.COLD, victim)
        log.version += 1
        sectors.toggle(victim, sectors.digest)
        sectors.state[victim] = RELEASED
        self._wipe_keys()


def wipe_record(log: "Log", record: "Record") -> None:
    """Program zeros over a record's body: what was in it is gone before the sector is erased. It
    says first that it does not count: should the power fail in between, nobody wonders."""
    at = layout.body_at(record.first)
    zeros = bytes(layout.mac_at(record.first, record.units) - at)
    found = bytearray(len(zeros))
    log.flash.read(record.offset + at, found)
    if found == zeros:
        return
    log.sectors.write(record.offset + layout.LIFE_AT, layout.DEAD)
    if not log.sectors.write(record.offset + at, zeros):
        log.n_unwritten += 1
