"""The store as dicts, and the hypothesis machine that does the same with both.

Every operation goes through the player, so that a run is a trace (tests/mpy/store_player.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from store_reader import Reading
from store_rig import PIN, Rig

SERVICE, PROFESSIONAL, PERSONAL = 1, 2, 3
JOURNALS = {"positions": PROFESSIONAL, "alarms": SERVICE}
_NUMBERS = {"positions": 1, "alarms": 5}
# Small: room must run out, and sectors be emptied, within one run.
N_SECTORS, SECTOR_BYTES = 12, 1024
_OPEN_BYTES = 52 + 4 + 16
_BOX_BYTES = 36

domains = st.sampled_from([SERVICE, PROFESSIONAL, PERSONAL])
journals = st.sampled_from(sorted(JOURNALS))
names = st.sampled_from(["a", "form/1", "form/2", "form/2/photo", "config/é", "x" * 40])
sizes = st.one_of(st.integers(0, 70), st.sampled_from([15, 16, 17, 300]))
values = st.builds(lambda n, byte: bytes([byte]) * n, sizes, st.integers(0, 255))
prefixes = st.sampled_from(["", "form/", "nothing"])


@dataclass
class Journal:
    """Numbers never come again; what is trimmed is gone."""

    next: int = 0
    entries: dict[int, bytes] = field(default_factory=dict)


@dataclass
class Model:
    """What the store must hold."""

    values: dict[tuple[int, str], bytes] = field(default_factory=dict)
    journals: dict[str, Journal] = field(default_factory=lambda: {j: Journal() for j in JOURNALS})
    tries: int = 0

    def live_bytes(self) -> int:
        """Not less than what current records take."""
        texts = list(self.values.values())
        texts += [name.encode() for _, name in self.values]
        texts += [value for journal in self.journals.values() for value in journal.entries.values()]
        return sum(len(text) + _OPEN_BYTES + _BOX_BYTES for text in texts) + 2 * 400 + 2 * 64

    def apply(self, change: tuple[Any, ...]) -> None:
        kind, *rest = change
        if kind == "put":
            self.values[rest[0], rest[1]] = rest[2]
        elif kind == "delete":
            self.values.pop((rest[0], rest[1]), None)
        elif kind == "append":
            journal = self.journals[rest[0]]
            journal.entries[journal.next] = rest[1]
            journal.next += 1
        elif kind == "amend":
            journal = self.journals[rest[0]]
            journal.entries[journal.next - 1] = rest[1]

    def matches(self, reading: Reading) -> bool:
        entries = {
            _NUMBERS[j]: journal.entries for j, journal in self.journals.items() if journal.entries
        }
        return (
            reading.values == self.values
            and reading.entries == entries
            and reading.tries == self.tries
        )


class StoreMachine(RuleBasedStateMachine):
    """Anything a handset may do with its store, in any order."""

    # A run in which nothing is random ends in bytes that a replay must end in too.
    is_deterministic = False
    # (trace, image or None) of each run that ended well; whoever records sets it.
    recorder: Any = None
    start_image: bytes | None = None

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.changes: list[tuple[Any, ...]] | None = None
        self.pin = PIN
        self.open_domains = {SERVICE}
        self.trace: list[tuple[list[Any], Any]] = []
        self.rig = Rig(N_SECTORS, SECTOR_BYTES, image=self.start_image)
        self._restart("power")

    def _play(self, *operation: Any) -> Any:
        result = self.rig.play(*operation)
        self.trace.append((list(operation), result))
        return result

    def _restart(self, how: str) -> None:
        self.changes = None
        if how == "power":
            self.open_domains = {SERVICE}
        result = self._play(how)
        assert result == ["open", [], "clean"], result

    # Whether a rule may be used.

    def _is_writable(self, domain: int) -> bool:
        """A box needs randomness."""
        return domain in self.open_domains or not self.is_deterministic

    def _is_idle(self) -> bool:
        return self.changes is None

    def _change(self, change: tuple[Any, ...], result: Any, expected: Any = None) -> None:
        if result == "!Full":
            assert self.model.live_bytes() > self.rig.flash.size_bytes() // 3, "full too early"
        elif result == "!TooBig":
            # It alone is refused: what the transaction has by now stays.
            assert self.changes
        elif self.changes is not None:
            self.changes.append(change)
        else:
            assert result == expected, (result, expected)
            self.model.apply(change)

    # Values.

    @rule(domain=domains, name=names, value=values)
    def put(self, domain: int, name: str, value: bytes) -> None:
        if self._is_writable(domain):
            result = self._play("put", domain, name, value.hex())
            self._change(("put", domain, name, value), result)

    @rule(domain=domains, name=names, n=st.integers(5, 40), value=values)
    def put_again_and_again(self, domain: int, name: str, n: int, value: bytes) -> None:
        """Room runs out, and is made."""
        if self._is_writable(domain) and self._is_idle():
            for i in range(n):
                self.put(domain, name, value + bytes([i]))

    @rule(domain=domains, name=names)
    def get(self, domain: int, name: str) -> None:
        result = self._play("get", domain, name)
        value = self.model.values.get((domain, name))
        if domain in self.open_domains:
            assert result == (None if value is None else value.hex())
        else:
            assert result == "!Locked" or (value is None and result is None)

    @rule(domain=domains, name=names)
    def delete(self, domain: int, name: str) -> None:
        is_there = (domain, name) in self.model.values
        result = self._play("delete", domain, name)
        self._change(("delete", domain, name), result, is_there)

    @rule(domain=domains, prefix=prefixes)
    def iterate(self, domain: int, prefix: str) -> None:
        result = self._play("iterate", domain, prefix)
        expected = sorted(n for d, n in self.model.values if d == domain and n.startswith(prefix))
        if domain in self.open_domains:
            assert result == expected, (result, expected)
        else:
            assert result == "!Locked" or (not expected and result == [])

    # Journals.

    @rule(journal=journals, value=values)
    def append(self, journal: str, value: bytes) -> None:
        if self._is_writable(JOURNALS[journal]):
            result = self._play("append", journal, value.hex())
            self._change(("append", journal, value), result, self.model.journals[journal].next)

    @rule(journal=journals, back=st.sampled_from([0, 1, 1, 1, 1, 2]), value=values)
    def amend(self, journal: str, back: int, value: bytes) -> None:
        """The newest entry, which a transaction may have brought itself; no other one."""
        if not self._is_writable(JOURNALS[journal]):
            return
        kept = self.model.journals[journal]
        n_waiting = sum(change[:2] == ("append", journal) for change in self.changes or ())
        result = self._play("amend", journal, kept.next + n_waiting - back, value.hex())
        if back == 1 and (n_waiting or kept.next - 1 in kept.entries):
            self._change(("amend", journal, value), result)
        else:
            assert result == "!ValueError", result

    @rule(journal=journals, n=st.integers(2, 12), value=values)
    def amend_again_and_again(self, journal: str, n: int, value: bytes) -> None:
        """Room runs out, and is made, under the entry that grows."""
        if self._is_idle():
            for i in range(n):
                self.amend(journal, 1, value + bytes([i]))

    @rule(journal=journals, back=st.integers(0, 20))
    def entries(self, journal: str, back: int) -> None:
        first = max(0, self.model.journals[journal].next - back)
        result = self._play("entries", journal, first)
        kept = sorted(self.model.journals[journal].entries.items())
        expected = [[number, value.hex()] for number, value in kept if number >= first]
        if JOURNALS[journal] in self.open_domains:
            assert result == expected, (result, expected)
        else:
            assert result == "!Locked" or (not expected and result == [])

    @precondition(_is_idle)
    @rule(journal=journals, keep=st.integers(0, 10))
    def trim(self, journal: str, keep: int) -> None:
        kept = self.model.journals[journal]
        first = max(0, kept.next - keep)
        assert self._play("trim", journal, first) is None
        kept.entries = {n: value for n, value in kept.entries.items() if n >= first}

    # Transactions.

    @precondition(_is_idle)
    @rule()
    def begin(self) -> None:
        self._play("begin")
        self.changes = []

    @precondition(lambda self: self.changes is not None)
    @rule()
    def commit(self) -> None:
        changes, self.changes = self.changes or [], None
        result = self._play("commit")
        if result is None:
            for change in changes:
                self.model.apply(change)
            return
        n_bytes = sum(len(change[-1]) + 2 * _OPEN_BYTES + _BOX_BYTES for change in changes)
        is_near_full = self.model.live_bytes() > self.rig.flash.size_bytes() // 3
        assert (result == "!TooBig" and n_bytes > 2000) or (result == "!Full" and is_near_full)
        self._play("abort")

    @precondition(lambda self: self.changes is not None)
    @rule()
    def abort(self) -> None:
        self._play("abort")
        self.changes = None

    # What happens beside.

    @precondition(_is_idle)
    @rule(n_slices=st.integers(1, 30))
    def tidy(self, n_slices: int) -> None:
        assert self._play("tidy", n_slices) in (True, False)

    @rule()
    def power_cut(self) -> None:
        self._restart("power")

    @rule()
    def reopen(self) -> None:
        self._restart("reopen")
        self.open_domains = {SERVICE}

    @precondition(_is_idle)
    @rule(n=st.integers(0, 9))
    def put_tries(self, n: int) -> None:
        assert self._play("put_tries", n) is None
        self.model.tries = n
        assert self._play("tries") == n

    # Keys.

    @rule(personal=st.booleans())
    def unlock(self, personal: bool) -> None:
        assert self._play("unlock", self.pin, personal) is True
        self.open_domains |= {PROFESSIONAL, PERSONAL} if personal else {PROFESSIONAL}

    @rule(personal=st.booleans())
    def unlock_wrongly(self, personal: bool) -> None:
        assert self._play("unlock", self.pin + "1", personal) is False

    @rule()
    def lock(self) -> None:
        self._play("lock")
        self.open_domains = {SERVICE}

    @precondition(lambda self: self._is_idle() and not self.is_deterministic)
    @rule(
        pin=st.sampled_from(["1", "2580", "0000000000"]),
        pin_salt=st.binary(min_size=16, max_size=16),
    )
    def change_pin(self, pin: str, pin_salt: bytes) -> None:
        self.unlock(True)
        assert self._play("change_pin", pin, pin_salt.hex(), 3) is None
        self.pin = pin

    @initialize()
    def unlock_at_first(self) -> None:
        self.unlock(True)

    def teardown(self) -> None:
        """After one more power cut all of it is there, and the independent reader agrees."""
        self._restart("power")
        self.unlock(True)
        for domain in (SERVICE, PROFESSIONAL, PERSONAL):
            self.iterate(domain, "")
        for domain, name in list(self.model.values):
            self.get(domain, name)
        for journal in JOURNALS:
            self.entries(journal, 1 << 30)
        self._ask_the_reader()
        if self.recorder:
            self.recorder(self)

    def _ask_the_reader(self) -> None:
        reading = self.rig.independent(self.pin)
        assert (reading.state, reading.damage, reading.tail) == ("open", [], "clean")
        assert not reading.forged and not reading.locked
        assert self.model.matches(reading)
        version, mac = self.rig.store.head()
        assert reading.head == (version, bytes(mac))


class ReplayableMachine(StoreMachine):
    """Nothing random: no box, no new keys."""

    is_deterministic = True
