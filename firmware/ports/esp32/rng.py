"""Rng contract on ESP32: the chip's generator, only while noise feeds it.

It "produces true random numbers so long as" Wi-Fi or Bluetooth is enabled, and otherwise its output
"should be considered as pseudo-random only" (ESP-IDF Programming Guide v5.3.4, "Random Number
Generation"). The other source, the SAR ADC, must be off before I2S or Wi-Fi is used (same chapter,
"Startup"), so it is no choice for a handset. Hence: a board makes its radio first and hands the
question "is it on?" to this driver.
"""

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Rng:
    def __init__(self, radio_is_on: "Callable[[], bool]") -> None:
        self._radio_is_on = radio_is_on

    def fill(self, buf: bytearray) -> None:
        if not self._radio_is_on():
            raise OSError(errno.ENODEV, "no randomness: the radio that feeds the generator is off")
        # esp_random() underneath, ports/esp32/modos.c.
        buf[:] = os.urandom(len(buf))
