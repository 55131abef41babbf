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
_SETTLED_DAYS = 3
_SETTLED_WITHIN_DAYS = 31
_ALL_ENTRIES = 0xFFFFFFFF
_FIXED = "<II"
_DAY = "<HI"


class State:
    """Of one journal: entries `first` to `next` - 1 are there, and the days at which some began."""

    def __init__(self, body: bytes = b"") -> None:
        self.first = 0
        self.next = 0
        self.days: list[tuple[int, int]] = []  # day since 1970, number of its first entry
        if body:
            self.first, self.next = struct.unpack_from(_FIXED, body, 0)
            n_days = (len(body) - struct.calcsize(_FIXED)) // struct.calcsize(_DAY)
            for i in range(n_days):
                at = struct.calcsize(_FIXED) + i * struct.calcsize(_DAY)
                day, number = struct.unpack_from(_DAY, body, at)
                self.days.append((day, number))

    def body(self) -> bytes:
        """As it is kept in a JOURNAL record."""
        parts = [struct.pack(_FIXED, self.first, self.next)]
        parts += [struct.pack(_DAY, day, number) for day, number in self.days]
        return b"".join(parts)

    def is_new_day(self, day: int) -> bool:
        """Whether it is another day than at the last entry; -1 is a clock that is not set."""
        return 0 <= day <= _DAY_MAX and (not self.days or day != self.days[-1][0])

    def begin_day(self, day: int, days_max: int, number: int) -> None:
        """Note a day that begins with entry `number`, and forget entries that are too old. A clock
        that is wrong once forgets nothing: it takes some days that follow one another."""
        while self.days and self.days[-1][0] >= day:
            number = self.days.pop()[1]  # the clock was ahead
        self.days.append((day, number))
        settled = self.days[-_SETTLED_DAYS:]
        if len(settled) < _SETTLED_DAYS or day - settled[0][0] > _SETTLED_WITHIN_DAYS:
            return
        while self.days[0][0] <= day - days_max:
            self.days.pop(0)
            self.first = max(self.first, self.days[0][1])

    def copy(self) -> "State":
        """To be changed, and to take this one's place once it is on the flash."""
        other = State()
        other.first, other.next, other.days = self.first, self.next, list(self.days)
        return other

    def surplus(self, entries_max: int) -> int:
        """How many entries are too many, 0 while it is not worth a record."""
        too_many = self.next - self.first - entries_max
        return too_many if too_many > entries_max // _TRIM_SHARE else 0


def entries_kept(entries_max: int) -> int:
    """Of a journal that is to keep so many: more are there only while forgetting is put off."""
    return entries_max + entries_max // _TRIM_SHARE + 1


def state_id(journal: Journal) -> bytes:
    """Id of a journal's JOURNAL record."""
    return struct.pack(layout.ENTRY_ID, journal.number, _ALL_ENTRIES)


def entry_id(journal: Journal, number: int) -> bytes:
    """Id of an entry."""
    return struct.pack(layout.ENTRY_ID, journal.number, number)
