"""Handsets whose power is cut at random moments while they write: nothing committed may be missing.

store_writer.py runs on them around the application and says which records are committed.
"""

from __future__ import annotations

import hashlib
import os
import random
import select
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from handsetctl.bench.handset import VirtualHandset

WRITER = Path(__file__).with_name("store_writer.py")
# Behind all others on a busy host.
_TIMEOUT_S = 180.0
_AT_BOOT, _BEFORE_WRITING = 0.2, 0.2
"""Shares of the cuts that come while the handset starts, and before its first record is kept."""
_WRITING_S = 1.0
_LAST_WORDS_S = 0.02
_KEPT = 40
_JOURNALS = ("positions", "calls")


class LostRecord(Exception):
    """What a handset found after a cut is not what it had committed."""


def value(n: int) -> bytes:
    """Of record n, as store_writer.py has it."""
    return (b"record %d " % n * 16)[: 16 + n * 37 % 130]


@dataclass
class Written:
    """All that must be there once record `newest` is committed."""

    newest: int = -1
    journals: dict[str, list[tuple[int, bytes]]] = field(
        default_factory=lambda: {name: [] for name in _JOURNALS}
    )
    values: dict[tuple[int, str], bytes] = field(default_factory=dict)

    def advance(self, to: int) -> None:
        """Write records up to this one."""
        for n in range(self.newest + 1, to + 1):
            if n % 4 == 0:
                self._append("positions", n)
            elif n % 4 == 1:
                self.values[1, f"config/{n // 4 % 8}"] = value(n)
            else:
                self._append("calls", n)
            if n % 4 == 3:
                self.values[1, "config/a"] = self.values[2, "forms/b"] = value(n)
        self.newest = max(self.newest, to)

    def digest(self) -> str:
        """As the handset makes it of what it has read."""
        digest = hashlib.sha256()
        for journal in _JOURNALS:
            for number, text in self.journals[journal]:
                digest.update(b"%s %d " % (journal.encode(), number) + text)
        for (_, name), text in sorted(self.values.items()):
            digest.update(name.encode() + b" " + text)
        return digest.hexdigest()[:16]

    def _append(self, journal: str, n: int) -> None:
        entries = self.journals[journal]
        entries.append((entries[-1][0] + 1 if entries else 0, value(n)))
        del entries[:-_KEPT]


class CycledHandset:
    """One handset, its power, and what it has said so far."""

    def __init__(self, handset: VirtualHandset, seed: int, committed: int = -1) -> None:
        """committed: the newest record that a flash which is there already must hold."""
        self._handset = handset
        self._random = random.Random(seed)
        self._fd = os.open(handset.port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._rest = b""
        self._boot_s = 0.5
        self._written = Written()
        self._written.advance(committed)
        self.committed = committed
        self.n_looks = 0
        self.tails: list[str] = []

    def close(self) -> None:
        """Let go of its console."""
        os.close(self._fd)

    def cycle(self) -> None:
        """Power on, cut at a random moment of the start or of the writing."""
        self._handset.power_on()
        started_s = time.monotonic()
        phase = self._random.random()
        if phase < _AT_BOOT:
            self._listen(started_s + self._random.uniform(0, self._boot_s))
        else:
            self.look(started_s)
            if phase > _AT_BOOT + _BEFORE_WRITING:
                self._wait_for_record()
            self._listen(time.monotonic() + self._random.uniform(0, _WRITING_S))
        self._handset.check()
        self._handset.power_off()
        self._listen(time.monotonic() + _LAST_WORDS_S)

    def _wait_for_record(self) -> None:
        found = self.committed
        for line in self._lines(time.monotonic() + _TIMEOUT_S):
            self._take(line)
            if self.committed > found:
                return
        raise LostRecord(f"handset {self._handset.name} does not write any more")

    def look(self, started_s: float) -> None:
        """Wait until it has opened its store and said what it found."""
        looks = self.n_looks
        for line in self._lines(started_s + _TIMEOUT_S):
            self._take(line)
            if self.n_looks > looks:
                self._boot_s = time.monotonic() - started_s
                return
        raise LostRecord(f"handset {self._handset.name} did not open its store in time")

    def finish(self) -> None:
        """What all the cuts have left: a last look."""
        self._handset.power_on()
        self.look(time.monotonic())
        self._handset.check()
        self._handset.power_off()
        self._listen(time.monotonic() + _LAST_WORDS_S)

    def _listen(self, until_s: float) -> None:
        for line in self._lines(until_s):
            self._take(line)

    def _take(self, line: str) -> None:
        if "Error: " in line:  # bare metal does not end there
            raise LostRecord(f"handset {self._handset.name} gave up: {line}")
        words = line.removesuffix(".").split()
        if not words or not line.endswith("."):
            return  # of somebody else, or cut
        if words[0] == "stored":
            self.committed = max(self.committed, int(words[1]))
        elif words[0] == "found":
            newest, digest, damage, tail = words[1:]
            self._compare(int(newest), digest, damage)
            self.tails.append(tail)
            self.n_looks += 1

    def _compare(self, newest: int, digest: str, damage: str) -> None:
        where = f"handset {self._handset.name}, boot {self._handset.boots}"
        if newest < self.committed:
            raise LostRecord(f"{where}: {self.committed} was committed, found {newest}")
        self._written.advance(newest)
        if digest != self._written.digest():
            raise LostRecord(f"{where}: something up to record {newest} is not as it was written")
        if damage != "none":
            raise LostRecord(f"{where}: damage after a cut: {damage}")
        self.committed = newest

    def _lines(self, until_s: float) -> Iterator[str]:
        """What it says until an instant; a line that is not complete then stays for later."""
        while True:
            while b"\n" in self._rest:
                line, _, self._rest = self._rest.partition(b"\n")
                yield line.decode("ascii", "replace").strip()
            left_s = until_s - time.monotonic()
            if left_s <= 0 or not select.select([self._fd], [], [], left_s)[0]:
                return
            self._rest += os.read(self._fd, 65536)
