"""On the plain MicroPython: what littlefs does to a flash when sealed records are kept in files.

What a user without the store would write: each record sealed (its payload and 32 bytes of nonce,
number and tag), in a file of its own that is rewritten, or appended to one file that is closed
again. Settings are those of MicroPython. Prints "figure <name> <value>" lines.
"""

import os
import sys

from ram_flash import Dice, RamFlash, figures

RECORD_BYTES = 64 + 32
N_SECTORS = int(sys.argv[1])
N_MEASURED = int(sys.argv[2])


def mounted(flash):
    os.VfsLfs2.mkfs(flash)
    os.mount(os.VfsLfs2(flash), "/fs")


def write(name, mode, record):
    with open("/fs/" + name, mode) as file:
        file.write(record)


def filled():
    """In thousandths."""
    block_bytes, _, n_blocks, n_free = os.statvfs("/fs")[:4]
    return (n_blocks - n_free) * 1000 // n_blocks


def updates(flash, dice, record):
    """Random files rewritten, with half of the blocks in use."""
    mounted(flash)
    n_files = 0
    while filled() < 500:
        dice.fill(record)
        write("form%05d" % n_files, "wb", record)
        n_files += 1
    for measured in (False, True):
        before = flash.counts()
        for _ in range(N_MEASURED if measured else n_files):
            dice.fill(record)
            write("form%05d" % dice.below(n_files), "wb", record)
    figures("littlefs_update", flash.counts() - before)
    print("figure littlefs_update_n %d" % N_MEASURED)
    print("figure littlefs_update_files %d" % n_files)
    print("figure littlefs_update_fill %d" % filled())
    os.umount("/fs")


def appends(flash, dice, record):
    """One file, opened and closed for each record, up to half of the flash."""
    mounted(flash)
    n_records = min(N_MEASURED, flash.size_bytes() // 2 // RECORD_BYTES)
    before = flash.counts()
    for _ in range(n_records):
        dice.fill(record)
        write("journal", "ab", record)
    figures("littlefs_journal", flash.counts() - before)
    print("figure littlefs_journal_n %d" % n_records)
    os.umount("/fs")


record = bytearray(RECORD_BYTES)
updates(RamFlash(N_SECTORS), Dice(), record)
appends(RamFlash(N_SECTORS), Dice(), record)
print("done")
