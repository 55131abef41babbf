"""A life: small stores that are often full, random operations, and cuts as the power fails."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from nor_flash import ERASE_CUTS, PROGRAM_CUTS, WEAK_CUT, NorFlash, PowerCut
from store_player import Player
from store_rig import PIN, PIN_SALT, ROUNDS, Rig

from handset.store.errors import Full

_PROFESSIONAL = 2
_CUTS = tuple(sorted({*PROGRAM_CUTS, *ERASE_CUTS}))
# How cuts of a life go: with or without programs whose bits read differently each time.
KINDS = {"firm": _CUTS, "weak": (*_CUTS, WEAK_CUT)}
_N_STEPS = 400
_RESTARTS_MAX = 6


@dataclass
class _Truth:
    """What was committed."""

    values: dict[str, bytes] = field(default_factory=dict)
    entries: dict[int, bytes] = field(default_factory=dict)
    first: int = 0
    tries: int = 0

    def copy(self) -> _Truth:
        return replace(self, values=dict(self.values), entries=dict(self.entries))


class _Life:
    """Of one handset. `truth` is what counts, `to_be` what does once the step under way is done."""

    def __init__(self, kind: str, seed: int) -> None:
        self._cuts = KINDS[kind]
        self.random = random.Random(seed)
        self._rig = Rig(self.random.choice([6, 7, 8, 10]))
        self._records_max = self.random.choice([30, 60, 200])
        self._rig.player = Player(self._rig.flash, self._rig.custody, self._records_max)
        self._rig.format()
        self.store = self._rig.store
        self._flash: NorFlash = self._rig.flash
        self._value_bytes_max = self.random.choice([20, 100, 400, 1200])
        self._n_names = self.random.choice([6, 30, 200])
        self._steps = [self._put, self._delete, self._put_tries, self._tidy]
        self._steps += [self._append, self._trim, self._transaction]
        self._weights = [self.random.random() ** 2 for _ in self._steps]
        self.truth = self.to_be = _Truth()

    def step(self) -> bool:
        """One operation, which may be cut; whether it was."""
        self.to_be = self.truth.copy()
        if self.random.random() < 0.15:
            self._cut_soon(self.random.choice([3, 20, 80]))
        try:
            self.random.choices(self._steps, self._weights)[0]()
            self.truth = self.to_be
            return self.random.random() < 0.02
        except Full:
            return False
        except PowerCut:
            return True

    def restart(self) -> None:
        """Until the store is open; that may be cut, too."""
        for attempt in range(_RESTARTS_MAX):
            self._flash = self._flash.restart(self.random.randrange(1 << 30))
            if attempt + 1 < _RESTARTS_MAX and self.random.random() < 0.4:
                self._cut_soon(12)
            self._rig.custody.forget()
            player = Player(self._flash, self._rig.custody, self._records_max)
            try:
                player.reopen()
                break
            except PowerCut:
                continue
        self._flash.cut_at(1 << 40, "clean")
        self.store = player.store
        self._unlock()

    def found(self) -> _Truth:
        """What is there."""
        names = list(self.store.iterate(_PROFESSIONAL))
        values = {name: self.store.get(name, _PROFESSIONAL) for name in names}
        assert len(values) == len(names)
        first, _ = self.store.span("alarms")
        entries = dict(self.store.entries("alarms"))
        return _Truth(values, entries, first, self.store.tries())

    def check(self) -> None:
        assert self.store.report.state == "open"
        assert self.store.report.damage == []
        found = self.found()
        for truth in (self.truth, self.to_be):
            # More may be gone where there were too many.
            kept = {n: value for n, value in truth.entries.items() if n >= found.first}
            if found == replace(truth, entries=kept, first=max(truth.first, found.first)):
                self.truth = truth
                return
        raise AssertionError("%s is neither %s nor %s" % (found, self.truth, self.to_be))

    def _cut_soon(self, operations: int) -> None:
        at = self._flash.n_operations + self.random.randrange(operations)
        self._flash.cut_at(at, self.random.choice(self._cuts), self.random.randrange(1 << 30))

    def _unlock(self) -> None:
        custody = self._rig.custody
        custody.pin_begin(PIN.encode(), PIN_SALT, ROUNDS)
        custody.pin_step(ROUNDS)
        assert custody.unlock(self.store.keys_body(), True)

    # What is done.

    def _name(self) -> str:
        return "k%d" % self.random.randrange(self._n_names)

    def _bytes(self, n_most: int) -> bytes:
        return self.random.randbytes(self.random.randrange(n_most))

    def _put(self) -> None:
        name, value = self._name(), self._bytes(self._value_bytes_max)
        self.to_be.values[name] = value
        self.store.put(name, value, urgent=self.random.random() < 0.3)

    def _delete(self) -> None:
        name = self._name()
        self.to_be.values.pop(name, None)
        self.store.delete(name)

    def _put_tries(self) -> None:
        self.to_be.tries = self.random.randrange(10)
        self.store.put_tries(self.to_be.tries)

    def _tidy(self) -> None:
        for _ in range(self.random.randrange(20)):
            if not self.store.tidy():
                break

    def _append(self) -> None:
        self._add_entry(self._bytes(self._value_bytes_max), self.random.random() < 0.3)

    def _add_entry(self, value: bytes, urgent: bool = False) -> None:
        self.to_be.entries[self.store.span("alarms")[1]] = value
        self.store.append("alarms", value, urgent=urgent)

    def _trim(self) -> None:
        first, end = self.store.span("alarms")
        self.to_be.first = self.random.randint(first, end)
        for number in range(first, self.to_be.first):
            self.to_be.entries.pop(number, None)
        self.store.trim_journal("alarms", self.to_be.first)

    def _transaction(self) -> None:
        self.store.begin()
        try:
            for _ in range(self.random.randrange(1, 7)):
                self._part()
        except Full:
            self.store.abort()
            raise
        if self.random.random() < 0.8:
            self.store.commit()
        else:
            self.to_be = self.truth.copy()
            self.store.abort()

    def _part(self) -> None:
        kind = self.random.random()
        if kind < 0.5:
            name, value = self._name(), self._bytes(min(self._value_bytes_max, 500))
            self.store.put(name, value)
            self.to_be.values[name] = value
        elif kind < 0.8:
            self._delete()
        else:
            self._add_entry(self.random.randbytes(50))


def live(kind: str, seed: int) -> int:
    """A life; how often its power failed. AssertionError when what was committed is not there, or
    something else is, or is said to be damaged."""
    life, n_cuts = _Life(kind, seed), 0
    for _ in range(_N_STEPS):
        if life.step():
            n_cuts += 1
            life.restart()
            life.check()
    return n_cuts
