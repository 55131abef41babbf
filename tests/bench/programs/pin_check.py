"""On bare metal, under QEMU's -icount: how long others wait while a PIN is checked, in us.

The handset's own clock runs by instructions here: however busy the machine is that it runs on, the
keeper finds the same slices. The flash is the board's.
"""

import asyncio

import vault
import virt
from board import make_board

from handset.store.keeper import Keeper
from handset.store.store import Store

_PIN, _OTHER_PIN = b"271828", b"0042"


class Watch:
    """Another task, which is ready all the time: the longest that it had to wait."""

    def __init__(self):
        self.longest_us = 0

    async def run(self):
        before = virt.uptime_us()
        while True:
            await asyncio.sleep(0)
            now = virt.uptime_us()
            self.longest_us = max(self.longest_us, now - before)
            before = now


def figure(name, value):
    print("figure %s %d" % (name, value))


async def watched(name, work):
    """Runs it beside the watch."""
    watch = Watch()
    task = asyncio.create_task(watch.run())
    began_us = virt.uptime_us()
    if not await work:
        raise ValueError("%s: the PIN was not right" % name)
    took_us = virt.uptime_us() - began_us
    await asyncio.sleep(0)
    task.cancel()
    figure(name, took_us)
    figure("%s_wait" % name, watch.longest_us)


async def main():
    board = make_board()
    store = Store(board.flash, vault.custody, board.facts.STORE_RECORDS)
    keeper = Keeper(store, vault.custody, board.clock, board.rng)
    keeper.start()
    await watched("set", keeper.change_pin(bytearray(), bytearray(_PIN), True))
    keeper.lock()
    await watched("unlock", keeper.unlock(bytearray(_PIN), True))
    await watched("change", keeper.change_pin(bytearray(_PIN), bytearray(_OTHER_PIN), True))
    print("done")


asyncio.run(main())
