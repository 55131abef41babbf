"""On bare metal, under QEMU's -icount: instructions of single deeds of the store, and its RAM.

The flash is in RAM: what a driver and the flash itself take is not in the numbers.
"""

import gc

import vault
import virt
from ram_flash import Dice
from store_at_hand import formatted, unlock

from handset.store.store import Store

_N_SECTORS = 8
_SECTOR_BYTES = 4096
_N_RECORDS = 36
_RECORDS_MAX = 200
_ROUNDS = 9
_FEW, _MANY = 200, 2200
_PAYLOAD_BYTES = 64


class Flash:
    """In RAM, and nothing else: what its own work takes is little."""

    def __init__(self):
        self._blank = bytes([0xFF]) * _SECTOR_BYTES
        self._view = memoryview(bytearray(self._blank * _N_SECTORS))

    def size_bytes(self):
        return len(self._view)

    def sector_bytes(self):
        return _SECTOR_BYTES

    def read(self, offset, buf):
        buf[:] = self._view[offset : offset + len(buf)]

    def program(self, offset, buf):
        self._view[offset : offset + len(buf)] = buf

    def erase(self, offset):
        self._view[offset : offset + _SECTOR_BYTES] = self._blank


def median(values):
    return sorted(values)[len(values) // 2]


def taken_by(deed, *arguments):
    before = virt.instructions()
    deed(*arguments)
    return virt.instructions() - before


def used_bytes():
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


def figure(name, value):
    print("figure %s %d" % (name, value))


def last_of(entries):
    for _ in entries:
        pass


def measure_deeds(flash, dice):
    store = formatted(flash, _RECORDS_MAX)
    payload = bytearray(_PAYLOAD_BYTES)
    taken = {"commit_new": [], "commit_update": [], "commit_append": [], "get": [], "tidy": []}
    for n in range(_N_RECORDS):
        dice.fill(payload)
        gc.collect()
        taken["commit_new"].append(taken_by(store.put, "form%05d" % n, payload))
    for _ in range(20 * _ROUNDS):
        name = "form%05d" % dice.below(_N_RECORDS)
        dice.fill(payload)
        gc.collect()
        taken["commit_update"].append(taken_by(store.put, name, payload))
        more = True
        while more:
            gc.collect()
            before = virt.instructions()
            more = store.tidy()
            taken["tidy"].append(virt.instructions() - before)
        gc.collect()
        taken["get"].append(taken_by(store.get, name))
    for _ in range(_ROUNDS):
        gc.collect()
        taken["commit_append"].append(taken_by(store.append, "positions", payload))
    slices = taken.pop("tidy")
    figure("pause_tidy_instructions", max(slices))
    for name in taken:
        figure("%s_instructions" % name, median(taken[name]))
    store = Store(flash, vault.custody, records_max=_RECORDS_MAX)
    gc.collect()
    figure("open_instructions", taken_by(store.open))
    figure("open_records", _N_RECORDS)
    gc.collect()
    figure("unlock_instructions", taken_by(unlock, store))


def measure_ram(flash):
    """What a store takes of the heap, open, with room for few and for many records."""
    taken = []
    for records_max in (_FEW, _MANY):
        before = used_bytes()
        store = Store(flash, vault.custody, records_max=records_max)
        store.open()
        taken.append(used_bytes() - before)
        index_bytes = store.stats()["index_bytes"]
        store = None
    figure("ram_index_bytes_per_1000_records", index_bytes * 1000 // _MANY)
    figure("ram_heap_bytes_per_1000_records", (taken[1] - taken[0]) * 1000 // (_MANY - _FEW))
    figure(
        "ram_heap_bytes_without_records", taken[0] - (taken[1] - taken[0]) * _FEW // (_MANY - _FEW)
    )


flash = Flash()
measure_deeds(flash, Dice())
measure_ram(flash)
print("done")
