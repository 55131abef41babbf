"""Plays recorded operations on a store, the same way on MicroPython and on CPython.

An operation is a list, its name first; what comes of it is plain JSON, bytes in hex, a refusal as
"!Locked". A trace is a file of JSON lines: first where it starts, then [operation, result], then
what the flash holds in the end.
"""

import binascii
import hashlib
import json

from handset.store.errors import StoreError
from handset.store.journals import Journal
from handset.store.store import Store

# Limits that no run reaches: what retention drops is another test's business.
_JOURNALS = {"positions": Journal(1, 2, 150, 61), "alarms": Journal(5, 1, 150, 366)}


def hex_of(data):
    return None if data is None else binascii.hexlify(data).decode()


def unhex(text):
    return binascii.unhexlify(text)


class Player:
    """A store on this flash, and the PIN's way to its keys."""

    def __init__(self, flash, custody, records_max):
        self._records_max = records_max
        self._flash = flash
        self._custody = custody
        self.store = None

    def play(self, operation):
        """What comes of it."""
        try:
            return getattr(self, operation[0])(*operation[1:])
        except StoreError as refusal:
            return "!" + type(refusal).__name__

    def power(self):
        """Off and on again: nothing but the flash is left."""
        self._custody.forget()
        return self.reopen()

    def reopen(self):
        self.store = Store(self._flash, self._custody, self._records_max, journals=_JOURNALS)
        report = self.store.open()
        return [report.state, [list(damage) for damage in report.damage], report.tail]

    def put(self, domain, name, value):
        self.store.put(name, unhex(value), domain)

    def get(self, domain, name):
        return hex_of(self.store.get(name, domain))

    def delete(self, domain, name):
        return self.store.delete(name, domain)

    def iterate(self, domain, prefix=""):
        return sorted(self.store.iterate(domain, prefix))

    def append(self, journal, value):
        return self.store.append(journal, unhex(value))

    def amend(self, journal, number, value):
        """ValueError is an answer, too: a trace says which numbers were refused."""
        try:
            self.store.amend(journal, number, unhex(value))
        except ValueError:
            return "!ValueError"

    def entries(self, journal, first=0):
        return [[number, hex_of(value)] for number, value in self.store.entries(journal, first)]

    def trim(self, journal, first):
        self.store.trim_journal(journal, first)

    def begin(self):
        self.store.begin()

    def commit(self):
        self.store.commit()

    def abort(self):
        self.store.abort()

    def tidy(self, n_slices):
        """At most so many slices; whether there is more."""
        return all(self.store.tidy() for _ in range(n_slices))

    def tries(self):
        return self.store.tries()

    def put_tries(self, n):
        self.store.put_tries(n)

    def unlock(self, pin, personal):
        keys = self.store.keys_body()
        self._stretch(pin, keys[5:21], int.from_bytes(keys[1:5], "little"))
        return self._custody.unlock(keys, personal)

    def lock(self):
        self._custody.lock()

    def change_pin(self, pin, pin_salt, rounds):
        """All domains are open."""
        generation = int.from_bytes(self.store.keys_body()[329:337], "little")
        self._stretch(pin, unhex(pin_salt), rounds)
        self.store.put_keys(self._custody.wrap(generation + 1))

    def _stretch(self, pin, pin_salt, rounds):
        self._custody.pin_begin(pin.encode(), pin_salt, rounds)
        while not self._custody.pin_step(500):
            pass


def sha256_of(flash):
    """Of all bytes of a flash, sector by sector."""
    digest = hashlib.sha256()
    buf = bytearray(flash.sector_bytes())
    for offset in range(0, flash.size_bytes(), len(buf)):
        flash.read(offset, buf)
        digest.update(buf)
    return hex_of(digest.digest())


def replay(lines, player, flash):
    """How many operations gave what they gave when they were recorded: all, or AssertionError.

    A trace without boxes and new keys, in which nothing is random, ends in the same bytes.
    """
    for n_played, line in enumerate(lines):
        operation, expected = json.loads(line)
        if operation[0] == "end":
            assert expected is None or sha256_of(flash) == expected, "other bytes in the flash"
            return n_played
        result = json.loads(json.dumps(player.play(operation)))
        assert result == expected, "%r: %r, not %r" % (operation, result, expected)
    raise AssertionError("the trace has no end")
