"""The journals there are: entries that are only ever added, and go when they are old or many.

To add one: a line in `JOURNALS`, with a number that was never used before.
"""

import struct

from handset.store import layout


class Journal:
    """What a journal keeps: at most so many entries, for at most so many days."""

    def __init__(self, number: int, domain: int, entries_max: int, days_max: int) -> None:
        self.number = number
        self.domain = domain
        self.entries_max = entries_max
        self.days_max = days_max


# Two months of positions; the logs about the agent for a year. The numbers are three quarters of an
# index of 16,384 records; a smaller one is shared out alike (`Store._entries_max`). With 1,024, and
# the 284 kB that 80 sectors of 4 KiB take, 768 are the journals':
#
#     positions  384 blocks. A day of 8 hours at one a minute is 480 positions: 5 blocks of 98 of an
#                agent on foot (5 bytes each), 6 of 81 in a car in town (6). 61 days on foot are
#                29,280 positions in 305 blocks, which leaves 79, 26 %, for those that are closed
#                before they are full. A full one is 564 bytes of flash, 600 in a box: 305 take
#                172 kB, 384 take 217 kB
#     the rest   192, 96, 64 and 32 entries of 100 bytes or so: 38 kB
#
# What is left, 256 records and some 30 kB at the worst, 70 in a usual month, is for values.
JOURNALS = {
    "positions": Journal(1, layout.PROFESSIONAL, 6144, 61),
    "calls": Journal(2, layout.PROFESSIONAL, 3072, 366),
    "consent": Journal(3, layout.PROFESSIONAL, 1536, 366),
    "messages": Journal(4, layout.PROFESSIONAL, 1024, 366),
    "alarms": Journal(5, layout.SERVICE, 512, 366),
}

# Trimming by number costs a record: it waits until so many entries are too many.
_TRIM_SHARE = 16
_DAY_MAX = 0xFFFF
# So many days that follow one another within that time tell a clock that is right.
_SETTLED_DAYS = 3
_SETTLED_WITHIN_DAYS = 31
# What a clock that is wrong again and again may add to the days of a journal.
_DAYS_SPARE = 32
_ALL_ENTRIES = 0xFFFFFFFF
_FIXED = "<II"
_FIXED_BYTES = 8
_DAY = "<HI"
_DAY_BYTES = 6


class State:
    """Of one journal: entries `first` to `next` - 1 are there, and a day began last on `last_day`,
    -1 for none. All days are in the flash alone, as `Days`: in RAM a year of them is too much."""

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
        """Whether it is another day than at the last entry; -1 is a clock that is not set."""
        return 0 <= day <= _DAY_MAX and day != self.last_day

    def begin_day(self, days: "Days", day: int, days_max: int, number: int) -> None:
        """Note a day that begins with entry `number`; entries that are too old go."""
        self.first = max(self.first, days.begin(day, days_max, number))
        self.last_day = day

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
    """The days on which entries were added: days since 1970 as the clock had them, and of each the
    number of its first entry. Packed, as in the body of a JOURNAL record behind the rest.

    Clocks are wrong at times. An entry is no older than what was added before it, so that one with
    an old date goes with those; and it is no newer than today."""

    def __init__(self, body: bytes = b"") -> None:
        self.packed = body[_FIXED_BYTES:]

    def last(self) -> int:
        """The newest, -1 where there is none."""
        n_days = len(self.packed) // _DAY_BYTES
        return self._at(n_days - 1)[0] if n_days else -1

    def begin(self, day: int, days_max: int, number: int) -> int:
        """Add a day, and drop those that are too old: number of the first entry of the others, 0
        where nothing goes. A clock that is wrong once makes nothing go: it takes some days that
        follow one another."""
        self.packed += struct.pack(_DAY, day, number)
        n_days = len(self.packed) // _DAY_BYTES
        if n_days > days_max + _DAYS_SPARE:
            self._drop(1, self._at(0)[1])
            n_days -= 1
        if not self._is_settled(n_days):
            return 0
        n_old = first = 0
        while min(self._at(n_old)[0], day) <= day - days_max:
            n_old += 1
            first = self._at(n_old)[1]
        self._drop(n_old, first)
        self._bring_back(day)
        return first

    def _is_settled(self, n_days: int) -> bool:
        """Whether the newest days can be believed."""
        if n_days < _SETTLED_DAYS:
            return False
        newest = [self._at(i)[0] for i in range(n_days - _SETTLED_DAYS, n_days)]
        is_ascending = all(newest[i] < newest[i + 1] for i in range(_SETTLED_DAYS - 1))
        return is_ascending and newest[-1] - newest[0] <= _SETTLED_WITHIN_DAYS

    def _bring_back(self, today: int) -> None:
        """The clock was ahead: such days become today, or their entries would stay for years."""
        for i in range(len(self.packed) // _DAY_BYTES):
            day, number = self._at(i)
            if day > today:
                at = i * _DAY_BYTES
                mended = struct.pack(_DAY, today, number)
                self.packed = self.packed[:at] + mended + self.packed[at + _DAY_BYTES :]

    def forget_before(self, first: int) -> None:
        """Drop days of which no entry from `first` on is left."""
        n_gone = 0
        n_days = len(self.packed) // _DAY_BYTES
        while n_gone + 1 < n_days and self._at(n_gone + 1)[1] <= first:
            n_gone += 1
        self._drop(n_gone, self._at(n_gone)[1] if n_gone else 0)

    def _drop(self, n_days: int, number: int) -> None:
        """The first days. The one behind them, whose entries begin with `number` now, is no older
        than they are."""
        if n_days:
            newest = max(self._at(i)[0] for i in range(n_days + 1))
            behind = self.packed[(n_days + 1) * _DAY_BYTES :]
            self.packed = struct.pack(_DAY, newest, number) + behind

    def _at(self, i: int) -> "tuple[int, int]":
        day, number = struct.unpack_from(_DAY, self.packed, i * _DAY_BYTES)
        return day, number


def entries_kept(entries_max: int) -> int:
    """Of a journal that is to keep so many: more are there only while forgetting is put off."""
    return entries_max + entries_max // _TRIM_SHARE + 1


def state_id(journal: Journal) -> bytes:
    """Id of a journal's JOURNAL record."""
    return struct.pack(layout.ENTRY_ID, journal.number, _ALL_ENTRIES)


def entry_id(journal: Journal, number: int) -> bytes:
    """Id of an entry."""
    return struct.pack(layout.ENTRY_ID, journal.number, number)
