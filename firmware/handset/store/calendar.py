"""Which days are believed. Clocks are wrong at times, and entries go by their age.

The first day there is, and one that follows the last believed one by a month at most, is believed
at once. Any other takes a week: so many days that follow one another on which the handset was on.
Until then nothing goes, and what is recorded has no day: it counts with the next one that is
believed.
"""

import struct

# A day of entries that are not known to be of any; and of a calendar that believes none yet.
UNDATED = 0xFFFF
_STEP_DAYS_MAX = 31
_RUN_DAYS = 7
_RUN_STEP_DAYS_MAX = 366
_FORMAT = "<HHHHB"


class Calendar:
    """`day` is the newest believed one; days were believed one after the other from `since` on. Of
    a store: journals share it, as they share the clock."""

    def __init__(self, body: bytes = b"") -> None:
        self.day = self.since = UNDATED
        # Days that would be believed if they went on.
        self._run_first = self._run_last = self._n_run = 0
        if body:
            found = struct.unpack_from(_FORMAT, body, 0)
            self.day, self.since, self._run_first, self._run_last, self._n_run = found

    def body(self) -> bytes:
        """As it is kept in the JOURNAL record of number 0."""
        run = self._run_first, self._run_last, self._n_run
        return struct.pack(_FORMAT, self.day, self.since, *run)

    def see(self, day: int) -> None:
        """The clock says that it is this day."""
        if self.day == UNDATED:
            self.day = self.since = day
        if self.day <= day <= self.day + _STEP_DAYS_MAX:
            self.day = day
            self._n_run = 0
            return
        if self._n_run and self._run_last <= day <= self._run_last + _RUN_STEP_DAYS_MAX:
            self._n_run += day > self._run_last
        else:
            self._n_run = 1
            self._run_first = day
        self._run_last = day
        if self._n_run == _RUN_DAYS:
            self.day, self.since = day, self._run_first
            self._n_run = 0

    def is_past(self, day: int, days_max: int) -> bool:
        """Whether entries of that day are older than so many days. Those of a day that is still to
        come are from before the clock was set right."""
        if day == UNDATED:
            return False
        oldest_kept = self.day - days_max
        return day <= oldest_kept or (day > self.day and self.since <= oldest_kept)
