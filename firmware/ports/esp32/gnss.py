"""Gnss contract on ESP32: a receiver on a UART, with a switch in its supply or without one.

Off with a switch: no supply, and both pins inputs that are pulled down, because a module without
supply would be fed through its RXD and TXD protection diodes by a pin that is driven high. Off
without a switch: the receiver is told to sleep, which is weaker, and what it says is dropped.
The driver of the UART stays: asyncio may be polling it.
"""

import errno
import time

from machine import UART, Pin

from ports.esp32.waiting import wake_in, wake_on_read

_UART = 1
_RX_BUFFER_BYTES = 1024  # a second of 9600 baud
_OFF_POLL_MS = 50
_SLEEP_AGAIN_MS = 1000


class Gnss:
    """`power`: GPIO of the load switch, high is on. `sleep`, `wake`: messages to a receiver whose
    supply cannot be cut."""

    def __init__(
        self,
        rx: int,
        tx: int,
        baud_bps: int,
        power: int | None = None,
        sleep: bytes = b"",
        wake: bytes = b"",
    ) -> None:
        self._rx = rx
        self._tx = tx
        self._switch = None if power is None else Pin(power, Pin.OUT, value=0)
        self._sleep = sleep
        self._wake = wake
        self._powered = True
        self._told_ms = time.ticks_ms()
        # What came in while the receiver should have been silent.
        self.bytes_while_off = 0
        self._uart = UART(
            _UART, baudrate=baud_bps, tx=Pin(tx), rx=Pin(rx), rxbuf=_RX_BUFFER_BYTES, timeout=0
        )
        self.power(False)

    def power(self, on: bool) -> None:
        if self._switch:
            self._power_switch(self._switch, on)
        elif on != self._powered:
            self._tell(self._wake if on else self._sleep)
        self._powered = on
        self._drain()

    def read(self, buf: bytearray) -> int:  # a coroutine, see waiting.py
        while True:
            if not self._powered:
                self._count_noise()
                wake_in(_OFF_POLL_MS)
                yield
                continue
            n_bytes = min(self._uart.any(), len(buf))
            if n_bytes:
                # Not more than is there: readinto() waits until the buffer is full.
                return self._uart.readinto(buf, n_bytes) or 0
            wake_on_read(self._uart)
            yield

    def _power_switch(self, switch: Pin, on: bool) -> None:
        if on:
            switch.on()
            self._uart.init(tx=Pin(self._tx), rx=Pin(self._rx))
        else:
            Pin(self._tx, Pin.IN, Pin.PULL_DOWN)
            Pin(self._rx, Pin.IN, Pin.PULL_DOWN)
            switch.off()

    def _tell(self, message: bytes) -> None:
        self._told_ms = time.ticks_ms()
        self._uart.write(message)

    def _count_noise(self) -> None:
        """A receiver that still talks did not get the message: it may just have been waking."""
        n_bytes = self._uart.any()
        if not n_bytes:
            return
        self.bytes_while_off += n_bytes
        self._drain()
        silence_ms = time.ticks_diff(time.ticks_ms(), self._told_ms)
        if self._sleep and silence_ms > _SLEEP_AGAIN_MS:
            self._tell(self._sleep)

    def _drain(self) -> None:
        """Bytes from before belong to nobody."""
        while self._uart.any():
            self._uart.read(self._uart.any())


class NoGnss:
    """For a board without a receiver: there is nothing to switch on."""

    def power(self, on: bool) -> None:
        if on:
            raise OSError(errno.ENODEV, "this board has no GNSS receiver")

    def read(self, buf: bytearray) -> int:  # a coroutine, see waiting.py
        while True:
            wake_in(60_000)
            yield
