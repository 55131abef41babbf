"""A handset in this process: the firmware's server with the store's group on test doubles."""

import asyncio

import store_doubles
from custody_model import CustodyModel
from handset_parts import Clock, Rng
from nor_flash import NorFlash
from smp.header import OP
from store_doubles import SECTOR_BYTES, DictStore, FlagKeeper

from handset.link import spec
from handset.link.server import READ, Server
from handset.link.statistics_group import StatisticsGroup
from handset.link.store_group import StoreGroup
from handset.store import journals
from handset.store.keeper import Keeper
from handset.store.store import Store
from handsetctl.errors import DeviceTimeout

SERIAL = "SIM-0001"
PIN = "1234"


class Loopback:
    """In place of a SerialTransport. Tasks of the handset run while the host listens."""

    url = "loop://"

    def __init__(self):
        store = DictStore()
        self.serve(store, FlagKeeper(store, PIN), store_doubles.JOURNALS)

    def serve(self, store, keeper, all_journals):
        self.store = store
        self.keeper = keeper
        self.tasks = []
        self.is_dumb = False  # answers are lost on the way
        self.server = Server(2048)
        StoreGroup(store, keeper, all_journals, SECTOR_BYTES, SERIAL, self.tasks.append).register(
            self.server
        )
        StatisticsGroup({"store": self.store.stats}).register(self.server)
        self.server.register(spec.GROUP, 0, READ, lambda request: identity())
        self.server.register(0, 6, READ, lambda request: {"buf_size": 2048, "buf_count": 1})

    def request(self, op, group, command, body, timeout_s):
        head = (8 | int(op), 0, len(body) >> 8, len(body) & 255, 0, int(group), 1, command)
        n_bytes = self.server.handle(bytes(head) + body, 8 + len(body))
        if self.is_dumb:
            raise DeviceTimeout("no answer", self.url)
        assert op in (OP.READ, OP.WRITE)
        return bytes(self.server.response[8:n_bytes])

    def listen(self, timeout_s):
        while self.tasks:
            asyncio.run(self.tasks.pop(0))

    def close(self):
        for task in self.tasks:
            task.close()

    def unlocked(self):
        self.store.open_domains.add(2)
        return self


class _TimedCustody(CustodyModel):
    """A round of PBKDF2 takes time on the handset's clock, so that few are chosen."""

    def __init__(self, clock):
        super().__init__(bytes(range(32)), seed=5)
        self._clock = clock

    def pin_step(self, n_rounds):
        self._clock.pass_ms(n_rounds * 0.05)
        return super().pin_step(n_rounds)


class RealStore(Loopback):
    """The same with the firmware's own store and keeper, on a flash that keeps its rules."""

    def __init__(self):
        self.flash = NorFlash(16)
        self.boot()

    def boot(self, is_protected=False):
        """From the flash as it is now, on a chip with these fuses."""
        self.clock = Clock()
        custody = _TimedCustody(self.clock)
        custody.is_protected = is_protected
        store = Store(self.flash, custody, records_max=512)
        keeper = Keeper(store, custody, self.clock, Rng(), {"check_ms": 1})
        assert keeper.start() == "ready"
        self.serve(store, keeper, journals.JOURNALS)


def identity():
    return {
        "serial_number": SERIAL,
        "user_id": "sip:a@sim.invalid",
        "firmware": "0.1.0",
        "board": "loop",
        "chip": "none",
        "micropython": "",
        "capabilities": [],
        "codecs": [],
        "heap_bytes": 1,
    }
