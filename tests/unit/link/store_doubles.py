"""A store and a keeper that are dicts and flags: what the management of the store is tried on."""

import asyncio

from handset.store.errors import Damaged, Full, Locked
from handset.store.layout import PERSONAL, PROFESSIONAL, SERVICE

SECTOR_BYTES = 4096


class Journal:
    def __init__(self, domain):
        self.domain = domain


JOURNALS = {
    "positions": Journal(PROFESSIONAL),
    "calls": Journal(PROFESSIONAL),
    "private": Journal(PERSONAL),
    "alarms": Journal(SERVICE),
}


class Report:
    def __init__(self, state="open", damage=(), tail="clean", n_records=0):
        self.state = state
        self.damage = list(damage)
        self.tail = tail
        self.n_records = n_records


class DictStore:
    """Values by (domain, name), entries by journal. What is `damaged` (a value's name, an entry's
    journal and number) raises, entries behind the last one; `is_full` refuses."""

    def __init__(self, n_sectors=4):
        self.values = {}
        self.journals = {}
        self.report = Report()
        self.version = 10
        self.damaged = set()
        self.nameless = set()  # values whose name is damaged
        self.is_full = False
        self.is_slow = False  # one name, then it would rather go on later
        self.n_sectors = n_sectors
        self.open_domains = {SERVICE}

    def _check(self, domain):
        if domain not in self.open_domains:
            raise Locked("domain %d is locked" % domain)

    def head(self):
        return self.version, b"mac%05d" % self.version

    def get(self, name, domain=PROFESSIONAL):
        self._check(domain)
        if name in self.damaged:
            raise Damaged("%s is damaged" % name)
        return self.values.get((domain, name))

    def put(self, name, value, domain=PROFESSIONAL, urgent=False):
        if self.is_full:
            raise Full("no room")
        self.version += 1
        self.values[domain, name] = bytes(value)

    def names(self, domain):
        self._check(domain)
        for known, name in list(self.values):
            if known == domain:
                yield None if name in self.nameless else name
            if self.is_slow:
                yield False

    def append(self, journal, value, urgent=False):
        entries = self.journals.setdefault(journal, [])
        self.version += 1
        entries.append(bytes(value))
        return len(entries) - 1

    def entries(self, journal, first=0):
        self._check(JOURNALS[journal].domain)
        for number, value in enumerate(self.journals.get(journal, [])):
            if number >= first and (journal, number) not in self.damaged:
                yield number, value
        if any(item[0] == journal for item in self.damaged):
            raise Damaged("entries of %s are damaged" % journal)

    def days_kept(self):
        return dict.fromkeys(JOURNALS, 30)

    def span(self, journal):
        return 0, len(self.journals.get(journal, []))

    def stats(self):
        return {
            "records": len(self.values) + sum(len(j) for j in self.journals.values()),
            "records_max": 2048,
            "capacity_bytes": (self.n_sectors - 1) * SECTOR_BYTES,
            "live_bytes": 1000,
            "erase_count_min": 3,
            "erase_count_max": 9,
            "damage": len(self.report.damage),
        }

    def sectors(self):
        for sector in range(self.n_sectors):
            yield sector, "live" if sector % 2 else "clean", 100 * sector % 4096, 4096, 3 + sector


class FlagKeeper:
    """PIN policy without keys. `steps`: how often a check gives way before it ends."""

    def __init__(self, store, pin="1234"):
        self.store = store
        self.pin = pin
        self.state = "ready"
        self.tries = 0
        self.steps = 3
        self.failure = None
        self.wiped = 0
        self.at_handset = []
        self.n_active = 0
        self.flash_protected = False
        self.on_lock = []
        self.settings = {"tries_max": 10, "lock_after_ms": 300_000, "check_ms": 500}
        self.provisioned = []

    @property
    def pin_set(self):
        return self.pin is not None

    @property
    def locked(self):
        return PROFESSIONAL not in self.store.open_domains

    def activity(self):
        self.n_active += 1

    def tries_left(self):
        return 10 - self.tries

    def wait_ms(self):
        return 0

    async def _check(self, pin):
        for _ in range(self.steps):
            await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        self.tries += 1
        if pin.decode() == (self.pin or ""):
            self.tries = 0
            return True
        if self.tries >= 10:
            await self.wipe()
        return False

    async def unlock(self, pin, at_handset):
        self.at_handset.append(at_handset)
        if not await self._check(pin):
            return False
        self.store.open_domains |= {PROFESSIONAL, PERSONAL} if at_handset else {PROFESSIONAL}
        return True

    async def change_pin(self, old, new, at_handset):
        self.at_handset.append(at_handset)
        if not await self._check(old):
            return False
        self.pin = new.decode()
        return True

    def provision(self, settings, retention):
        if self.locked:
            raise Locked("locked")
        self.provisioned.append((settings, retention))

    def lock(self):
        self.store.open_domains -= {PROFESSIONAL, PERSONAL}
        for forget in self.on_lock:
            forget()

    async def wipe(self):
        self.lock()
        await asyncio.sleep(0)
        self.wiped += 1
        self.pin = None
        self.store.values.clear()
        self.store.journals.clear()
        self.store.version = 1
