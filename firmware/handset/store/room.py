"""Makes room: in time, when something is to be written, or ahead of it, in quiet times.

Three levels may use more and more of the last sectors: what is put in, what is urgent, and the
store's own records that take little and are how it gets out of being full (deletions, tries of a
PIN, keys, journals' ends, the wipe).
"""

import struct

from handset.store import layout
from handset.store.errors import Full
from handset.store.sectors import BAD, CLEAN, LIVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handset.store.log import Log

NORMAL = 0
URGENT = 1
OWN = 2

# Free sectors that stay free, by level. Compaction itself needs one. The two others have three each
# beside, which is what it takes to go on for ever in a full store: heads fill with what is
# superseded at once, and none can be compacted, so there are two by turns and a cold head.
_KEPT_FREE = (7, 4, 1)
# With fewer sectors than any board has, for tests: a full store may refuse these two some day.
_KEPT_FREE_OF_FEW = (3, 2, 1)
_MANY_SECTORS = 32
# Of all bytes outside the kept sectors so many sixteenths may be live: compaction needs the rest.
_FILL_SIXTEENTHS = 15
# Of the places in the index one in so many is kept for what is urgent. An alarm takes one, a value
# that is new takes two.
_URGENT_SHARE = 16
# Records of the store's own that fit an index which is full otherwise.
_OWN_RECORDS = 16
# Deletions have places of their own: so many for one of the others. More count as others do.
_DELETIONS_SHARE = 16
# Compactions that gave nothing, one after the other: large records may not pack any better.
_FUTILE_MAX = 3
# Trimmed entries that are forgotten at a time.
_FORGOTTEN_A_SLICE = 4
# Deletions are many when they have half of their own places, and of all others fewer than one in so
# many is left.
_PLACES_SHARE = 8
# Erased ahead of need, by tidy.
_CLEAN_AHEAD = 3
# A sector that was erased so much less often than others takes its turn, once in so many erases.
_WEAR_SPREAD_MAX = 32
_ERASES_A_TURN = 32


def spare_places(records_max: int) -> int:
    """In an index for so many records: what it has beside."""
    return _OWN_RECORDS + records_max // _DELETIONS_SHARE


class Room:
    """Of one log."""

    def __init__(self, log: "Log") -> None:
        self._log = log
        is_small = log.sectors.n < _MANY_SECTORS
        self._kept_free = _KEPT_FREE_OF_FEW if is_small else _KEPT_FREE
        self._futile_dead = -1  # bytes that were dead when compaction gave nothing
        self._n_erases_at_turn = 0
        self._free_before = 0
        self._n_commits_before = 0
        # [journal, number, end]: entries that are void, and still in the index.
        self._trimmed: list[list[int]] = []
        self._n_deletions_before = 0
        self._n_renewals = 0  # since deletions became fewer the last time

    def forget(self) -> None:
        self._trimmed.clear()
        self._futile_dead = -1
        self._n_erases_at_turn = self._log.sectors.n_erases

    # --- how much there is --------------------------------------------------------------------

    def live_bytes(self) -> int:
        """Of all records that are needed."""
        return sum(self._log.sectors.live_bytes)

    def capacity_bytes(self, level: int = NORMAL) -> int:
        """How many live bytes the store takes."""
        sectors = self._log.sectors
        n_good = sum(1 for state in sectors.state if state != BAD)
        n_usable = n_good - len(layout.STREAMS) - self._kept_free[level]
        a_sector = sectors.sector_bytes - layout.SECTOR_HEADER_BYTES
        return max(0, n_usable) * a_sector * _FILL_SIXTEENTHS // 16

    def _dead_bytes(self) -> int:
        """Written, and needed no more."""
        sectors = self._log.sectors
        n_written = sum(sectors.end[i] for i in range(sectors.n) if sectors.state[i] == LIVE)
        return n_written - self.live_bytes()

    def _free_bytes(self) -> int:
        sectors = self._log.sectors
        heads = sectors.room(layout.HOT) + sectors.room(layout.COLD)
        return sectors.n_free() * sectors.sector_bytes + heads

    # --- when it is needed --------------------------------------------------------------------

    def make(self, n_bytes: int, n_superseded: int, level: int, stream: int) -> None:
        """See to it that so many bytes can be written, which supersede others. Raises Full,
        WornOut."""
        log, kept_free = self._log, self._kept_free[level]
        # What has been moved has no mark any more, and counts for that much less.
        n_more = n_bytes - layout.MARK_BYTES - n_superseded
        if n_more > 0:
            self._make_live_room(n_more, level)
        # While no sector is free nothing is written but copies, and what releases the originals:
        # should a cut spoil the sector they go to, it can be thrown away.
        while log.sectors.n_free() < self._kept_free[OWN] and log.compaction.one_sector():
            pass
        best, n_futile, n_left = self._free_bytes(), 0, log.sectors.n
        # A head that was opened for those who may is not for others to fill.
        while log.sectors.room(stream) < n_bytes or log.sectors.n_free() < kept_free:
            if log.sectors.n_free() > kept_free:
                log.sectors.open_next(stream, log.version)
            elif not n_left or n_futile == _FUTILE_MAX or (level == NORMAL and self._is_futile()):
                if self.forget_some():
                    n_futile, n_left = 0, log.sectors.n
                    continue
                self._futile_dead = self._dead_bytes()
                raise Full("the records do not pack any better: delete something first")
            else:
                # Large records leave the end of a sector empty, now more, now less: it counts what
                # is better than the best so far, and there is an end to it.
                log.compaction.one_sector()
                n_left -= 1
                free_bytes = self._free_bytes()
                n_futile = 0 if free_bytes > best else n_futile + 1
                best = max(best, free_bytes)
                if not n_futile:
                    self._futile_dead = -1

    def _make_live_room(self, n_more: int, level: int) -> None:
        """See to it that so many bytes more may be live."""
        most = self.capacity_bytes(level)
        while self.live_bytes() + n_more > most:
            if not self.forget_some():
                raise Full(
                    "%d bytes more do not fit: %d of %d are in use; delete something first"
                    % (n_more, self.live_bytes(), most)
                )

    def _is_futile(self) -> bool:
        """Nothing was to be gained last time, and not much has been superseded or deleted since."""
        more = self._dead_bytes() - self._futile_dead
        return self._futile_dead >= 0 and more < self._log.sectors.sector_bytes // 4

    def make_index_room(self, n_new: int, level: int) -> None:
        """See to it that so many ids more can be kept: deletions go when what they deleted is
        gone from the flash. Raises Full."""
        if not n_new:
            return  # what is there may change, however many places alarms have taken
        most = self._records_max(level)
        while self._n_places() + n_new > most and self.forget_some():
            pass
        # A deletion that compaction has moved goes in the second round.
        for _ in range(2 * self._log.sectors.n):
            if self._n_places() + n_new <= most:
                return
            if self._log.n_deletions <= self._n_own_places() or not self._renew_oldest():
                break
        if self._n_places() + n_new > most:
            raise Full("no room for more than %d records: delete something first" % most)

    def _n_own_places(self) -> int:
        """Of deletions."""
        return self._log.index.records_max // _DELETIONS_SHARE

    def _n_places(self) -> int:
        """How many places of the index are taken, beside those that deletions have."""
        log = self._log
        return log.index.n_records - min(log.n_deletions, self._n_own_places())

    def _records_max(self, level: int) -> int:
        """How many places in the index it may fill."""
        records_max = self._log.index.records_max
        if level == NORMAL:
            return records_max - records_max // _URGENT_SHARE
        return records_max + (_OWN_RECORDS if level == OWN else 0)

    def _renew_oldest(self) -> bool:
        """Compact the sector that has been there longest."""
        compaction = self._log.compaction
        compaction.finish()
        oldest = self._oldest()
        if oldest < 0:
            return False
        compaction.begin(oldest)
        compaction.finish()
        return True

    def _oldest(self) -> int:
        """The sector that has been there longest, -1 where it cannot be emptied. A head is none any
        more then."""
        log, sectors = self._log, self._log.sectors
        used = [i for i in range(sectors.n) if sectors.state[i] == LIVE]
        oldest = min(used, key=lambda i: sectors.sequence[i])
        for stream in layout.STREAMS:
            if sectors.heads[stream].sector == oldest and sectors.n_free() > self._kept_free[OWN]:
                sectors.open_next(stream, log.version)
        return oldest if log.compaction.is_possible(oldest) and sectors.n_free() else -1

    # --- entries that are void ----------------------------------------------------------------

    def entries_trimmed(self, journal: int, first: int, end: int) -> None:
        """Entries `first` to `end` - 1 are needed no more: they are forgotten bit by bit."""
        for span in self._trimmed:
            if span[0] == journal:
                span[2] = end
                return
        self._trimmed.append([journal, first, end])

    def forget_some(self) -> bool:
        """Take a few trimmed entries out of index and account. False: there are none."""
        if not self._trimmed:
            return False
        log, span = self._log, self._trimmed[0]
        journal, first, end = span
        span[1] = min(end, first + _FORGOTTEN_A_SLICE)
        for number in range(first, span[1]):
            place = log.find(layout.ENTRY, struct.pack(layout.ENTRY_ID, journal, number))
            if place:
                log.forget(place)
        if span[1] == end:
            self._trimmed.pop(0)
        return True

    # --- in quiet times -----------------------------------------------------------------------

    def tidy(self) -> bool:
        """One bounded piece of work: a sector erased, or a few records looked at, moved or
        forgotten. False: nothing to do."""
        log, compaction = self._log, self._log.compaction
        if log.kill_superseded() or self.forget_some():
            return True
        if self._is_erase_due():
            return True
        if compaction.is_under_way():
            self._slice()
            return True
        cheapest = self._cheapest()
        victim = cheapest if cheapest >= 0 else self._coldest()
        if victim < 0:
            return self._retire_deletions()
        if not compaction.erase_released():
            self._begin(victim, cheapest < 0)
        return True

    def _is_erase_due(self) -> bool:
        """Erase a sector that is to be opened soon; False when none is due. What compaction opens
        next is erased in a slice of its own, too."""
        sectors = self._log.sectors
        if self._log.compaction.is_under_way():
            sector = sectors.choose_free(layout.COLD)
            is_due = sector >= 0 and sectors.state[sector] != CLEAN
        else:
            n_clean = sectors.n_clean()
            is_due = n_clean < _CLEAN_AHEAD and sectors.n_free() > n_clean
            sector = self._dirty_one() if is_due else -1
        if is_due:
            sectors.erase(sector)
        return is_due

    def _begin(self, victim: int, is_for_wear: bool) -> None:
        sectors = self._log.sectors
        # Of a full sector that takes its turn nobody expects that it gives anything.
        self._free_before = -1 if is_for_wear else self._free_bytes()
        self._n_commits_before = self._log.n_commits
        self._log.compaction.begin(victim)
        if is_for_wear:
            self._n_erases_at_turn = sectors.n_erases
            sectors.wants_worn = True

    def _slice(self) -> None:
        log = self._log
        log.compaction.slice()
        if log.compaction.is_under_way() or log.n_commits > self._n_commits_before + 1:
            return  # but for the release, others have taken room meanwhile
        is_futile = self._free_bytes() <= self._free_before
        self._futile_dead = self._dead_bytes() if is_futile else -1

    def _retire_deletions(self) -> bool:
        """Where deletions fill the index: they go when what they deleted is gone from the flash. It
        takes all sectors of that time, one after the other."""
        compaction = self._log.compaction
        n_free = self._log.sectors.n_free()
        if not self._are_deletions_many() or n_free <= self._kept_free[NORMAL]:
            return False
        if compaction.erase_released():
            return True
        oldest = self._oldest()
        self._n_renewals += 1
        self._free_before, self._n_commits_before = -1, self._log.n_commits
        return compaction.begin(oldest)

    def _are_deletions_many(self) -> bool:
        records_max, n_deletions = self._log.index.records_max, self._log.n_deletions
        if n_deletions < self._n_deletions_before:
            self._n_renewals = 0
        self._n_deletions_before = n_deletions
        is_nearly_full = self._n_places() + records_max // _PLACES_SHARE > records_max
        is_of_use = self._n_renewals < 2 * self._log.sectors.n
        return is_of_use and is_nearly_full and 2 * n_deletions > self._n_own_places()

    def _dirty_one(self) -> int:
        sectors = self._log.sectors
        return min(
            (i for i in range(sectors.n) if sectors.state[i] not in (CLEAN, LIVE, BAD)),
            key=lambda i: sectors.erase_count[i],
        )

    def _cheapest(self) -> int:
        """A sector that is worth compacting while few are free, -1 for none."""
        if self._log.sectors.n_free() > self._kept_free[NORMAL] + 1 or self._is_futile():
            return -1
        victim = self._log.compaction.choose()
        if victim < 0:
            return -1
        few = self._log.sectors.sector_bytes * 3 // 4
        return victim if self._log.sectors.live_bytes[victim] <= few else -1

    def _coldest(self) -> int:
        """A sector that wear levelling wants emptied, -1 for none. What is in it stays long: it
        goes to a sector that is worn."""
        log, sectors = self._log, self._log.sectors
        if sectors.n_erases - self._n_erases_at_turn < _ERASES_A_TURN:
            return -1
        counts = [sectors.erase_count[i] for i in range(sectors.n) if sectors.state[i] != BAD]
        used = [i for i in range(sectors.n) if log.compaction.is_possible(i)]
        if not used or sectors.n_free() <= self._kept_free[NORMAL]:
            return -1
        coldest = min(used, key=lambda i: sectors.erase_count[i])
        if max(counts) - sectors.erase_count[coldest] <= _WEAR_SPREAD_MAX:
            return -1
        return coldest
