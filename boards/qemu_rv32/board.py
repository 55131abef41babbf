"""Wiring of the bare-metal handset: which driver serves which part."""

import board_facts

from hal.board import Board
from ports.qemu.audio import Audio
from ports.qemu.buttons import Buttons
from ports.qemu.clock import Clock
from ports.qemu.console import Console
from ports.qemu.flash import CfiFlash
from ports.qemu.gnss import Gnss
from ports.qemu.identity import Identity
from ports.qemu.indicator import Indicator
from ports.qemu.pins import Pins
from ports.qemu.power import Power
from ports.qemu.radio import WireRadio
from ports.qemu.rng import Rng


def make_board() -> Board:
    """The board of this machine, wired as its bench says."""
    pins = Pins()
    # Before the buttons are listened to: it uses their wire.
    audio = Audio(pins)
    return Board(
        board_facts,
        radios=(WireRadio(),),
        clock=Clock(),
        console=Console(),
        buttons=Buttons(pins, board_facts.BUTTONS),
        indicator=Indicator(pins),
        gnss=Gnss(pins),
        audio=audio,
        flash=CfiFlash(board_facts.FLASH_SIZE_BYTES, board_facts.FLASH_SECTOR_BYTES),
        rng=Rng(),
        power=Power(),
        identity=Identity(),
    )
