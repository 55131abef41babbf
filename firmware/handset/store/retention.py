"""Which entries journals keep: where each begins and ends, and when the old ones go.

What it has to remember is in a JOURNAL record of each journal, and in one of the calendar.
"""

from handset.store import layout
from handset.store.calendar import UNDATED, Calendar
from handset.store.errors import Damaged, StoreError
from handset.store.journals import Days, Journal, State, calendar_id, state_id
from handset.store.layout import SERVICE
from handset.store.room import OWN
from handset.store.transaction import Transaction

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from handset.store.log import Log
    from handset.store.opening import Opening
    from handset.store.report import Report


class Retention:
    """`read(place, domain)` gives what is sealed there, or raises Damaged; `today()` as the
    store's. Times that a full store kept entries that were to go are counted in `n_put_off`."""

    def __init__(
        self,
        log: "Log",
        custody: "Any",
        journals: "dict[str, Journal]",
        read: "Callable[[int, int], bytes]",
        today: "Callable[[], int]",
    ) -> None:
        self._log = log
        self._custody = custody
        self._journals = journals
        self._read = read
        self._today = today
        self._calendar = Calendar()
        self._day_seen = -1
        self._to_age: list[Journal] = []  # on the day that has begun
        self._days_max: dict[int, int] = {}  # of journals that are not kept as long as they say
        self.states: dict[int, State] = {}  # of each journal, by number
        self.n_put_off = 0

    # --- at start -----------------------------------------------------------------------------

    def begin(self) -> None:
        """Of a new store."""
        self.states = {kept.number: State() for kept in self._journals.values()}
        self._begin_calendar(b"")

    def load(self, opening: "Opening", report: "Report") -> None:
        """As it was left, and as the entries are that were met."""
        for kept in self._journals.values():
            body = self._body(state_id(kept), report)
            state = State(body)
            first_met, next_met = opening.entries.get(kept.number, (0, 0))
            if not body and report.damage:
                # It may have been lost: what is before those that are there was trimmed, or not.
                state.first = first_met
            state.first = max(state.first, opening.first_pruned.get(kept.number, 0))
            state.next = max(state.next, next_met)
            self.states[kept.number] = state
        self._begin_calendar(self._body(calendar_id(), report))

    def _begin_calendar(self, body: bytes) -> None:
        self._calendar = Calendar(body)
        self._day_seen = -1
        self._to_age = []

    def _body(self, record_id: bytes, report: "Report | None" = None) -> bytes:
        """Of a JOURNAL record. Where it is damaged, the entries that are there say what they can,
        and no day is believed for a while."""
        place = self._log.find(layout.JOURNAL, record_id)
        try:
            return self._read(place, SERVICE) if place else b""
        except Damaged:
            if report:
                sector_bytes = self._log.sectors.sector_bytes
                report.note("altered", 4 * place // sector_bytes, 4 * place % sector_bytes)
            return b""

    def note_pruned(self, first_pruned: "dict[int, int]") -> None:
        """What the index had no room for goes with the next compaction: that it was trimmed is
        written down before."""
        for kept in self._journals.values():
            state = self.states[kept.number]
            body = self._body(state_id(kept))
            noted = State(body).first
            if noted < first_pruned.get(kept.number, 0) == state.first:
                self._save_or_put_off(kept, state.copy(), Days(body))

    def first_entries(self) -> "dict[int, int]":
        """By number of the journal."""
        return {number: state.first for number, state in self.states.items()}

    # --- how much is kept ---------------------------------------------------------------------

    def keep_days(self, days_max: "dict[str, int]") -> None:
        """For how many days journals keep their entries, where it is not as long as they say. Holds
        from the next day on that begins."""
        journals = self._journals
        self._days_max = {
            journals[name].number: days_max[name] for name in days_max if name in journals
        }

    def days_kept(self) -> "dict[str, int]":
        """For how many days each journal keeps its entries now."""
        return {name: self._days_max_of(kept) for name, kept in self._journals.items()}

    def _days_max_of(self, kept: Journal) -> int:
        return self._days_max.get(kept.number, kept.days_max)

    def entries_max(self, kept: Journal) -> int:
        """What the journal is to keep, or its share of 3/4 of the index where that is less."""
        wanted = sum(journal.entries_max for journal in self._journals.values())
        share = self._log.index.records_max * 3 * kept.entries_max // (4 * wanted)
        return min(kept.entries_max, share)

    # --- what goes ----------------------------------------------------------------------------

    def retire(self, kept: Journal, number: int) -> None:
        """Old entries go, when a day begins or there are too many. Entries from `number` on, which
        brought this about, are safe already: a full store keeps the old ones a while longer, and
        counts that."""
        self._log.room.forget_some()
        day = self._believed_day()
        state = self.states[kept.number]
        surplus = state.surplus(self.entries_max(kept))
        is_new_day = state.is_new_day(day)
        if not is_new_day and not surplus:
            return
        changed, days = state.copy(), Days(self._body(state_id(kept)))
        if is_new_day:
            # Nothing before the first day has any.
            self._begin_day(
                kept, changed, days, day, number if state.last_day >= 0 else state.first
            )
        else:
            changed.first += surplus
        self._save_or_put_off(kept, changed, days)

    def age(self) -> bool:
        """On a day that has begun, look at one journal: those to which nothing is added forget what
        is old, too. False: none is left to look at."""
        day = self._believed_day()
        if day == UNDATED or not self._to_age:
            return False
        kept = self._to_age.pop()
        state = self.states[kept.number]
        if state.first < state.next:
            changed, days = state.copy(), Days(self._body(state_id(kept)))
            if state.last_day in (-1, UNDATED):
                self._begin_day(kept, changed, days, day, state.first)
            else:
                self._expire(kept, changed, days)
            if changed.first != state.first or changed.last_day != state.last_day:
                self._save_or_put_off(kept, changed, days)
        return True

    def trim(self, kept: Journal, first: int) -> None:
        """Forget entries before `first`. Raises Full, WornOut."""
        state = self.states[kept.number]
        if state.first < first <= state.next:
            changed = state.copy()
            changed.first = first
            self._save(kept, changed, Days(self._body(state_id(kept))))

    def _begin_day(self, kept: Journal, changed: State, days: Days, day: int, number: int) -> None:
        days.begin(day, number, self._days_max_of(kept))
        changed.last_day = day
        if day != UNDATED:
            self._expire(kept, changed, days)

    def _expire(self, kept: Journal, changed: State, days: Days) -> None:
        first = days.expire(self._calendar, self._days_max_of(kept), changed.next)
        changed.first = max(changed.first, first)
        changed.last_day = days.last()

    def _believed_day(self) -> int:
        """Today; UNDATED while it is not sure which day that is."""
        calendar, day = self._calendar, self._today()
        if not 0 <= day < UNDATED:
            return UNDATED
        if day != self._day_seen:
            self._day_seen = day
            before = calendar.body()
            calendar.see(day)
            if calendar.day == day:
                self._to_age = list(self._journals.values())
            if calendar.body() != before:
                self._save_calendar()
        return day if day == calendar.day else UNDATED

    # --- on the flash -------------------------------------------------------------------------

    def _save_or_put_off(self, kept: Journal, changed: State, days: Days) -> None:
        try:
            self._save(kept, changed, days)
        except StoreError:
            self.n_put_off += 1

    def _save(self, kept: Journal, changed: State, days: Days) -> None:
        """From the moment it is on the flash on, `changed` counts."""
        days.forget_before(changed.first)
        self._write(state_id(kept), changed.body(days))
        before = self.states[kept.number]
        self.states[kept.number] = changed
        self._log.room.entries_trimmed(kept.number, before.first, changed.first)

    def _save_calendar(self) -> None:
        try:
            self._write(calendar_id(), self._calendar.body())
        except StoreError:
            self.n_put_off += 1

    def _write(self, record_id: bytes, body: bytes) -> None:
        t = Transaction(self._custody, layout.sealed_bytes_max(len(body)))
        t.add_sealed(layout.JOURNAL, SERVICE, record_id, body, self._log.next_version())
        self._log.commit(t, OWN)
