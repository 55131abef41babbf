"""The store, as the application sees it: names and values, journals, transactions.

Everything that writes is on the flash when it returns, or raises and has changed nothing. Nothing
here waits: `tidy` is called in quiet times, and makes the others quick.
"""

import struct

from handset.store import layout
from handset.store.compaction import wipe_record
from handset.store.errors import Damaged, Full, Locked, NotOpen, StoreError, TooBig
from handset.store.journals import JOURNALS, Journal, entries_kept, entry_id
from handset.store.layout import DOMAINS, PERSONAL, PROFESSIONAL
from handset.store.log import Log
from handset.store.record import Record
from handset.store.report import Report
from handset.store.retention import Retention
from handset.store.room import NORMAL, OWN, URGENT
from handset.store.sectors import CLEAN, STATE_NAMES
from handset.store.transaction import Transaction
from handset.unload import unload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from hal.contracts import Flash
    from handset.store.opening import Opening

_KEY_COPIES = 2
_SECTORS_MIN = 6
_SEARCH_BYTES = 1024
_LOOKED_AT_ONCE = 64
_TRIES = "<H"
_TRIES_BYTES_MAX = 128
NAME_BYTES_MAX = 255


def _no_day() -> int:
    return -1


class Store:
    """`today()` gives days since 1970, -1 while the clock is not set. A transaction is built in
    `transaction_bytes` of RAM, and lies in one sector: a value is no longer than that."""

    def __init__(
        self,
        flash: "Flash",
        custody: "Any",
        records_max: int = 2048,
        today: "Callable[[], int]" = _no_day,
        journals: "dict[str, Journal] | None" = None,
        transaction_bytes: int = 4096,
    ) -> None:
        self._flash = flash
        self._custody = custody
        self._journals = JOURNALS if journals is None else journals
        self._log = Log(flash, custody, records_max)
        self._retention = Retention(self._log, custody, self._journals, self._read, today)
        if self._log.sectors.n < _SECTORS_MIN:
            raise ValueError("%d sectors are no store: at least 6" % self._log.sectors.n)
        self._transaction = Transaction(custody, min(self._log.capacity, transaction_bytes))
        self._level = OWN
        self._next_before: dict[int, int] = {}
        self._tries = -1  # as in the flash; -1 where nobody can tell
        self._is_open = False
        self._bad_names: set[bytes] = set()
        self.report = Report()

    # --- opening ------------------------------------------------------------------------------

    def open(self) -> Report:
        """Read what is in the flash; changes next to nothing. The store is usable when the
        report's state is "open"."""
        try:
            return self._open()
        finally:
            unload("handset.store.opening")

    def _open(self) -> Report:
        self._is_open = False
        self._transaction.clear()
        self._bad_names.clear()
        opening = self._look_at_all()
        if self.report.state != "open":
            return self.report
        body = self._load_keys(opening)
        if body is None:
            self.report.state = "blank" if not self._log.index.n_records else "foreign"
            return self.report
        opening.settle(self._retention.first_entries())
        self._tries = self._read_tries()
        self._is_open = True
        self._finish_keys(body, opening.keys_met)
        self._retention.note_pruned(opening.first_pruned)
        return self.report

    def _look_at_all(self) -> "Opening":
        """At what is in the flash."""
        try:
            return self._look({})
        except Full:
            # Entries that were forgotten and not yet erased fill the index. What there is beside
            # entries tells which of them count.
            none = {kept.number: 0 for kept in self._journals.values()}
            opening = self._opening(none, {})
            self.report = opening.run()
            opening.first_pruned.clear()
            if self.report.state != "open" or self._load_keys(opening) is None:
                return opening
            return self._look(self._retention.first_entries())

    def _look(self, first_kept: "dict[int, int]") -> "Opening":
        """At all, but for entries before `first_kept` of their journal. Raises Full."""
        entries_max = {
            kept.number: entries_kept(self._retention.entries_max(kept))
            for kept in self._journals.values()
        }
        while True:
            opening = self._opening(entries_max, first_kept)
            self.report = opening.run()
            if not opening.throw_away():
                return opening

    def _opening(self, entries_max: "dict[int, int]", first_kept: "dict[int, int]") -> "Opening":
        from handset.store.opening import Opening

        return Opening(self._log, entries_max, first_kept)

    def _load_keys(self, opening: "Opening") -> "bytes | None":
        """Those that were found; the journals' states can be read then. None where there are
        none."""
        body = self.keys_body()
        if body is not None:
            self._custody.load(body)
            self._retention.load(opening, self.report)
        return body

    def format(self, keys_body: bytes, store_salt: bytes) -> None:
        """Begin a store in a flash that holds none. `custody.begin(store_salt)` has been called
        and the keys are open."""
        log = self._log
        log.forget_all()
        self._transaction.clear()
        for i in range(log.sectors.n):
            self._erase_what_was(i)
        log.sectors.store_salt = store_salt
        log.sectors.open_next(layout.HOT, log.version)
        self._is_open = True
        self._put_keys(keys_body, True)
        self._tries = 0
        self._retention.begin()
        self.report = Report()
        self.report.state = "open"

    def _erase_what_was(self, sector: int) -> None:
        """No header of a store from before stays: it might be taken for this one's."""
        sectors = self._log.sectors
        count, was_opened = self._history(sector)
        sectors.erase_count[sector] = max(0, count)
        if was_opened:
            # First, for a cut leaves of an erase what might be taken for somebody's store.
            sectors.disown(sector)
            sectors.erase(sector)
        elif count >= 0:
            sectors.state[sector] = CLEAN

    def _history(self, sector: int) -> "tuple[int, bool]":
        """Its erase count, -1 where nobody knows; and whether it was opened since."""
        header = bytearray(layout.SECTOR_HEADER_BYTES)
        self._flash.read(sector * self._log.sectors.sector_bytes, header)
        opened = header[layout.ERASED_BYTES :]
        return layout.erase_count_of(header), opened != b"\xff" * len(opened)

    # --- names and values ---------------------------------------------------------------------

    def put(
        self, name: str, value: bytes, domain: int = PROFESSIONAL, urgent: bool = False
    ) -> None:
        """Keep a value, in the place of the one it had. `urgent` may use the room that is kept
        for emergencies. Raises Full, TooBig, WornOut; OSError where a locked domain needs
        randomness and there is none. A name has 255 bytes of UTF-8 at most."""
        self._check_open()
        record_id = self._id(name, domain)
        self._transaction.check_size(len(value))
        n_name = len(name.encode())
        if n_name > NAME_BYTES_MAX:
            raise TooBig("a name of %d bytes: at most %d" % (n_name, NAME_BYTES_MAX))
        if self._needs_name(record_id):
            self._put_name(name, record_id, domain, urgent)
        try:
            self._add(layout.VALUE, domain, record_id, value)
            self._written(URGENT if urgent else NORMAL)
        except Exception:
            self._drop_lone_name(record_id)
            raise

    def _needs_name(self, record_id: bytes) -> bool:
        if record_id in self._transaction.deleted or record_id in self._bad_names:
            return True
        return not self._log.find(layout.NAME, record_id)

    def _drop_lone_name(self, record_id: bytes) -> None:
        """Whose value could not be written, or was not after all."""
        is_waiting = self._transaction.last_kind_of(record_id) == layout.VALUE
        if not is_waiting and not self._log.has_value(record_id):
            self._log.drop(layout.NAME, record_id, self._log.version)
            self._log.kill_superseded()

    def _put_name(self, name: str, record_id: bytes, domain: int, urgent: bool) -> None:
        """At once, also in a transaction: a name without a value is none. And to the cold head:
        it stays when its value changes."""
        text = name.encode()
        t = Transaction(self._custody, layout.sealed_bytes_max(len(text)))
        t.add_sealed(layout.NAME, domain, record_id, text, self._log.next_version())
        self._log.commit(t, URGENT if urgent else NORMAL, layout.COLD)
        self._bad_names.discard(record_id)
        self._transaction.named.append(record_id)

    def _add(self, kind: int, domain: int, record_id: bytes, value: bytes) -> None:
        """A sealed record more in the transaction."""
        version = self._log.next_version()
        self._transaction.add_sealed(kind, domain, record_id, value, version)
        self._log.n_payload_bytes += len(value)

    def get(self, name: str, domain: int = PROFESSIONAL) -> "bytes | None":
        """The value, None when there is none. Raises Locked, Damaged."""
        self._check_open()
        record_id = self._id(name, domain)
        place = self._log.find_surely(layout.VALUE, record_id)
        if not place:
            if self._is_lost(record_id):
                raise Damaged("there is a name, and its value was damaged: it is lost")
            return None
        record = self._log.look(place, self._log.record)
        if record.kind != layout.DELETE:
            return self._read(place, domain)
        if not self._is_in_place(record):
            raise self._damaged(record)
        return None

    def _is_lost(self, record_id: "bytes | memoryview") -> bool:
        """Whether it is among what the opening has found damaged: there is its name and nothing
        else."""
        if not self.report.damage or bytes(record_id) in self._transaction.named:
            return False
        has_value = self._log.find(layout.VALUE, record_id)
        return not has_value and bool(self._log.find(layout.NAME, record_id))

    def delete(self, name: str, domain: int = PROFESSIONAL) -> bool:
        """Forget a value; False when there was none. Uses the room for emergencies if it must:
        that is how a full store gets out of it. Raises as `put`; Damaged where nobody can tell
        whether there is one."""
        self._check_open()
        record_id = self._id(name, domain)
        if not self._will_be_there(record_id):
            return False
        self._transaction.add_plain(layout.DELETE, record_id, b"", self._log.next_version())
        self._transaction.deleted.append(record_id)
        self._written(OWN)
        return True

    def _will_be_there(self, record_id: bytes) -> bool:
        """Whether there is a value, after what the transaction has by now."""
        kind = self._transaction.last_kind_of(record_id)
        if kind:
            return kind == layout.VALUE
        place = self._log.find_surely(layout.VALUE, record_id)
        if not place:
            return self._is_lost(record_id)
        record = self._log.look(place, self._log.record)
        if record.kind == layout.DELETE and not self._is_in_place(record):
            raise self._damaged(record)
        return record.kind == layout.VALUE

    def iterate(self, domain: int = PROFESSIONAL, prefix: str = "") -> "Iterator[str]":
        """Names of the domain's values, in no order. Writing meanwhile may repeat some. Raises
        Locked; and Damaged behind the last one where names were damaged."""
        n_damaged = 0
        for name in self.names(domain):
            if name is None:
                n_damaged += 1
            elif isinstance(name, str) and name.startswith(prefix):
                yield name
        if n_damaged:
            raise Damaged("%d names are not what was written: they are lost" % n_damaged)

    def names(self, domain: int) -> "Iterator[str | bool | None]":
        """The same for who must know what is missing: None for each name that is damaged, and for
        each sector that is another one now. It is written again when its value is put. False, which
        is no name, after each 64 records looked at: who must not take long may go on later."""
        self._check_open()
        record = Record(self._flash, self._custody)
        strange: set[int] = set()
        n_looked = 0
        for place in self._log.index.places():
            n_looked += 1
            if n_looked % _LOOKED_AT_ONCE == 0:
                yield False
            self._log.look(place, record)
            sector = self._log.sectors.place_of(record.offset)
            if sector in strange:
                continue
            if not self._log.sectors.is_itself(sector):
                strange.add(sector)
                yield None
            elif not self._log.index.has(record.key(), place):
                yield None  # it may have been a name: kind or id have changed
            elif self._is_name(record, domain):
                yield self._name_at(place, domain)

    def _name_at(self, place: int, domain: int) -> "str | None":
        try:
            return self._read(place, domain).decode()
        except Damaged:
            self._bad_names.add(bytes(self._log.record.id))
            return None

    def _is_name(self, record: Record, domain: int) -> bool:
        """Of a value that is there: a transaction that was aborted may leave a name alone."""
        if record.kind != layout.NAME or layout.domain_of(record.first) != domain:
            return False
        return self._log.has_value(record.id) or self._is_lost(record.id)

    def _id(self, name: str, domain: int) -> bytes:
        if domain not in DOMAINS:
            raise ValueError("no domain %r: 1 service, 2 professional, 3 personal" % (domain,))
        record_id: bytes = self._custody.name_id(domain, name.encode())
        return record_id

    def _read(self, place: int, domain: int) -> bytes:
        record = self._log.look(place, self._log.record)
        is_it = layout.domain_of(record.first) == domain and record.is_alive()
        if not is_it or not self._is_in_place(record):
            raise self._damaged(record)
        if not self._custody.is_open(domain):
            raise Locked("domain %d is locked: unlock it with the PIN" % domain)
        buf, at = self._log.body(record)
        bound = struct.pack(
            "<BB6sI", record.first & ~layout.LAST, record.units, bytes(record.id), record.version()
        )
        n_body = layout.body_bytes(record.units)
        open_it = self._custody.open_box if record.first & layout.BOX else self._custody.open
        if not open_it(domain, bound, record.version(), record.salt, buf, at, n_body):
            raise self._damaged(record)
        n_bytes = struct.unpack_from("<H", buf, at)[0]
        start = at + layout.LENGTH_BYTES
        return bytes(buf[start : start + n_bytes])

    def _is_in_place(self, record: Record) -> bool:
        """Whether it is the one that was written here, and not another one that is right elsewhere.
        Behind damage that the opening has found its MAC may be right and seem wrong."""
        sector = self._log.sectors.place_of(record.offset)
        if any(sector == damaged for _, damaged, _ in self.report.damage):
            return record.is_whole and self._log.sectors.is_itself(sector)
        return self._log.is_in_place(record)

    def _damaged(self, record: Record) -> Damaged:
        return Damaged("the record at 0x%x is not what was written: it is lost" % record.offset)

    # --- journals -----------------------------------------------------------------------------

    def append(self, journal: str, value: bytes, urgent: bool = False) -> int:
        """Add an entry; its number. Old ones go as the journal's limits say. Raises as `put`."""
        self._check_open()
        kept = self._journals[journal]
        state = self._retention.states[kept.number]
        number = state.next
        self._add(layout.ENTRY, kept.domain, entry_id(kept, number), value)
        state.next = number + 1
        try:
            self._written(URGENT if urgent or kept.is_urgent else NORMAL)
        except Exception:
            state.next = number
            raise
        if not self._transaction.is_begun:
            self._retention.retire(kept, number)
        return number

    def amend(self, journal: str, number: int, value: bytes, urgent: bool = False) -> None:
        """Write the newest entry anew. It goes with the day at which it was appended: what is of
        another day is appended. ValueError for any other number. Raises as `put`."""
        self._check_open()
        kept = self._journals[journal]
        state = self._retention.states[kept.number]
        if not state.first <= number == state.next - 1:
            raise ValueError("%d is not the newest entry of %s: append one" % (number, journal))
        self._add(layout.ENTRY, kept.domain, entry_id(kept, number), value)
        self._written(URGENT if urgent or kept.is_urgent else NORMAL)

    def entries(self, journal: str, first: int = 0) -> "Iterator[tuple[int, bytes]]":
        """Number and value of every entry from `first` on. Raises Locked; and Damaged behind the
        last one where entries were damaged."""
        self._check_open()
        kept = self._journals[journal]
        state = self._retention.states[kept.number]
        number = max(first, state.first)
        damaged = None
        while number < state.next:
            value = None
            try:
                place = self._log.find_surely(layout.ENTRY, entry_id(kept, number))
                value = self._read(place, kept.domain) if place else None
            except Damaged as error:
                damaged = error
            if value is not None:
                yield number, value
            number += 1
        if damaged is not None:
            raise damaged

    def span(self, journal: str) -> "tuple[int, int]":
        """Numbers of the first entry and of the next one."""
        state = self._retention.states[self._journals[journal].number]
        return state.first, state.next

    def trim_journal(self, journal: str, first: int) -> None:
        """Forget entries before `first`, at once: ValueError in a transaction, which could bring
        entries that are forgotten already."""
        self._check_open()
        if self._transaction.is_begun:
            raise ValueError("a transaction has begun: commit or abort it first")
        self._retention.trim(self._journals[journal], first)

    def keep_days(self, days_max: "dict[str, int]") -> None:
        """For how many days journals keep their entries, where it is not as long as they say. Holds
        from the next day on that begins."""
        self._retention.keep_days(days_max)

    def days_kept(self) -> "dict[str, int]":
        """For how many days each journal keeps its entries now."""
        return self._retention.days_kept()

    # --- transactions -------------------------------------------------------------------------

    def begin(self) -> None:
        """What follows is written by `commit`, all of it or nothing. Reading meanwhile gives what
        was there before. ValueError inside another one."""
        self._check_open()
        if self._transaction.is_begun:
            raise ValueError("a transaction has begun already: commit or abort it first")
        self._transaction.is_begun = True
        self._level = OWN  # of deletions: what is put or appended beside them decides
        self._next_before = {number: state.next for number, state in self._retention.states.items()}

    def commit(self) -> None:
        """Write it. Raises Full, WornOut, NotOpen; the transaction is gone then, and nothing has
        changed."""
        t = self._transaction
        if not t.is_begun:
            raise ValueError("no transaction has begun")
        try:
            self._check_open()
            self._log.commit(t, self._level)
        except Exception:
            self.abort()
            raise
        t.clear()
        for kept in self._journals.values():
            state, number = self._retention.states[kept.number], self._next_before[kept.number]
            if state.next > number:
                self._retention.retire(kept, number)

    def abort(self) -> None:
        """Forget it."""
        t = self._transaction
        if t.is_begun:
            for number, next_number in self._next_before.items():
                self._retention.states[number].next = next_number
        named = list(t.named)
        t.clear()
        for record_id in named:
            self._drop_lone_name(record_id)

    def _written(self, level: int) -> None:
        """At once, unless a transaction has begun."""
        t = self._transaction
        if t.is_begun:
            if level != OWN:
                self._level = level if self._level == OWN else max(self._level, level)
            return
        try:
            self._log.commit(t, level)
        finally:
            t.clear()

    # --- keys ---------------------------------------------------------------------------------

    def keys_body(self) -> "bytes | None":
        """The newest KEYS that are whole."""
        best, best_version = None, -1
        for copy in range(_KEY_COPIES):
            place = self._log.find(layout.KEYS, self._key_id(copy))
            if place:
                version = self._log.look(place, self._log.record).version()
                body = self._keys_at(place)
                if body is not None and version > best_version:
                    best, best_version = body, version
        return best

    def put_keys(self, body: bytes) -> None:
        """Keep new KEYS: two copies, one after the other; the old ones are overwritten."""
        self._check_open()
        self._put_keys(body, False)

    def _put_keys(self, body: bytes, is_new_store: bool) -> None:
        """The tries of a new store come with the first copy: keys are never without."""
        self._log.compaction.finish()  # keys that are being moved are in two places
        for copy in range(_KEY_COPIES):
            t = Transaction(self._custody, layout.sealed_bytes_max(len(body)) + _TRIES_BYTES_MAX)
            t.add_plain(layout.KEYS, self._key_id(copy), body, self._log.next_version())
            if is_new_store and copy == 0:
                self._add_tries(t, 0)
            try:
                self._log.commit(t, OWN)
            except StoreError:
                if copy == 0:
                    raise
                # The keys have changed: one copy must do, until the next boot tries again.
                self._log.n_unwritten += 1
                old = self._log.find(layout.KEYS, self._key_id(copy))
                if old:
                    self._wipe_at(old)

    def _finish_keys(self, newest: bytes, met: "list[int]") -> None:
        """Do what a cut kept `put_keys` from doing: old keys, and the PIN they had, are no more."""
        log = self._log
        if met and not log.sectors.n_free():
            # Keys that are being moved are in two places: first the move comes to its end.
            try:
                log.room.make(0, 0, OWN, layout.HOT)
            except StoreError:
                log.n_unwritten += 1
        kept = [log.find(layout.KEYS, self._key_id(copy)) for copy in range(_KEY_COPIES)]
        for offset in met:
            if offset // 4 not in kept:
                self._wipe_at(offset // 4)
        for place in kept:
            if not place or self._keys_at(place) != newest:
                try:
                    self.put_keys(newest)
                except StoreError:
                    # A flash that takes nothing more can still be read.
                    log.n_unwritten += 1
                    self._wipe_older(newest)
                return

    def _wipe_older(self, newest: bytes) -> None:
        for copy in range(_KEY_COPIES):
            place = self._log.find(layout.KEYS, self._key_id(copy))
            if place and self._keys_at(place) != newest:
                self._wipe_at(place)

    def _keys_at(self, place: int) -> "bytes | None":
        """None where they have been overwritten, or are not what they were."""
        record = self._log.look(place, self._log.record)
        if not self._log.sectors.is_itself(self._log.sectors.place_of(record.offset)):
            return None
        body, _ = self._log.body(record)
        right = bytearray(layout.SALT_BYTES)
        self._custody.mac(right, b"keys", body, b"", b"")
        return bytes(body[:-1]) if right == record.salt else None

    def _key_id(self, copy: int) -> bytes:
        return layout.NO_ID[:-1] + bytes([copy])

    def _wipe_at(self, place: int) -> None:
        record = self._log.look(place, Record(self._flash, self._custody))
        if record.is_keys():
            wipe_record(self._log, record)

    def tries(self) -> int:
        """Wrong PINs in a row, as last noted. Damaged where nobody can tell any more: a store is
        never made without."""
        self._check_open()
        if self._tries < 0:
            raise Damaged("the number of wrong PINs was damaged: it is lost")
        return self._tries

    def _read_tries(self) -> int:
        """What the opening has found to be right; -1 where there is none."""
        place = self._log.find(layout.TRIES, layout.NO_ID)
        if not place:
            return -1
        record = self._log.look(place, self._log.record)
        n_tries: int = struct.unpack_from(_TRIES, self._log.body(record)[0], 0)[0]
        return n_tries

    def put_tries(self, n_tries: int) -> None:
        """Note wrong PINs in a row. On the flash when it returns."""
        self._check_open()
        t = Transaction(self._custody, _TRIES_BYTES_MAX)
        self._add_tries(t, n_tries)
        self._log.commit(t, OWN)
        self._tries = n_tries

    def _add_tries(self, t: Transaction, n_tries: int) -> None:
        body = struct.pack(_TRIES, n_tries)
        t.add_plain(layout.TRIES, layout.NO_ID, body, self._log.next_version())

    def wipe(self) -> None:
        """Everything goes: the keys first."""
        self.begin_wipe()
        for _ in self.wipe_sectors():
            pass

    def begin_wipe(self) -> None:
        """From here on there is no way back, and when it returns, the keys are gone. Goes on where
        it was cut, when it is called again after `open` has said "wiping"."""
        log = self._log
        self._is_open = False
        if self.report.state != "wiping":
            self._announce_wipe()
        self._custody.lock()
        for copy in range(_KEY_COPIES):
            place = log.find(layout.KEYS, self._key_id(copy))
            if place:
                self._wipe_at(place)

    def wipe_sectors(self) -> "Iterator[None]":
        """The rest, a sector each time; to be exhausted. The one that says so goes last."""
        log = self._log
        # Keys that a cut has left, or that are not found. None is where nothing was written since
        # the erase: they are overwritten before their sector is erased.
        for sector in range(log.sectors.n):
            if self._history(sector)[1]:
                self._wipe_keys_in(sector)
                yield
        for sector in range(log.sectors.n):
            if sector != log.sectors.heads[layout.HOT].sector:
                self._erase_what_was(sector)
                yield
        head = log.sectors.heads[layout.HOT].sector
        if head >= 0:
            # From here on it is no store's: what a cut leaves of the erase is nobody's.
            log.sectors.disown(head)
            log.sectors.erase(head)
        self._custody.forget()
        self.report = Report()

    def _announce_wipe(self) -> None:
        log = self._log
        t = Transaction(self._custody, 128)
        t.add_plain(layout.WIPE, layout.NO_ID, b"", self._log.next_version())
        try:
            log.room.make(t.bytes_in_flash(), 0, OWN, layout.HOT)
            log.write(t, layout.HOT)
        except StoreError:
            # The keys go even where nothing can be written: a cut from here on may leave a store
            # that does not know that it was to be wiped.
            log.n_unwritten += 1
        self.report.state = "wiping"

    def _wipe_keys_in(self, sector: int) -> None:
        """Every KEYS of a sector, superseded ones too, wherever one could begin. Found by its first
        two bytes: trying each place of a large sector takes minutes."""
        n_bytes = self._log.sectors.sector_bytes
        behind = (sector + 1) * n_bytes - layout.record_bytes(layout.KEYS, layout.KEYS_UNITS)
        chunk = bytearray(_SEARCH_BYTES)
        blank = b"\xff" * _SEARCH_BYTES
        for start in range(sector * n_bytes, (sector + 1) * n_bytes, _SEARCH_BYTES):
            self._flash.read(start, chunk)
            if chunk == blank:
                continue
            for first in (layout.KEYS, layout.KEYS | layout.LAST):
                at = chunk.find(bytes((first, layout.KEYS_UNITS)))
                while at >= 0:
                    if at % 4 == 0 and start + at <= behind:
                        self._wipe_at((start + at) // 4)
                    at = chunk.find(bytes((first, layout.KEYS_UNITS)), at + 1)

    # --- looking after it ---------------------------------------------------------------------

    def tidy(self) -> bool:
        """A bounded slice of background work. False when there is nothing to do."""
        if not self._is_open:
            return False
        is_free = not self._transaction.is_begun  # its entries have numbers that may come again
        return (is_free and self._retention.age()) or self._log.room.tidy()

    def head(self) -> "tuple[int, bytes]":
        """Version of the last record, and a MAC of all that the log holds."""
        self._check_open()
        return self._log.head_version, self._log.sectors.head_mac()

    def stats(self) -> "dict[str, int]":
        """Figures for support; bytes are bytes of flash, but for index and table (RAM)."""
        log, sectors = self._log, self._log.sectors
        counts = [sectors.erase_count[i] for i in range(sectors.n)]
        return {
            "records": log.index.n_records,
            "records_max": log.index.records_max,
            "live_bytes": log.room.live_bytes(),
            "capacity_bytes": log.room.capacity_bytes(),
            "sectors": sectors.n,
            "sectors_free": sectors.n_free(),
            "commits": log.n_commits,
            "payload_bytes": log.n_payload_bytes,
            "moved_bytes": log.compaction.n_moved_bytes,
            "erases": sectors.n_erases,
            "erase_count_min": min(counts),
            "erase_count_max": max(counts),
            "put_off": self._retention.n_put_off,
            "unwritten": log.n_unwritten,
            "damage": len(self.report.damage) + log.compaction.n_altered,
            "index_bytes": log.index.n_bytes(),
            "table_bytes": sectors.n_bytes(),
        }

    def sectors(self) -> "Iterator[tuple[int, str, int, int, int]]":
        """Of each sector: number, state, bytes needed, bytes written, erase count."""
        table = self._log.sectors
        for i in range(table.n):
            state = "head" if table.is_head(i) else STATE_NAMES[table.state[i]]
            yield i, state, table.live_bytes[i], table.end[i], table.erase_count[i]

    def _check_open(self) -> None:
        if not self._is_open:
            raise NotOpen("the store is not open: %s" % self.report.state)


__all__ = ("PERSONAL", "Store", "StoreError")
