"""On the virtual handset: what the store does to a flash, and how long one slice of work is.

Work in the background is done to its end after each record, as a handset does while nobody talks.
Prints "figure <name> <value>" lines.
"""

import sys

from ram_flash import Dice, RamFlash, figures
from store_at_hand import formatted

from handset.store.journals import JOURNALS

PAYLOAD_BYTES = 64
JOURNAL = "positions"
N_SECTORS = int(sys.argv[1])
N_MEASURED = int(sys.argv[2])
_RECORDS_MAX = 20000
_NAMES_AT_ONCE = 25


class Longest:
    """The one of many deeds that takes a flash longest, by its data sheet."""

    def __init__(self, what, flash):
        self._what = what
        self._flash = flash
        self._us = -1
        self._counts = None

    def watch(self, deed, *arguments):
        before = self._flash.counts()
        answer = deed(*arguments)
        counts = self._flash.counts() - before
        us = counts.read_bytes // 20 + counts.pages * 400 + counts.erases * 45000
        if us > self._us:
            self._us = us
            self._counts = counts
        return answer

    def tell(self):
        figures("longest_" + self._what, self._counts)


def live_share(store):
    """In thousandths of the whole flash."""
    return sum([sector[2] for sector in store.sectors()]) * 1000 // (N_SECTORS * 4096)


class Writer:
    """Writes a record, then lets the store tidy up."""

    def __init__(self, store, flash):
        self.store = store
        self.puts = Longest("put", flash)
        self.slices = Longest("tidy", flash)

    def do(self, deed, *arguments):
        self.puts.watch(deed, *arguments)
        while self.slices.watch(self.store.tidy):
            pass


def updates(flash, dice, payload):
    """Random records rewritten, with half of the flash full of what counts."""
    store = formatted(flash, _RECORDS_MAX)
    writer = Writer(store, flash)
    n_records = 0
    while live_share(store) < 500:
        for _ in range(_NAMES_AT_ONCE):
            dice.fill(payload)
            writer.do(store.put, "form%05d" % n_records, payload)
            n_records += 1
    # Until compaction has found its balance.
    for _ in range(2 * n_records):
        dice.fill(payload)
        writer.do(store.put, "form%05d" % dice.below(n_records), payload)
    before = flash.counts()
    for _ in range(N_MEASURED):
        dice.fill(payload)
        writer.do(store.put, "form%05d" % dice.below(n_records), payload)
    figures("update", flash.counts() - before)
    print("figure update_n %d" % N_MEASURED)
    print("figure update_records %d" % n_records)
    print("figure update_fill %d" % live_share(store))
    writer.puts.tell()
    writer.slices.tell()


def appends(flash, dice, payload):
    """One journal that grows, up to what it keeps."""
    store = formatted(flash, _RECORDS_MAX)
    writer = Writer(store, flash)
    n_records = min(N_MEASURED, JOURNALS[JOURNAL].entries_max)
    before = flash.counts()
    for _ in range(n_records):
        dice.fill(payload)
        writer.do(store.append, JOURNAL, payload)
    figures("journal", flash.counts() - before)
    print("figure journal_n %d" % n_records)


payload = bytearray(PAYLOAD_BYTES)
updates(RamFlash(N_SECTORS), Dice(), payload)
appends(RamFlash(N_SECTORS), Dice(), payload)
print("done")
