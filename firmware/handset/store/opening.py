"""Reads the log from the flash: what it holds, what of it is not as it was written.

First the cold sectors, then the hot ones, each from the newest to the oldest: so a sector's release
is known before the sector is met. Two records of one id are told apart by their versions; of two
with the same version, one is the other's copy on its way to a new sector: the first one counts.

`Store.open` imports this each time, and forgets it: 3.5 kB of RAM that nobody needs afterwards.
"""

import struct

from handset.store import layout
from handset.store.record import Record
from handset.store.report import Report
from handset.store.sectors import CLEAN, DIRTY, LIVE, RELEASED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from handset.store.log import Log

# What was ever written into a sector begins right behind its header.
_LOOK_BYTES = 256
# The longest stretch of what seems blank between records, twice a transaction: more is the end.
_GAP_BYTES = 8192
# The index holds a third more than it is to: it is pruned when so much of that has been filled.
_PRUNE_SHARE = 16
_NOTHING = b"\xff" * layout.SECTOR_HEADER_BYTES
_NEVER_OPENED = b"\xff" * (layout.SECTOR_HEADER_BYTES - layout.ERASED_BYTES)


class Opening:
    """One opening of a log."""

    def __init__(
        self, log: "Log", entries_max: "dict[int, int]", first_kept: "dict[int, int]"
    ) -> None:
        self._log = log
        self._entries_max = entries_max  # of each journal, more are not kept
        self._prune_at = log.index.records_max  # records in the index
        self._first_kept = dict(first_kept)  # of each journal, as far as it is known
        self._record = Record(log.flash, log.custody)
        self._header = bytearray(layout.SECTOR_HEADER_BYTES)
        self._mac = bytearray(layout.MAC_BYTES)
        self._previous = bytearray(layout.MAC_BYTES)
        self._digest = bytearray(layout.MAC_BYTES)  # as the flash has it
        self._digest_version = 0  # since when it is so
        self._released: set[int] = set()  # sequence and position in one number
        self._release_versions: dict[int, int] = {}  # of each suspect, the newest
        # Instead of taking records in: they are only looked at.
        self._see: Callable[[Record, int], None] | None = None
        self._highest_seen = 0  # version
        self._suspects: list[int] = []  # sectors with something in them and without a right header
        self._is_wiping = False
        self._newest = -1
        # Of each stream the newest sector, and its header as it was when its MAC was right: that of
        # a sector whose opening was cut may read otherwise each time.
        self._newest_turns = [-1 for _ in layout.STREAMS]
        self._newest_headers = [bytearray(layout.SECTOR_HEADER_BYTES) for _ in layout.STREAMS]
        # Of the head of the other stream, as the newest sector says.
        self._other_sequence = 0
        self._other_end = 0
        self._bound_at = -1  # that end, while the head is being walked
        self._bound_mac = bytearray()  # the last one before it
        self._newest_version = 0  # from which on records came after its opening
        self._newest_stream = 0
        self._last_start = 0  # of the last transaction in the sector walked last
        self._n_skipped = 0
        self._n_wins = 0  # records that were newer than what was known
        # Of the records in the index: what may keep `settle` from looking at them all again.
        self._unpaired = 0  # ids of names and of values, exclusive or: 0 when they are the same
        self._n_marked = 0  # that seem to have been superseded
        self._is_marked_end = False  # it is followed by one that is damaged
        self.keys_met: list[int] = []  # offsets of all KEYS, superseded ones too
        self._is_newest_needed = False
        self._copied = bytearray()  # a bit for each record of the newest sector
        self.entries: dict[int, list[int]] = {}  # journal: first and next number met
        self.first_pruned: dict[int, int] = {}  # journal: entries before are too many
        self.report = Report()

    def run(self) -> Report:
        """All of it but what needs keys; `settle` comes after."""
        log = self._log
        log.forget_all()
        n_sectors = log.sectors.n
        turns = self._read_headers()
        if not any(turns):
            self.report.state = "foreign" if self._is_written() else "blank"
            return self.report
        newest_turn = max(self._newest_turns)
        self._newest = newest_turn % n_sectors
        self._newest_stream = self._newest_turns.index(newest_turn)
        header = self._newest_headers[self._newest_stream]
        opened = struct.unpack_from(layout.OPENED_FORMAT, header, layout.ERASED_BYTES)
        self._newest_version = self._digest_version = opened[2]
        self._other_sequence = layout.other_sequence_of(opened[3])
        self._other_end = opened[4]
        self._digest[:] = opened[5]
        for stream in (layout.COLD, layout.HOT):
            for turn in turns[stream]:
                self._open_sector(turn % n_sectors, stream)
        self._check_digest()
        log.version = max(log.version, log.head_version + 1)
        self.report.state = "wiping" if self._is_wiping else "open"
        return self.report

    def throw_away(self) -> bool:
        """When no sector is free, and a cut has spoilt the newest while it held nothing but copies
        of what is elsewhere: erase it. True: it counts no more, and all is to be read again."""
        sectors = self._log.sectors
        if sectors.n_free() or self.report.state != "open" or self.report.damage:
            return False
        is_closed = any(h.sector == self._newest and h.is_closed for h in sectors.heads)
        if not is_closed or not self._holds_only_copies():
            return False
        # Should this be cut, too, nobody takes for a sector what is left.
        is_disowned = sectors.disown(self._newest)
        return sectors.erase(self._newest) or is_disowned

    def _holds_only_copies(self) -> bool:
        """Whether the newest sector has nothing that counts and is not elsewhere, too. Reads all
        once more: cuts that follow one another leave several copies of one original."""
        sectors = self._log.sectors
        self._copied = bytearray(sectors.sector_bytes // layout.RECORD_BYTES_MIN // 8 + 1)
        self._see = self._see_original
        for sector in range(sectors.n):
            if sectors.state[sector] == LIVE:
                self._begin_chain(sector)
                self._walk(sector)
        self._see = None
        for place in self._log.index.places():
            byte, bit = self._copy_at(4 * place)
            if self._is_in_newest(4 * place) and not self._copied[byte] & bit:
                return False
        return not self._is_newest_needed

    def _see_original(self, record: "Record", version: int) -> None:
        kind, log = record.kind, self._log
        if self._is_in_newest(record.offset):
            self._is_newest_needed |= kind in (layout.RELEASE, layout.WIPE)
            return
        slot = log.slot_for(record, record.key())
        if not log.index.place_in(slot) or log.found.version() != version:
            return
        # Keys that have been overwritten are nobody's original.
        if self._is_in_newest(log.found.offset) and (kind != layout.KEYS or record.is_alive()):
            byte, bit = self._copy_at(log.found.offset)
            self._copied[byte] |= bit

    def _copy_at(self, offset: int) -> "tuple[int, int]":
        """Where `_copied` has a record of the newest sector: byte and bit."""
        n = offset % self._log.sectors.sector_bytes // layout.RECORD_BYTES_MIN
        return n >> 3, 1 << (n & 7)

    def _is_in_newest(self, offset: int) -> bool:
        return self._log.sectors.place_of(offset) == self._newest

    # --- sectors ------------------------------------------------------------------------------

    def _begin_chain(self, sector: int) -> None:
        """Read a sector's header, whose MAC its first record follows."""
        self._read_header(sector)
        self._previous[:] = self._header[layout.HEADER_MAC_AT :]

    def _read_header(self, sector: int) -> None:
        self._log.flash.read(sector * self._log.sectors.sector_bytes, self._header)

    def _turn(self, sector: int, sequence: int) -> int:
        """One number, which needs no heap, and is higher the later the sector was opened."""
        return sequence * self._log.sectors.n + sector

    def _read_headers(self) -> "list[list[int]]":
        """Of each stream the turns of sectors with a right header, newest first; the others get
        their state."""
        log, sectors = self._log, self._log.sectors
        turns: list[list[int]] = [[] for _ in layout.STREAMS]
        salt = self._find_salt()
        for i in range(sectors.n):
            self._read_header(i)
            header = self._header
            count = layout.erase_count_of(header)
            sectors.erase_count[i] = max(0, count)
            opened = struct.unpack_from(layout.OPENED_FORMAT, header, layout.ERASED_BYTES)
            if count >= 0 and header[layout.ERASED_BYTES :] == _NEVER_OPENED:
                sectors.state[i] = CLEAN
            elif salt and opened[1] == salt and self._is_header_right():
                sectors.state[i] = LIVE
                sectors.sequence[i] = opened[0]
                log.version = max(log.version, opened[2])
                stream, turn = layout.stream_of(opened[3]), self._turn(i, opened[0])
                turns[stream].append(turn)
                if turn > self._newest_turns[stream]:
                    self._newest_turns[stream] = turn
                    self._newest_headers[stream][:] = header
            else:
                # What a cut erase may have left goes before anything is compacted.
                is_blank = header == _NOTHING and not self._holds_records(i)
                sectors.state[i] = DIRTY if is_blank else RELEASED
                self._suspects.append(i)
        sectors.store_salt = salt
        for of_stream in turns:
            of_stream.sort(reverse=True)
        return turns

    def _find_salt(self) -> bytes:
        """The store salt that most right headers have; keys for it are in the custody then."""
        salts: dict[bytes, int] = {}
        for i in range(self._log.sectors.n):
            salt = self._salt_of(i)
            if salt:
                salts[salt] = 0
        for salt in salts:
            self._log.custody.begin(salt)
            for i in range(self._log.sectors.n):
                salts[salt] += self._salt_of(i) == salt and self._is_header_right()
        best = max(salts, key=lambda salt: salts[salt]) if salts else b""
        if not best or not salts[best]:
            return b""
        if len(salts) > 1:
            self._log.custody.begin(best)
        return best

    def _salt_of(self, sector: int) -> bytes:
        """What stands in a header that was opened."""
        self._read_header(sector)
        if layout.erase_count_of(self._header) < 0:
            return b""
        if self._header[layout.ERASED_BYTES :] == _NEVER_OPENED:
            return b""
        return bytes(self._header[layout.STORE_SALT_AT : layout.STORE_SALT_AT + layout.SALT_BYTES])

    def _is_header_right(self) -> bool:
        self._log.sectors.header_mac(self._header, self._mac)
        return self._mac == self._header[layout.HEADER_MAC_AT :]

    def _is_written(self) -> bool:
        """Whether there is a sector of somebody's store. What a cut erase leaves has no header."""
        for i in self._suspects:
            self._read_header(i)
            if layout.erase_count_of(self._header) >= 0 and self._begins_with_records(i):
                return True
        return False

    def _begins_with_records(self, sector: int) -> bool:
        """Whether there is something right behind its header: else nothing in it is read."""
        sectors = self._log.sectors
        start = sector * sectors.sector_bytes + layout.SECTOR_HEADER_BYTES
        return not sectors.is_blank(start, start + _LOOK_BYTES)

    def _holds_records(self, sector: int) -> bool:
        """Whether there is something where it might be read one day, should a bit at the beginning
        read otherwise then: what a cut erase has left is not stable."""
        sectors = self._log.sectors
        start = sector * sectors.sector_bytes
        end = start + min(sectors.sector_bytes, _LOOK_BYTES + _GAP_BYTES)
        return not sectors.is_blank(start, end)

    def _is_blank_from(self, sector: int, at: int) -> bool:
        sectors = self._log.sectors
        start = sector * sectors.sector_bytes
        return sectors.is_blank(start + at, start + sectors.sector_bytes)

    def _open_sector(self, sector: int, stream: int) -> None:
        sectors = self._log.sectors
        turn = self._turn(sector, sectors.sequence[sector])
        if turn in self._released:
            sectors.state[sector] = RELEASED
            self._meet_keys(sector)
            return
        if turn == self._newest_turns[stream]:
            self._header[:] = self._newest_headers[stream]
            self._previous[:] = self._header[layout.HEADER_MAC_AT :]
        else:
            self._begin_chain(sector)
        is_bound = stream != self._newest_stream
        is_bound = is_bound and sectors.sequence[sector] == self._other_sequence
        self._bound_at = self._other_end if is_bound else -1
        end = self._walk(sector)
        self._bound_at = -1
        sectors.end[sector] = end
        head = sectors.heads[stream]
        if head.sector < 0:
            head.sector = sector
            head.last_mac[:] = self._previous
            head.is_closed = self._is_marked_end or not self._is_blank_from(sector, end)
            if head.is_closed and not self._is_settled(sector, end):
                self.report.tail = "in doubt"
            self._settle_tail(sector, end, not head.is_closed)
        else:
            sectors.set_element(sector, self._previous)
            sectors.toggle(sector, sectors.digest)

    def _is_settled(self, sector: int, end: int) -> bool:
        """Whether an earlier opening has made zeros of what stood there."""
        sectors = self._log.sectors
        start = sector * sectors.sector_bytes
        behind = sectors.written_end(start + end, start + sectors.sector_bytes)
        buf = bytearray(1)
        for at in range(start + end, behind):
            self._log.flash.read(at, buf)
            if buf[0]:
                return False
        return True

    def _meet_keys(self, sector: int) -> None:
        """A cut may have come between a sector's release and the end of the keys in it."""
        size = self._log.sectors.sector_bytes
        at = layout.SECTOR_HEADER_BYTES
        while self._record.load(sector * size + at, size - at):
            if self._record.is_keys():
                self.keys_met.append(self._record.offset)
            at += self._record.n_bytes

    def _settle_tail(self, sector: int, end: int, is_clean: bool) -> None:
        """Bits of a write that was cut may be weak, and read otherwise next time: what was found
        committed is programmed again, and what was not becomes zeros."""
        sectors = self._log.sectors
        base = sector * sectors.sector_bytes
        if end == layout.SECTOR_HEADER_BYTES:
            # Nothing was committed since it was opened: that may have been cut.
            sectors.write(base, self._header)
        else:
            self._program_again(base + self._last_start, base + end - layout.MARK_BYTES)
            # Not as it reads now: it was the last to be programmed, and what is weak is there.
            self._complete_mark(base + end)
        if is_clean or self._is_marked_end:
            return
        behind = sectors.written_end(base + end, base + sectors.sector_bytes)
        for start in range(base + end, behind, _LOOK_BYTES):
            sectors.write(start, bytes(min(_LOOK_BYTES, behind - start)))

    def _program_again(self, start: int, end: int) -> None:
        buf = bytearray(_LOOK_BYTES)
        for at in range(start, end, _LOOK_BYTES):
            part = memoryview(buf)[: min(_LOOK_BYTES, end - at)]
            self._log.flash.read(at, part)
            self._log.sectors.write(at, part)

    # --- records ------------------------------------------------------------------------------

    def _walk(self, sector: int) -> int:
        """Take in the committed records behind `_previous`, which is the last one's MAC then.
        Returns the offset behind them."""
        size = self._log.sectors.sector_bytes
        base = sector * size
        record = self._record
        at = end = self._last_start = layout.SECTOR_HEADER_BYTES
        running = bytearray(self._previous)
        waiting: list[tuple[int, bytes]] = []  # offset and header
        doubtful: list[int] = []
        self._is_marked_end = False
        self._note_bound(at, running)
        mark, last, keys, bound_at = layout.MARK, layout.LAST, layout.KEYS, self._bound_at
        while at < size:
            # Few calls and lookups: every record comes through here.
            if not (record.load(base + at, size - at) and record.is_right(running)):
                next_at = self._find_next(base, at, size, running)
                if next_at < 0:
                    break
                doubtful.append(at)
                at = next_at
                self._note_bound(at, running)
                continue
            running[:] = record.found_mac
            at += record.n_bytes
            if record.kind == keys and record.is_keys():
                self.keys_met.append(record.offset)
            if not record.first & last:
                waiting.append((record.offset, record.header()))
                continue
            if record.mark != mark:
                if record.mark == layout.UNMARKED:
                    waiting.append((record.offset, record.header()))
                    break
                self._complete_mark(base + at)
            if waiting or doubtful:
                waiting.append((record.offset, record.header()))
                self._take_in(waiting, doubtful, sector)
            else:
                self._count(record)
            self._last_start, end = end, at
            self._previous[:] = running
            if at == bound_at:
                self._note_bound(at, running)
        if waiting:
            end = self._take_in_damaged_end(sector, end, waiting, doubtful)
        else:
            self._note_lost_end(sector, at)
        return end

    def _note_bound(self, at: int, last_mac: bytearray) -> None:
        if at == self._bound_at:
            self._bound_mac = bytearray(last_mac)

    def _is_record(self, offset: int, room: int, previous: bytearray) -> bool:
        record = self._record
        return record.load(offset, room) and record.is_right(previous)

    def _find_next(self, base: int, at: int, size: int, running: bytearray) -> int:
        """Where the chain goes on behind something that is not right; -1 where it does not."""
        log = self._log
        written = log.sectors.written_end(base + at, base + size, _GAP_BYTES) - base
        if written == at:
            return -1
        if self._follows_what_should_be(base, at, size, running):
            return at + self._n_skipped
        before = bytearray(layout.MAC_BYTES + layout.MARK_BYTES)
        for candidate in range(at + layout.RECORD_HEADER_BYTES // 4 * 4, written, 4):
            if not self._record.load(base + candidate, size - candidate):
                continue
            log.flash.read(base + candidate - len(before), before)
            for start in (layout.MARK_BYTES, 0):
                running[:] = before[start : start + layout.MAC_BYTES]
                if self._is_record(base + candidate, size - candidate, running):
                    return candidate
        return -1

    def _follows_what_should_be(self, base: int, at: int, size: int, running: bytearray) -> bool:
        """Whether the next record fits the MAC that this one should have: then only the MAC of
        this one is damaged."""
        record = self._record
        if not record.load(base + at, size - at):
            return False
        record.new_mac(running, bool(record.first & layout.LAST), self._mac)
        self._n_skipped = record.n_bytes
        next_at = at + record.n_bytes
        if not self._is_record(base + next_at, size - next_at, self._mac):
            return False
        running[:] = self._mac
        return True

    def _complete_mark(self, end: int) -> None:
        """A commit whose mark was cut is one: now it says so for good."""
        self._log.sectors.write(end - layout.MARK_BYTES, layout.MARK)

    def _take_in(
        self, waiting: "list[tuple[int, bytes]]", doubtful: "list[int]", sector: int
    ) -> None:
        for offset, header in waiting:
            self._record.again(offset, header)
            self._count(self._record)
        for at in doubtful:
            self.report.note("altered", sector, at)
        # The walk goes on where it was: its record is the last one that was taken in.
        waiting.clear()
        doubtful.clear()

    def _take_in_damaged_end(
        self,
        sector: int,
        end: int,
        waiting: "list[tuple[int, bytes]]",
        doubtful: "list[int]",
    ) -> int:
        """Records of a transaction whose end is not right. When a mark is the last thing in the
        sector it was committed: then only what is damaged is lost. Returns the end."""
        log = self._log
        size = log.sectors.sector_bytes
        base = sector * size
        behind = log.sectors.written_end(base + end, base + size)
        found = bytearray(layout.MAC_BYTES + layout.MARK_BYTES)
        log.flash.read(behind - len(found), found)
        if found[layout.MAC_BYTES :] != layout.MARK:
            return end
        self.report.note("altered", sector, waiting[-1][0] - base)
        self._take_in(waiting, doubtful, sector)
        self._is_marked_end = True
        self._previous[:] = found[: layout.MAC_BYTES]
        self._note_bound(behind - base, self._previous)
        return behind - base

    def _note_lost_end(self, sector: int, at: int) -> None:
        """A last record that is not right, although its mark was set: its tag tells from a cut."""
        record, log = self._record, self._log
        size = log.sectors.sector_bytes
        base = sector * size
        if not record.load(base + at, size - at) or not record.first & layout.LAST:
            return
        mark = bytearray(layout.MARK_BYTES)
        log.flash.read(record.offset + record.n_bytes - layout.MARK_BYTES, mark)
        if mark == layout.MARK and self._is_blank_from(sector, at + record.n_bytes):
            self._is_marked_end = True
            self.report.note("altered", sector, at)

    def _count(self, record: "Record") -> None:
        log, kind, version = self._log, record.kind, record.version()
        if self._see is not None:
            self._see(record, version)
            return
        if version > log.head_version:
            log.head_version = version
        if kind == layout.RELEASE:
            self._release(record, version)
            return
        if kind == layout.WIPE:
            self._is_wiping = True
            return
        if kind == layout.ENTRY:
            journal, number = struct.unpack(layout.ENTRY_ID, record.id)
            span = self.entries.setdefault(journal, [number, number + 1])
            span[0] = min(span[0], number)
            span[1] = max(span[1], number + 1)
            if number < self._first_kept.get(journal, 0):
                return
        self._newest_wins(record, version)

    def _newest_wins(self, record: "Record", version: int) -> None:
        log, index, kind = self._log, self._log.index, record.kind
        if kind == layout.DELETE:
            self._delete_name(record, version)
        elif kind == layout.NAME and log.n_deletions and self._is_deleted(record, version):
            return
        key = record.key()
        slot = log.slot_for(record, key)
        if index.place_in(slot):
            found = log.found
            if found.version() >= version:
                return
            self._account(found, -1)
            log.lose(found)
        elif index.n_records >= self._prune_at:
            self._prune()
            slot = log.slot_for(record, key)
        index.put(slot, key, record.offset // 4)
        self._account(record, 1)
        log.gain(record)
        self._n_wins += 1

    def _account(self, record: "Record", change: int) -> None:
        """A record has come into the index (1), or out of it (-1)."""
        kind = record.kind
        if kind == layout.VALUE or kind == layout.NAME:
            record_id = record.id
            self._unpaired ^= record_id[0] | record_id[1] << 8 | record_id[2] << 16
        elif kind == layout.DELETE:
            self._log.n_deletions += change
        if record.life != layout.ALIVE:
            self._n_marked += change

    def _delete_name(self, deletion: "Record", version: int) -> None:
        log = self._log
        place = log.find(layout.NAME, deletion.id)
        if place and log.found.version() < version:
            self._drop(log.found, place)

    def _is_deleted(self, name: "Record", version: int) -> bool:
        log = self._log
        if not log.find(layout.VALUE, name.id) or log.found.kind != layout.DELETE:
            return False
        return log.found.version() > version

    def _prune(self) -> None:
        """The flash may hold many times what is needed of it: what is surely not goes first."""
        log, index = self._log, self._log.index
        record = Record(log.flash, log.custody)
        for journal, span in self.entries.items():
            first = span[1] - self._entries_max.get(journal, span[1])
            if first > self._first_kept.get(journal, 0):
                self._first_kept[journal] = self.first_pruned[journal] = first
        for place in index.places():
            log.look(place, record)
            # A name without a value says that it is one: it has been marked when it was dropped.
            is_dropped = record.kind == layout.NAME and not record.is_alive()
            if is_dropped or self._is_over(record, self._first_kept):
                self._drop(record, place)
        # Not again for each record that comes: this looks at all.
        self._prune_at = max(index.records_max, index.n_records + index.records_max // _PRUNE_SHARE)

    def _drop(self, record: "Record", place: int) -> None:
        self._account(record, -1)
        self._log.lose(record)
        self._log.index.remove(record.key(), place)

    def _release(self, record: "Record", version: int) -> None:
        sector, sequence = struct.unpack(layout.RELEASE_ID, record.id)
        turn = self._turn(sector, sequence)
        if turn in self._released:
            return
        self._released.add(turn)
        if sector in self._suspects:
            newest = max(version, self._release_versions.get(sector, 0))
            self._release_versions[sector] = newest
        if version >= self._digest_version:
            self._digest_version = version
            self._log.flash.read(record.offset + layout.body_at(record.first), self._digest)

    # --- what is missing ----------------------------------------------------------------------

    def _check_digest(self) -> None:
        sectors = self._log.sectors
        other = 1 - self._newest_stream
        is_other_there = sectors.sequence_of_head(other) == self._other_sequence
        if is_other_there and self._bound_mac:
            sectors.bind(sectors.heads[other].sector, self._other_end, self._bound_mac)
        is_missed = self._is_missing()
        for sector in self._suspects:
            if self._read_without_header(sector, is_missed):
                is_missed = self._is_missing()
        if is_missed or not is_other_there:
            self.report.note("incomplete", self._newest)

    def _is_missing(self) -> bool:
        """Whether what was found is not all that there was."""
        return self._log.sectors.digest_mac(self._digest_version) != self._digest

    def _read_without_header(self, sector: int, is_missed: bool) -> bool:
        """Records of a sector whose header is damaged: each is right or wrong by itself. What an
        erase left that was cut holds nothing that is not elsewhere, too. False: nothing there
        counts."""
        sectors = self._log.sectors
        if not self._begins_with_records(sector):
            return False
        if not is_missed and (self._is_disowned(sector) or self._was_released(sector)):
            return False
        self._begin_chain(sector)
        n_wins, n_noted = self._n_wins, len(self.report.damage)
        end = self._walk(sector)
        if n_wins == self._n_wins:
            del self.report.damage[n_noted:]
            if is_missed and layout.erase_count_of(self._header) >= 0:
                self.report.note("foreign", sector)
            return False
        self.report.note("header", sector)
        for head in sectors.heads:
            head.is_closed = True  # it may have been the head
        sequence = struct.unpack_from("<I", self._header, layout.ERASED_BYTES)[0]
        sectors.state[sector] = LIVE
        sectors.end[sector] = end
        sectors.sequence[sector] = sequence if sequence < max(sectors.sequence) else 1
        sectors.set_element(sector, self._previous)
        sectors.toggle(sector, sectors.digest)
        return True

    def _is_disowned(self, sector: int) -> bool:
        """Whether the flash refused to erase it, and its header was made zeros instead."""
        self._read_header(sector)
        return self._header[: layout.ERASED_BYTES] == bytes(layout.ERASED_BYTES)

    def _was_released(self, sector: int) -> bool:
        """Whether all that can be read there is older than a release of that sector: an erase has
        been cut, and what is there may be what had been deleted."""
        released = self._release_versions.get(sector, 0)
        if not released:
            return False
        self._begin_chain(sector)
        n_noted = len(self.report.damage)
        self._see, self._highest_seen = self._see_version, 0
        self._walk(sector)
        self._see = None
        del self.report.damage[n_noted:]
        return self._highest_seen < released

    def _see_version(self, record: "Record", version: int) -> None:
        self._highest_seen = max(self._highest_seen, version)

    # --- with keys ----------------------------------------------------------------------------

    def settle(self, first_kept: "dict[int, int]") -> None:
        """Drop what a newer record, a deletion or a journal's end has made void. `first_kept`: of
        each journal, the number of its first entry."""
        log = self._log
        if self._has_void(first_kept):
            record = Record(log.flash, log.custody)
            for place in log.index.places():
                log.look(place, record)
                if self._is_void(record, first_kept):
                    self._drop(record, place)
        self.report.n_records = log.index.n_records
        if not self.report.damage:
            self._disown_suspects()

    def _disown_suspects(self) -> None:
        """Nothing that counts is in them: no header that a cut has left may be right one day, with
        a sequence that was given to another sector since. Where something is missing it may be in
        one of them: then they stay as they are."""
        for sector in self._suspects:
            is_disowned = self._is_disowned(sector)
            if not is_disowned and self._header[layout.ERASED_BYTES :] != _NEVER_OPENED:
                self._log.sectors.disown(sector)

    def _has_void(self, first_kept: "dict[int, int]") -> bool:
        """Whether a record may be: looking at each once more takes as long as all the rest."""
        if self._unpaired or self._n_marked or self.report.damage:
            return True
        return any(span[0] < first_kept.get(j, 0) for j, span in self.entries.items())

    def _is_over(self, record: "Record", first_kept: "dict[int, int]") -> bool:
        """An entry before its journal's first one."""
        if record.kind != layout.ENTRY:
            return False
        journal, number = struct.unpack(layout.ENTRY_ID, record.id)
        return bool(number < first_kept.get(journal, 0))

    def _is_void(self, record: "Record", first_kept: "dict[int, int]") -> bool:
        log = self._log
        if self._is_over(record, first_kept):
            return True
        if record.kind == layout.NAME and not log.has_value(record.id):
            # A cut has left it, or its value is what was damaged.
            return not (self.report.damage and record.is_alive())
        if record.kind == layout.VALUE and not log.find(layout.NAME, record.id):
            # It had one, in the cold head: a name is written before its value.
            self.report.note("incomplete", log.sectors.place_of(record.offset))
        if record.is_alive():
            return False
        # It had a newer version, which is not there any more.
        at = record.offset % log.sectors.sector_bytes
        self.report.note("altered", log.sectors.place_of(record.offset), at)
        return True
