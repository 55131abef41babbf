"""On bare metal, under QEMU's -icount: instructions that opening a large store takes."""

import gc

import vault
import virt

from handset.store.store import Store

_STORE_AT = 0x400000
_N_SECTORS = 320
_SECTOR_BYTES = 4096
_RECORDS_MAX = 10766


class Flash:
    def size_bytes(self):
        return _N_SECTORS * _SECTOR_BYTES

    def sector_bytes(self):
        return _SECTOR_BYTES

    def read(self, offset, buf):
        virt.flash_read(_STORE_AT + offset, buf)

    def program(self, offset, buf):
        virt.flash_program(_STORE_AT + offset, buf)

    def erase(self, offset):
        raise OSError("opening erases nothing")


gc.collect()
store = Store(Flash(), vault.custody, records_max=_RECORDS_MAX)
before = virt.instructions()
report = store.open()
print("figure instructions %d" % (virt.instructions() - before))
print("figure records %d" % report.n_records)
print("done" if not report.damage else "damage: %r" % report.damage)
