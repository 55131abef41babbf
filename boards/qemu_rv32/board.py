"""Wiring of the bare-metal handset: which driver serves which part."""

import board_facts

from hal.board import Board
from ports.common.custody import custody
from ports.common.region import partition
from ports.common.rng import Rng
from ports.common.voice_engine import VoiceEngine
from ports.qemu import bench_clock, wires
from ports.qemu.clock import Clock
from ports.qemu.console import Console
from ports.qemu.flash import CfiFlash
from ports.qemu.gnss import Gnss
from ports.qemu.identity import Identity
from ports.qemu.power import Power
from ports.qemu.radio import WireRadio
from ports.virtual.buttons import Buttons
from ports.virtual.indicator import Indicator
from ports.virtual.pins import Pins


def make_board() -> Board:
    """The board of this machine, wired as its bench says."""
    pins = Pins(wires.pins())
    # Before the buttons are listened to: it uses their wire.
    tape_t0_us = bench_clock.tape_t0_us(pins)
    return Board(
        board_facts,
        radios=(WireRadio(),),
        clock=Clock(),
        console=Console(),
        buttons=Buttons(pins, board_facts.BUTTONS),
        indicator=Indicator(pins),
        gnss=Gnss(pins),
        audio=VoiceEngine(str(tape_t0_us)),
        flash=partition(
            CfiFlash(board_facts.FLASH_SIZE_BYTES, board_facts.FLASH_SECTOR_BYTES),
            board_facts,
            "store",
        ),
        rng=Rng(),
        custody=custody,
        power=Power(),
        identity=Identity(),
    )
