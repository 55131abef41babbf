"""On the virtual handset: an image with so many records, and what opening it takes of a flash."""

import sys

import vault
from ram_flash import Dice, RamFlash, figures
from store_at_hand import formatted

from handset.store.store import Store

N_RECORDS = int(sys.argv[1])
_N_SECTORS = 320
_SECTOR_BYTES = 4096
_PAYLOAD_BYTES = 64
# And what is kept for what is urgent, a sixteenth.
_RECORDS_MAX = N_RECORDS * 16 // 15 + 100

flash = RamFlash(_N_SECTORS, _SECTOR_BYTES)
store = formatted(flash, _RECORDS_MAX)
payload = bytearray(_PAYLOAD_BYTES)
dice = Dice()
# Forms: each is a value and its name.
for n in range(N_RECORDS // 2):
    dice.fill(payload)
    store.put("form%05d" % n, payload)
with open(sys.argv[2], "wb") as file:
    file.write(flash.data)
before = flash.counts()
report = Store(flash, vault.custody, records_max=_RECORDS_MAX).open()
figures("mount", flash.counts() - before)
if report.damage:
    raise ValueError("damage: %r" % report.damage)
print("figure records %d" % report.n_records)
print("done")
