"""Wiring of the virtual handset: which driver serves which part."""

import board_facts

from hal.board import Board
from ports.common.custody import custody
from ports.common.region import partition
from ports.common.rng import Rng
from ports.common.voice_engine import VoiceEngine
from ports.unix import wiring
from ports.unix.clock import Clock
from ports.unix.console import Console
from ports.unix.flash import FileFlash
from ports.unix.gnss import Gnss
from ports.unix.identity import Identity
from ports.unix.power import Power
from ports.unix.radio import UdpRadio
from ports.unix.wires import DatagramWire
from ports.virtual.buttons import Buttons
from ports.virtual.indicator import Indicator
from ports.virtual.pins import Pins


def make_board() -> Board:
    """The board of this process, wired as its bench says."""
    wires = wiring.load()
    pins = Pins(DatagramWire(wires["pins_fd"]))
    return Board(
        board_facts,
        radios=(UdpRadio(wires["media_fd"], wires["floor_fd"]),),
        clock=Clock(),
        console=Console(),
        buttons=Buttons(pins, board_facts.BUTTONS),
        indicator=Indicator(pins),
        gnss=Gnss(wires["gnss_fd"], pins),
        audio=VoiceEngine(wires["acoustics"]),
        flash=partition(
            FileFlash(wires["flash"], board_facts.FLASH_SIZE_BYTES, board_facts.FLASH_SECTOR_BYTES),
            board_facts,
            "store",
        ),
        rng=Rng(),
        custody=custody,
        power=Power(),
        identity=Identity(wires["identity"]),
    )
