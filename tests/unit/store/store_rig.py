"""A handset's store for tests: flash, custody with keys that are always the same, PIN."""

from __future__ import annotations

from custody_model import TEST_DEVICE_SECRET, CustodyModel
from nor_flash import NorFlash
from reader_keys import DeviceKeys
from store_player import Player
from store_reader import Reading, read

PIN = "2580"
STORE_SALT = b"\x01salt\xfe\x00\x5a"
PIN_SALT = b"salt of the PINs"
ROUNDS = 10
RECORDS_MAX = 1024


class EndlessLoop(BaseException):
    """More accesses to the flash than any answer may take; nothing catches it."""


class BoundedFlash(NorFlash):
    """Gives up after so many accesses since `allow`."""

    _allowed: int | None = None

    def allow(self, n_accesses: int) -> None:
        self._allowed = self.n_accesses + n_accesses

    @property
    def n_accesses(self) -> int:
        return self.n_reads + self.n_programs + self.n_erases

    def read(self, offset: int, buf: bytearray | memoryview) -> None:
        super().read(offset, buf)
        if self._allowed is not None and self.n_accesses > self._allowed:
            raise EndlessLoop("more than %d accesses" % self._allowed)


class Rig:
    """Flash, custody and store of one handset."""

    def __init__(
        self,
        n_sectors: int = 8,
        sector_bytes: int = 4096,
        device_secret: bytes = TEST_DEVICE_SECRET,
        image: bytes | None = None,
    ) -> None:
        self.device_secret = device_secret
        self.flash = BoundedFlash(n_sectors, sector_bytes)
        self.custody = CustodyModel(device_secret, seed=1)
        self.player = Player(self.flash, self.custody, RECORDS_MAX)
        if image is not None:
            self.flash.load(image)
        else:
            self.format()

    @property
    def store(self):
        return self.player.store

    def format(self) -> None:
        self.player.reopen()
        self.custody.begin(STORE_SALT)
        self.custody.create()
        self.custody.pin_begin(PIN.encode(), PIN_SALT, ROUNDS)
        assert self.custody.pin_step(ROUNDS)
        self.store.format(self.custody.wrap(1), STORE_SALT)

    def play(self, *operation: object) -> object:
        return self.player.play(list(operation))

    def device_keys(self) -> DeviceKeys:
        """The independent reader's."""
        return DeviceKeys(self.device_secret, STORE_SALT)

    def independent(self, pin: str | None = PIN) -> Reading:
        """What the independent reader finds."""
        image = self.flash.image()
        return read(image, self.device_secret, pin, self.flash.sector_bytes())
