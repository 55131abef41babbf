"""Wiring of the small bread-board: which driver serves which part."""

import board_facts

from hal.board import Board
from ports.common.custody import custody
from ports.common.rng import Rng
from ports.esp32 import radios, settings
from ports.esp32.audio import Audio
from ports.esp32.buttons import Buttons, gpios
from ports.esp32.clock import Clock
from ports.esp32.console import UART0, Console
from ports.esp32.flash import PartitionFlash
from ports.esp32.gnss import Gnss
from ports.esp32.identity import Identity
from ports.esp32.lamp import Lamp, Ws2812
from ports.esp32.power import Power


def make_board() -> Board:
    """The board of this chip, as its settings say."""
    pins = board_facts.PINS
    found = settings.load()
    clock = Clock()
    # First of all: the chip's random numbers live on the radio's noise.
    radio = radios.make(found, clock)
    return Board(
        board_facts,
        radios=(radio,),
        clock=clock,
        console=Console(UART0),
        buttons=Buttons(gpios(pins, board_facts.BUTTONS)),
        indicator=Lamp(Ws2812(pins["led_rgb"])),
        gnss=Gnss(
            pins["gnss_rx"], pins["gnss_tx"], board_facts.GNSS["baud_bps"], pins["gnss_power"]
        ),
        audio=Audio(),
        flash=PartitionFlash("store", board_facts.FLASH_SECTOR_BYTES),
        rng=Rng(),
        custody=custody,
        power=Power(),
        identity=Identity(found),
    )
