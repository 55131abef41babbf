"""Identity contract on ESP32: the configured user, and a number from the chip's own address."""

from binascii import hexlify

import machine

from ports.esp32 import settings


class Identity:
    def __init__(self, found: dict) -> None:
        self._user_id = settings.need(found, "user_id")
        # The base MAC address of the factory, in eFuse.
        own = "ESP-" + hexlify(machine.unique_id()).decode().upper()
        self._serial_number = found.get("serial", own)

    def serial_number(self) -> str:
        return self._serial_number

    def user_id(self) -> str:
        return self._user_id
