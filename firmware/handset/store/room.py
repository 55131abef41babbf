"""Makes room: in time, when something is to be written, or ahead of it, in quiet times.

Three levels may use more and more of the last sectors: what is put in, what is urgent, and the
store's own records that take little and are how it gets out of being full (deletions, tries of a
PIN, keys, journals' ends, the wipe).
"""

from handset.store import layout
from handset.store.errors import Full
from handset.store.sectors import BAD, CLEAN, LIVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handset.store.log import Log

NORMAL = 0
URGENT = 1
OWN = 2

# Free sectors that stay free, by level: compaction itself needs one.
_KEPT_FREE = (3, 2, 1)
# Of all bytes outside the kept sectors so many sixteenths may be live: compaction needs the rest.
_FILL_SIXTEENTHS = 15
# Records of the store's own that fit an index which is full otherwise.
OWN_RECORDS = 16
# Compactions that gave nothing, one after the other: large records may not pack any better.
_FUTILE_MAX = 3
# Erased ahead of need, by tidy.
_CLEAN_AHEAD = 3
# A sector that was erased so much less often than others takes its turn, once in so many erases.
_WEAR_SPREAD_MAX = 32
_ERASES_A_TURN = 32


class Room:
    """Of one log."""

    def __init__(self, log: "Log") -> None:
        self._log = log
        self._futile_live = -1  # bytes that were live when compaction gave nothing
        self._n_erases_at_turn = 0
        self._free_before = 0

    def forget(self) -> None:
        self._futile_live = -1
        self._n_erases_at_turn = self._log.sectors.n_erases

    # --- how much there is --------------------------------------------------------------------

    def live_bytes(self) -> int:
        """Of all records that are needed."""
        return sum(self._log.sectors.live_bytes)

    def capacity_bytes(self, level: int = NORMAL) -> int:
        """How many live bytes the store takes."""
        sectors = self._log.sectors
        n_good = sum(1 for state in sectors.state if state != BAD)
        n_usable = n_good - len(layout.STREAMS) - _KEPT_FREE[level]
        a_sector = sectors.sector_bytes - layout.SECTOR_HEADER_BYTES
        return max(0, n_usable) * a_sector * _FILL_SIXTEENTHS // 16

    def _free_bytes(self) -> int:
        sectors = self._log.sectors
        heads = sectors.room(layout.HOT) + sectors.room(layout.COLD)
        return sectors.n_free() * sectors.sector_bytes + heads

    # --- when it is needed --------------------------------------------------------------------

    def make(self, n_bytes: int, n_superseded: int, level: int, stream: int) -> None:
        """See to it that so many bytes can be written, which supersede others. Raises Full,
        WornOut."""
        log = self._log
        live_bytes = self.live_bytes()
        if live_bytes + n_bytes - n_superseded > self.capacity_bytes(level):
            raise Full(
                "%d bytes do not fit: %d of %d are in use; delete something first"
                % (n_bytes, live_bytes, self.capacity_bytes(level))
            )
        # While no sector is free nothing is written but copies, and what releases the originals:
        # should a cut spoil the sector they go to, it can be thrown away.
        while log.sectors.n_free() < _KEPT_FREE[OWN] and log.compaction.one_sector():
            pass
        n_futile = 0
        while log.sectors.room(stream) < n_bytes:
            if log.sectors.n_free() > _KEPT_FREE[level]:
                log.sectors.open_next(stream, log.version)
            elif n_futile == _FUTILE_MAX or (level != OWN and self._is_futile()):
                self._futile_live = self.live_bytes()
                raise Full("the records do not pack any better: delete something first")
            else:
                n_futile = 0 if self._compact_one() else n_futile + 1

    def _is_futile(self) -> bool:
        """Nothing was to be gained last time, and not much has gone since."""
        gone = self._futile_live - self.live_bytes()
        return self._futile_live >= 0 and gone < self._log.sectors.sector_bytes // 4

    def _compact_one(self) -> bool:
        before = self._free_bytes()
        return self._log.compaction.one_sector() and self._free_bytes() > before

    def make_index_room(self, n_new: int, level: int) -> None:
        """See to it that so many ids more can be kept: deletions go when what they deleted is
        gone from the flash. Raises Full."""
        index = self._log.index
        most = index.records_max + (OWN_RECORDS if level == OWN else 0)
        for _ in range(self._log.sectors.n):
            if index.n_records + n_new <= most:
                return
            if not self._log.n_deletions or not self._renew_oldest():
                break
        if index.n_records + n_new > most:
            raise Full("the store has room for %d records" % index.records_max)

    def _renew_oldest(self) -> bool:
        """Compact the sector that has been there longest."""
        log, sectors = self._log, self._log.sectors
        log.compaction.finish()
        used = [i for i in range(sectors.n) if sectors.state[i] == LIVE]
        oldest = min(used, key=lambda i: sectors.sequence[i])
        for stream in layout.STREAMS:
            if sectors.heads[stream].sector == oldest and sectors.n_free() > _KEPT_FREE[OWN]:
                sectors.open_next(stream, log.version)
        if not log.compaction.is_possible(oldest) or not sectors.n_free():
            return False
        log.compaction.begin(oldest)
        log.compaction.finish()
        return True

    # --- in quiet times -----------------------------------------------------------------------

    def tidy(self) -> bool:
        """One bounded piece of work: a sector erased, or a few records moved. False: nothing to
        do."""
        log, sectors = self._log, self._log.sectors
        if log.kill_superseded():
            return True
        if log.compaction.is_under_way():
            self._slice()
            return True
        if sectors.n_clean() < _CLEAN_AHEAD and sectors.n_free() > sectors.n_clean():
            sectors.erase(self._dirty_one())
            return True
        return self._begin(self._cheapest()) or self._begin(self._coldest())

    def _begin(self, victim: int) -> bool:
        self._free_before = self._free_bytes()
        return self._log.compaction.begin(victim)

    def _slice(self) -> None:
        compaction = self._log.compaction
        compaction.slice()
        if not compaction.is_under_way() and self._free_bytes() <= self._free_before:
            self._futile_live = self.live_bytes()

    def _dirty_one(self) -> int:
        sectors = self._log.sectors
        return min(
            (i for i in range(sectors.n) if sectors.state[i] not in (CLEAN, LIVE, BAD)),
            key=lambda i: sectors.erase_count[i],
        )

    def _cheapest(self) -> int:
        """A sector that is worth compacting while few are free, -1 for none."""
        if self._log.sectors.n_free() > _KEPT_FREE[NORMAL] + 1 or self._is_futile():
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
        if not used or sectors.n_free() <= _KEPT_FREE[NORMAL]:
            return -1
        coldest = min(used, key=lambda i: sectors.erase_count[i])
        if max(counts) - sectors.erase_count[coldest] <= _WEAR_SPREAD_MAX:
            return -1
        self._n_erases_at_turn = sectors.n_erases
        sectors.wants_worn = True
        return coldest
