"""Runs of the store that CPython recorded: the same answers here, with keys in C, the same bytes.

Recorded by tests/unit/store/record_vectors.py, from one image and one device secret.
"""

import errno
import os

import vault
from store_player import Player, replay

_TRACES = "../vectors/store/traces/"
_SECTOR_BYTES = 1024
_RECORDS_MAX = 1024


class _RamFlash:
    """A flash that begins with an image."""

    def __init__(self, image):
        self._data = bytearray(image)

    def size_bytes(self):
        return len(self._data)

    def sector_bytes(self):
        return _SECTOR_BYTES

    def read(self, offset, buf):
        buf[:] = memoryview(self._data)[offset : offset + len(buf)]

    def program(self, offset, buf):
        for i in range(len(buf)):
            if buf[i] & ~self._data[offset + i]:
                raise OSError(errno.EIO)
            self._data[offset + i] = buf[i]

    def erase(self, offset):
        self._data[offset : offset + _SECTOR_BYTES] = b"\xff" * _SECTOR_BYTES


def _replayed(kind):
    names = sorted(name for name in os.listdir(_TRACES) if name.startswith(kind))
    assert len(names) == 3, names
    for name in names:
        with open(_TRACES + "start.img", "rb") as file:
            flash = _RamFlash(file.read())
        player = Player(flash, vault.custody, _RECORDS_MAX)
        with open(_TRACES + name) as lines:
            assert replay(lines, player, flash) > 50
    vault.custody.forget()


def test_runs_without_randomness_end_in_the_same_bytes():
    _replayed("exact")


def test_runs_with_boxes_and_new_keys_give_the_same_answers():
    _replayed("boxes")
