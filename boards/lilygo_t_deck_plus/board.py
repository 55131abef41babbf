"""Wiring of the T-Deck Plus: which driver serves which part.

Its GNSS receiver has no switch of its own, only the one of all peripherals: it is sent to sleep.
"""

import board_facts

from hal.board import Board
from ports.common import ubx
from ports.common.custody import custody
from ports.common.rng import Rng
from ports.esp32 import buses, radios, settings
from ports.esp32.audio import Audio
from ports.esp32.buttons import Buttons, gpios
from ports.esp32.clock import Clock
from ports.esp32.console import USB_SERIAL_JTAG, Console
from ports.esp32.es7210 import Es7210
from ports.esp32.flash import PartitionFlash
from ports.esp32.gnss import Gnss
from ports.esp32.identity import Identity
from ports.esp32.keyboard import Keyboard
from ports.esp32.power import Power
from ports.esp32.tft import Tft


def make_board() -> Board:
    """The board of this chip, as its settings say."""
    pins = board_facts.PINS
    buses.set_outputs(pins, high=("peripheral_power", "lora_cs", "sdcard_cs", "display_cs"))
    found = settings.load()
    clock = Clock()
    # First of all: the chip's random numbers live on the radio's noise.
    radio = radios.make(found, clock)
    i2c = buses.i2c(pins)
    return Board(
        board_facts,
        radios=(radio,),
        clock=clock,
        console=Console(USB_SERIAL_JTAG),
        buttons=Buttons(gpios(pins, board_facts.BUTTONS), Keyboard(i2c, board_facts.KEYBOARD)),
        indicator=Tft(pins),
        gnss=Gnss(
            pins["gnss_rx"],
            pins["gnss_tx"],
            board_facts.GNSS["baud_bps"],
            sleep=ubx.sleep(),
            wake=ubx.wake(),
        ),
        audio=Audio(codec=Es7210(i2c)),
        flash=PartitionFlash("store", board_facts.FLASH_SECTOR_BYTES),
        rng=Rng(),
        custody=custody,
        power=Power(),
        identity=Identity(found),
    )
