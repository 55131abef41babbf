"""Runs on the handset around the application: writes for ever, and says what is committed.

Everything about record n follows from n. "found <n> <digest> <damage> <tail>." is what opening has
found: the newest record, and a digest of all there is; then "stored <n>." for each one that is
committed. power_cycles.py knows what that must be. A line that was cut has no full stop.
"""

import asyncio
import hashlib

from board import make_board

from handset.app import Application
from handset.store.layout import DOMAINS, PROFESSIONAL, SERVICE

# Few, so that compaction and erasing are never far.
_SECTORS = {4096: 16, 0x40000: 7}
_KEPT = 40
_JOURNALS = ("positions", "calls")


class Part:
    """The first sectors of the handset's own flash."""

    def __init__(self, flash):
        self.read = flash.read
        self.program = flash.program
        self.erase = flash.erase
        self.sector_bytes = flash.sector_bytes

    def size_bytes(self):
        return _SECTORS[self.sector_bytes()] * self.sector_bytes()


def value(n):
    return (b"record %d " % n * 16)[: 16 + n * 37 % 130]


def write(store, n):
    """Record n: a position, an item of configuration, a call, or several that go together."""
    if n % 4 == 0:
        store.append("positions", value(n))
    elif n % 4 == 1:
        store.put("config/%d" % (n // 4 % 8), value(n), SERVICE)
    elif n % 4 == 2:
        store.append("calls", value(n))
    else:
        store.begin()
        store.put("config/a", value(n), SERVICE)
        store.put("forms/b", value(n), PROFESSIONAL)
        store.append("calls", value(n))
        store.commit()


def trim(store):
    for journal in _JOURNALS:
        last = -1
        for number, _ in store.entries(journal):
            last = number
        store.trim_journal(journal, max(0, last + 1 - _KEPT))


def found(store):
    """The newest record's number, -1 without any, and the digest."""
    digest = hashlib.sha256()
    newest = -1
    for journal in _JOURNALS:
        for number, text in list(store.entries(journal))[-_KEPT:]:
            digest.update(b"%s %d " % (journal.encode(), number))
            digest.update(text)
            newest = max(newest, int(text.split()[1]))
    for domain in DOMAINS:
        for name in sorted(store.iterate(domain)):
            text = store.get(name, domain)
            if text[:7] == b"record ":
                digest.update(b"%s " % name.encode())
                digest.update(text)
                newest = max(newest, int(text.split()[1]))
    return newest, digest.digest().hex()[:16]


def say(text):
    print("\n%s." % text)


async def work(records):
    while not records.is_ready():
        await asyncio.sleep_ms(0)
    store = records.store
    report = records.keeper.report
    n, digest = found(store)
    damage = "+".join([kind for kind, _, _ in report.damage]) or "none"
    say("found %d %s %s %s" % (n, digest, damage, report.tail.replace(" ", "_")))
    while True:
        n += 1
        write(store, n)
        say("stored %d" % n)
        if n % 32 == 0:
            trim(store)
        store.tidy()
        await asyncio.sleep_ms(0)


async def main():
    board = make_board()
    board.flash = Part(board.flash)
    app = Application(board)
    await asyncio.gather(app.run(), work(app.records))


asyncio.run(main())
