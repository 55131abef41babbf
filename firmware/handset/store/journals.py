"""The journals there are: entries that are only ever added, and go when they are old or many.

To add one: a line in `JOURNALS`, with a number that was never used before.
"""

import struct

from handset.store import layout
from handset.store.calendar import UNDATED, Calendar


class Journal:
    """What a journal keeps: at most so many entries, for at most so many days. All entries of an
    urgent one may use the room that is kept for emergencies."""

    def __init__(
        self, number: int, domain: int, entries_max: int, days_max: int, is_urgent: bool = False
    ) -> None:
        self.number = number
        self.domain = domain
        self.entries_max = entries_max
        self.days_max = days_max
        self.is_urgent = is_urgent


# Two months of positions; the logs about the agent for a year. The numbers are three quarters of an
# index of 16,384 records; a smaller one is shared out alike (`Store._entries_max`). With 1,024, and
# the 269 kB that 80 sectors of 4 KiB take, 768 are the journals':
#
#     positions  384 blocks. A day of 8 hours at one a minute is 480 positions: 5 blocks of 98 of an
#                agent on foot (5 bytes each), 6 of 81 in a car in town (6). 61 days on foot are
#                29,280 positions in 305 blocks, which leaves 79, 26 %, for those that are closed
#                before they are full. A full one is 564 bytes of flash, 600 in a box: 305 take
#                172 kB, 384 take 217 kB
#     the rest   192, 96, 64 and 32 entries of 100 bytes or so: 38 kB
#
# What is left, 192 records and some 14 kB at the worst, 54 in a usual month, is for values. A full
# store still takes alarms: 64 records and three sectors are kept for what is urgent (`room.py`).
JOURNALS = {
    "positions": Journal(1, layout.PROFESSIONAL, 6144, 61),
    "calls": Journal(2, layout.PROFESSIONAL, 3072, 366),
    "consent": Journal(3, layout.PROFESSIONAL, 1536, 366),
    "messages": Journal(4, layout.PROFESSIONAL, 1024, 366),
    "alarms": Journal(5, layout.SERVICE, 512, 366, is_urgent=True),
}

# Trimming by number costs a record: it waits until so many entries are too many.
_TRIM_SHARE = 16
# What a clock that is wrong again and again may add to the days of a journal.
_DAYS_SPARE = 32
_CALENDAR = 0
_ALL_ENTRIES = 0xFFFFFFFF
_FIXED = "<II"
_FIXED_BYTES = 8
_DAY = "<HI"
_DAY_BYTES = 6


class State:
    """Of one journal: entries `first` to `next` - 1 are there, and a day began last on `last_day`,
    -1 for none, UNDATED while no day was believed. All days are in the flash alone, as `Days`: in
    RAM a year of them is too much."""

    def __init__(self, body: bytes = b"") -> None:
        self.first = 0
        self.next = 0
        self.last_day = -1
        if body:
            self.first, self.next = struct.unpack_from(_FIXED, body, 0)
            self.last_day = Days(body).last()

    def body(self, days: "Days") -> bytes:
        """As it is kept in a JOURNAL record."""
        return struct.pack(_FIXED, self.first, self.next) + days.packed

    def is_new_day(self, day: int) -> bool:
        """Whether entries are of another day now. Those before the first one need none."""
        return day != self.last_day and (day != UNDATED or self.last_day >= 0)

    def copy(self) -> "State":
        """To be changed, and to take this one's place once it is on the flash."""
        other = State()
        other.first, other.next, other.last_day = self.first, self.next, self.last_day
        return other

    def surplus(self, entries_max: int) -> int:
        """How many entries are too many, 0 while it is not worth a record."""
        too_many = self.next - self.first - entries_max
        return too_many if too_many > entries_max // _TRIM_SHARE else 0


class Days:
    """The days on which entries were added: days since 1970 as the calendar had them, and of each
    the number of its first entry. Packed, as in the body of a JOURNAL record behind the rest."""

    def __init__(self, body: bytes = b"") -> None:
        self.packed = body[_FIXED_BYTES:]

    def last(self) -> int:
        """The newest, -1 where there is none."""
        n_days = self._n()
        return self._at(n_days - 1)[0] if n_days else -1

    def begin(self, day: int, number: int, days_max: int) -> None:
        """Entries from `number` on are of this day, and those before that have none."""
        if self.last() == UNDATED:
            number = self._at(self._n() - 1)[1]
            self.packed = self.packed[:-_DAY_BYTES]
        self.packed += struct.pack(_DAY, day, number)
        if self._n() > days_max + _DAYS_SPARE:
            # The first day's entries count with the second.
            second = struct.pack(_DAY, self._at(1)[0], self._at(0)[1])
            self.packed = second + self.packed[2 * _DAY_BYTES :]

    def expire(self, calendar: Calendar, days_max: int, end: int) -> int:
        """Drop days that are past: number of the first entry of the others, `end` where there are
        none, 0 where nothing goes."""
        n_old = 0
        while n_old < self._n() and calendar.is_past(self._at(n_old)[0], days_max):
            n_old += 1
        self.packed = self.packed[n_old * _DAY_BYTES :]
        if not self.packed:
            return end
        return self._at(0)[1] if n_old else 0

    def forget_before(self, first: int) -> None:
        """Drop days of which no entry from `first` on is left."""
        n_gone = 0
        while n_gone + 1 < self._n() and self._at(n_gone + 1)[1] <= first:
            n_gone += 1
        self.packed = self.packed[n_gone * _DAY_BYTES :]

    def _n(self) -> int:
        return len(self.packed) // _DAY_BYTES

    def _at(self, i: int) -> "tuple[int, int]":
        day, number = struct.unpack_from(_DAY, self.packed, i * _DAY_BYTES)
        return day, number


def entries_kept(entries_max: int) -> int:
    """Of a journal that is to keep so many: more are there only while forgetting is put off."""
    return entries_max + entries_max // _TRIM_SHARE + 1


def state_id(journal: Journal) -> bytes:
    """Id of a journal's JOURNAL record."""
    return struct.pack(layout.ENTRY_ID, journal.number, _ALL_ENTRIES)


def calendar_id() -> bytes:
    """Id of the JOURNAL record that has the calendar."""
    return struct.pack(layout.ENTRY_ID, _CALENDAR, _ALL_ENTRIES)


def entry_id(journal: Journal, number: int) -> bytes:
    """Id of an entry."""
    return struct.pack(layout.ENTRY_ID, journal.number, number)
