"""What is done to the store between two cuts: random operations, and what must be there after each.

`Truth` is the store as a dict. An operation says, before it runs, which truths a cut may leave: the
one of before and the one of after it, nothing between.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from custody_model import PERSONAL, PROFESSIONAL, SERVICE, CustodyModel
from nor_flash import NorFlash

from handset.store.errors import Full, WornOut
from handset.store.journals import Journal
from handset.store.store import Store

N_SECTORS = 14
SECTOR_BYTES = 2048
RECORDS_MAX = 400
# Long enough that only the workload trims them.
JOURNALS = {
    "positions": Journal(1, PROFESSIONAL, 1000, 61),
    "messages": Journal(2, PROFESSIONAL, 1000, 61),
    "alarms": Journal(3, SERVICE, 1000, 61),
}
_DOMAINS = (SERVICE, PROFESSIONAL, PROFESSIONAL, PERSONAL)
_NAMES = tuple("%s/%d" % (kind, i) for kind in ("form", "setting") for i in range(8))
_ENTRIES_KEPT = 12
_ROUNDS = 1
# Of all recoveries so many are followed by so much work that all sectors take their turn.
_LONG_LIVES = 0.03
_WRAPPED_AT = 145  # what the PIN opens, in the body of KEYS
_PART_BYTES = 23
_SECRET = b"device of the cuts".ljust(32, b".")

OPEN, WIPING, BLANK = "open", "wiping", "blank"
Action = tuple[Any, ...]


@dataclass
class Truth:
    """What has been committed."""

    state: str = BLANK
    values: dict[tuple[int, str], bytes] = field(default_factory=dict)
    # By journal: the first number that is kept, and entries from there on.
    entries: dict[str, tuple[int, tuple[bytes, ...]]] = field(default_factory=dict)
    tries: int = 0
    keys: bytes = b""
    pin: bytes = b""

    def changed(self, action: Action) -> Truth:
        """This truth after an action of a transaction."""
        verb, *args = action
        if verb == "put":
            domain, name, value = args
            return replace(self, values={**self.values, (domain, name): value})
        if verb == "delete":
            domain, name = args
            left = {key: value for key, value in self.values.items() if key != (domain, name)}
            return replace(self, values=left)
        if verb == "append":
            journal, value = args
            first, kept = self.entries[journal]
            return replace(self, entries={**self.entries, journal: (first, (*kept, value))})
        if verb == "amend":
            journal, number, value = args
            first, kept = self.entries[journal]
            assert number == first + len(kept) - 1
            return replace(self, entries={**self.entries, journal: (first, (*kept[:-1], value))})
        if verb == "trim":
            journal, first = args
            old, kept = self.entries[journal]
            left_entries = (max(first, old), kept[max(0, first - old) :])
            return replace(self, entries={**self.entries, journal: left_entries})
        assert verb == "tries"
        return replace(self, tries=args[0])


def provisioned(keys: bytes, pin: bytes) -> Truth:
    """A new store."""
    return Truth(OPEN, {}, dict.fromkeys(JOURNALS, (0, ())), 0, keys, pin)


def new_flash(seed: int) -> NorFlash:
    """Small: compaction always has something to do."""
    return NorFlash(N_SECTORS, SECTOR_BYTES, seed)


class Wrong(AssertionError):
    """The store is not as it must be."""


class Handset:
    """One boot: a store on a flash, with keys as the firmware would hold them."""

    def __init__(self, flash: NorFlash, seed: int) -> None:
        self.flash = flash
        self.custody = CustodyModel(_SECRET, seed)
        self.store = Store(flash, self.custody, RECORDS_MAX, journals=JOURNALS)
        self._random = random.Random(seed)

    def boot(self) -> Any:
        """Open the store; its report."""
        return self.store.open()

    def new_keys(self, pin: bytes) -> tuple[bytes, bytes]:
        """Store salt and keys of a store that is about to be formatted."""
        store_salt = self._random.randbytes(8)
        self.custody.begin(store_salt)
        self.custody.create()
        self._enter(pin, self._random.randbytes(16))
        return store_salt, self.custody.wrap(1)

    def other_pin(self, truth: Truth, pin: bytes) -> bytes:
        """The keys of now, wrapped anew."""
        self._enter(pin, self._random.randbytes(16))
        return self.custody.wrap(1 + int.from_bytes(truth.keys[329:337], "little"))

    def unlock(self, truth: Truth) -> None:
        """All domains, with the PIN that must be right."""
        keys = self.store.keys_body()
        self._enter(truth.pin, keys[5:21])
        if not self.custody.unlock(keys, True):
            raise Wrong("the PIN does not open the keys that the store has")

    def _enter(self, pin: bytes, pin_salt: bytes) -> None:
        self.custody.pin_begin(pin, pin_salt, _ROUNDS)
        self.custody.pin_step(_ROUNDS)

    def do(self, action: Action) -> None:
        """One action of the store."""
        verb, *args = action
        store = self.store
        if verb == "put":
            domain, name, value = args
            store.put(name, value, domain)
        elif verb == "delete":
            domain, name = args
            store.delete(name, domain)
        elif verb == "append":
            store.append(*args)
        elif verb == "amend":
            store.amend(*args)
        elif verb == "trim":
            store.trim_journal(*args)
        elif verb == "tries":
            store.put_tries(*args)
        else:
            raise ValueError(verb)

    def contents(self, candidates: tuple[Truth, ...]) -> Truth:
        """All that the store has, as an application reads it; known names are looked for, too."""
        store = self.store
        values = {}
        for domain in (SERVICE, PROFESSIONAL, PERSONAL):
            for name in list(store.iterate(domain)):
                if (domain, name) in values:
                    raise Wrong("%s comes twice" % name)
                values[domain, name] = store.get(name, domain)
        for domain, name in {key for truth in candidates for key in truth.values}:
            if (domain, name) not in values and store.get(name, domain) is not None:
                raise Wrong("%s is there, and iterate does not find it" % name)
        entries = {journal: _entries(list(store.entries(journal))) for journal in JOURNALS}
        return Truth(OPEN, values, entries, store.tries(), store.keys_body())


def _entries(found: list[tuple[int, bytes]]) -> tuple[int, tuple[bytes, ...]]:
    numbers = [number for number, _ in found]
    if numbers != list(range(numbers[0], numbers[0] + len(numbers)) if numbers else []):
        raise Wrong("entries are missing: %s" % numbers)
    return (numbers[0] if numbers else -1, tuple(value for _, value in found))


def difference(found: Truth, wanted: Truth) -> str:
    """What is not as it must be; empty if nothing."""
    if found.state != wanted.state:
        return "the store is %s, not %s" % (found.state, wanted.state)
    if found.state != OPEN:
        return ""
    for key in sorted(found.values.keys() | wanted.values.keys()):
        if found.values.get(key) != wanted.values.get(key):
            return "%s is %s, not %s" % (key, found.values.get(key), wanted.values.get(key))
    for journal, (first, kept) in wanted.entries.items():
        found_first, found_kept = found.entries[journal]
        if found_kept != kept or (kept and found_first != first):
            return "journal %s is %d from %d, not %d from %d" % (
                journal,
                len(found_kept),
                found_first,
                len(kept),
                first,
            )
    if found.tries != wanted.tries:
        return "%d tries, not %d" % (found.tries, wanted.tries)
    return "" if found.keys == wanted.keys else "other keys"


class Workload:
    """Runs operations on a flash. `allowed` is what a cut at this moment may leave, `what` is under
    way. It begins with one of the truths it is given: that of an erased flash, or what a cut left.
    """

    def __init__(self, flash: NorFlash, seed: int, allowed: tuple[Truth, ...] = (Truth(),)) -> None:
        self._seed = seed
        self.random = random.Random(seed)
        self.flash = flash
        self.n_boots = 0
        self.n_done = 0
        self.done_by_verb: dict[str, int] = {}
        self.is_locked = False
        # A worn flash may leave what looks altered; nothing may be lost by it.
        self.is_worn = False
        self._was_cut = False
        self.truth = allowed[0]
        self.allowed = allowed
        self.what = "boot"

    def run(self, n_operations: int) -> None:
        """So many random operations."""
        self.boot(after_a_cut=False)
        for _ in range(n_operations):
            self.step()

    def step(self) -> None:
        """One random operation, and often a slice of the store's own work."""
        verb = self.random.choices(tuple(_WEIGHTS), tuple(_WEIGHTS.values()))[0]
        _VERBS[verb](self)
        self.n_done += 1
        if self.random.random() < 0.3:
            self._tidy()

    def go_on(self) -> None:
        """The log goes on after a cut: writes of all sorts, and another boot."""
        self.boot(after_a_cut=True)
        if self.random.random() < 0.5:
            self._lock()
        for do in (self._put, self._append, self._transaction, self._delete, self._tidy):
            do()
        if self.random.random() < _LONG_LIVES:
            for _ in range(60):
                self.step()
            self.boot(after_a_cut=False)
        self.boot(after_a_cut=False)

    def boot(self, after_a_cut: bool) -> None:
        """Open the store, and compare all of it with what may be there."""
        self.what = "boot"
        self.n_boots += 1
        self.handset = Handset(self.flash, self._seed * 1000 + self.n_boots)
        report = self.handset.boot()
        # What is being wiped is damaged, and nobody wants it.
        if report.damage and report.state == OPEN and not self.is_worn:
            raise Wrong("damage that nobody did: %s" % report.damage)
        # In doubt a sector stays until another one is opened.
        self._was_cut |= after_a_cut
        if report.tail != "clean" and not self._was_cut:
            raise Wrong("the tail is %s, without a cut" % report.tail)
        self._settle(report.state)
        if self.truth.state == WIPING:
            self._wipe_rest()
        if self.truth.state == BLANK:
            self._format()
        if self.is_locked:
            self.handset.custody.lock()

    def _settle(self, state: str) -> None:
        """Which of the truths that were allowed it is."""
        keys_before = [truth.keys for truth in self.allowed if truth.keys]
        if state != OPEN:
            found = Truth(state)
        else:
            keys = self.handset.store.keys_body()
            pins = [truth.pin for truth in self.allowed if truth.keys == keys]
            if not pins:
                raise Wrong("the store has keys that nobody gave it")
            found = Truth(OPEN, keys=keys, pin=pins[0])
            self.handset.unlock(found)
            found = self.handset.contents(self.allowed)
            found.pin = pins[0]
        differences = [difference(found, truth) for truth in self.allowed]
        if "" not in differences:
            raise Wrong("neither before nor after: %s" % "; or ".join(differences))
        self.truth = self.allowed[differences.index("")]
        self.allowed = (self.truth,)
        if self.truth.state != WIPING:
            self._old_keys_are_gone(keys_before)

    def _old_keys_are_gone(self, keys_before: list[bytes]) -> None:
        image = self.flash.image()
        for keys in keys_before:
            parts = [keys[at : at + _PART_BYTES] for at in range(_WRAPPED_AT, 329, _PART_BYTES)]
            if keys != self.truth.keys and any(part in image for part in parts):
                raise Wrong("keys that are no longer valid are still in the flash")

    def commit(self, what: str, after: Truth, run: Callable[[], object]) -> bool:
        """Run what leads from the truth of now to `after`; False when store or flash refuse."""
        self.what = what
        self.allowed = (self.truth, after)
        try:
            run()
        except Full:
            self.allowed = (self.truth,)
            self._count("full")
            return False
        except WornOut:
            # What did not verify may still read right: the next boot decides, for good.
            self._count("worn out")
            self.boot(after_a_cut=True)
            return False
        self.truth = after
        self.allowed = (after,)
        self._count(what)
        return True

    def _count(self, what: str) -> None:
        self.done_by_verb[what] = self.done_by_verb.get(what, 0) + 1

    def single(self, action: Action) -> None:
        """One action by itself."""
        self.commit(action[0], self.truth.changed(action), lambda: self.handset.do(action))

    # Operations.

    def _put(self) -> None:
        self.single(self._some_put(self.truth))

    def _delete(self) -> None:
        self.single(self._some_delete(self.truth))

    def _append(self) -> None:
        self.single(("append", self._journal(), self._value(120)))

    def _amend(self) -> None:
        self.single(self._some_amend(self.truth))

    def _trim(self) -> None:
        self.single(self._some_trim(self.truth))

    def _tries(self) -> None:
        self.single(("tries", self.random.randrange(10)))

    def _actions(self) -> tuple[list[Action], Truth]:
        truth, actions = self.truth, []
        for _ in range(self.random.randrange(2, 7)):
            kind = self.random.random()
            if kind < 0.6:
                action = self._some_put(truth)
            elif kind < 0.75:
                action = self._some_delete(truth)
            elif kind < 0.9:
                action = ("append", self._journal(), self._value(60))
            else:
                action = self._some_amend(truth)
            actions.append(action)
            truth = truth.changed(action)
        return actions, truth

    def _transaction(self) -> None:
        actions, after = self._actions()

        def run() -> None:
            self.handset.store.begin()
            try:
                for action in actions:
                    self.handset.do(action)
                self.handset.store.commit()
            except Full:
                self.handset.store.abort()
                raise

        self.commit("transaction", after, run)

    def _abort(self) -> None:
        actions, _ = self._actions()

        def run() -> None:
            self.handset.store.begin()
            try:
                for action in actions:
                    self.handset.do(action)
            finally:
                self.handset.store.abort()

        self.commit("abort", self.truth, run)

    def _pin(self) -> None:
        if self.is_locked:
            self._unlock()
        pin = b"%04d" % self.random.randrange(10000)
        keys = self.handset.other_pin(self.truth, pin)
        after = replace(self.truth, keys=keys, pin=pin)
        self.commit("pin", after, lambda: self.handset.store.put_keys(keys))

    def _tidy(self) -> None:
        n = self.random.choice((1, 1, 2, 50))

        def run() -> None:
            for _ in range(n):
                if not self.handset.store.tidy():
                    break

        self.commit("tidy", self.truth, run)

    def _lock(self) -> None:
        self.handset.custody.lock()
        self.is_locked = True

    def _unlock(self) -> None:
        self.handset.unlock(self.truth)
        self.is_locked = False

    def _lock_or_unlock(self) -> None:
        if self.is_locked:
            self._unlock()
        else:
            self._lock()

    def _reboot(self) -> None:
        self.boot(after_a_cut=False)

    def _wipe(self) -> None:
        self._count("wipe")
        self.allowed = (self.truth, Truth(WIPING), Truth(BLANK))
        self._wipe_rest()
        self.boot(after_a_cut=False)

    def _wipe_rest(self) -> None:
        self.what = "wipe"
        if self.truth.state == WIPING:
            self.allowed = (self.truth, Truth(BLANK))
        self.handset.store.wipe()
        self._old_keys_are_gone([truth.keys for truth in self.allowed if truth.keys])
        self.truth = Truth(BLANK)
        self.allowed = (self.truth,)

    def _format(self) -> None:
        pin = b"%04d" % self.random.randrange(10000)
        store_salt, keys = self.handset.new_keys(pin)
        after = provisioned(keys, pin)
        self.commit("format", after, lambda: self.handset.store.format(keys, store_salt))
        self.is_locked = False

    # What they are about.

    def _journal(self) -> str:
        return self.random.choice(tuple(JOURNALS))

    def _value(self, n_bytes_max: int) -> bytes:
        return self.random.randbytes(self.random.randrange(n_bytes_max + 1))

    def _some_put(self, truth: Truth) -> Action:
        domain = self.random.choice(_DOMAINS)
        longest = 400 if self.random.random() < 0.1 else 90
        return ("put", domain, self.random.choice(_NAMES), self._value(longest))

    def _some_delete(self, truth: Truth) -> Action:
        there = sorted(truth.values)
        if not there or self.random.random() < 0.1:
            return ("delete", PROFESSIONAL, "was never there")
        return ("delete", *self.random.choice(there))

    def _some_amend(self, truth: Truth) -> Action:
        """An append where there is no entry yet."""
        journal = self._journal()
        first, kept = truth.entries[journal]
        if not kept:
            return ("append", journal, self._value(120))
        return ("amend", journal, first + len(kept) - 1, self._value(250))

    def _some_trim(self, truth: Truth) -> Action:
        fullest = max(JOURNALS, key=lambda journal: len(truth.entries[journal][1]))
        first, kept = truth.entries[fullest]
        return ("trim", fullest, first + max(0, len(kept) - self.random.randrange(_ENTRIES_KEPT)))


_VERBS: dict[str, Callable[[Workload], None]] = {
    "put": Workload._put,
    "delete": Workload._delete,
    "append": Workload._append,
    "amend": Workload._amend,
    "trim": Workload._trim,
    "tries": Workload._tries,
    "transaction": Workload._transaction,
    "abort": Workload._abort,
    "pin": Workload._pin,
    "lock": Workload._lock_or_unlock,
    "reboot": Workload._reboot,
    "wipe": Workload._wipe,
}
_WEIGHTS = {
    "put": 40.0,
    "delete": 8.0,
    "append": 20.0,
    "amend": 8.0,
    "trim": 3.0,
    "tries": 1.5,
    "transaction": 12.0,
    "abort": 3.0,
    "pin": 1.5,
    "lock": 3.0,
    "reboot": 2.0,
    "wipe": 0.3,
}
