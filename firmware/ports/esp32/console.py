"""Console contract on ESP32: UART0 behind a USB bridge, or the chip's own USB serial port.

Through `.buffer`, which is byte-exact; sys.stdin itself makes "\\n" of "\\r". What must be known of
MicroPython underneath (1.26.1, ports/esp32: uart.c, usb_serial_jtag.c, mphalport.c):

- Byte 0x03 stops the program in a development build. A release starts the application with that
  switched off, and every byte arrives.
- 260 bytes wait for the reader, 22 ms at 115200 baud; what comes then is lost.
- A write waits inside until all of it is in the transmitter; so no more is handed over than fits.
- USB: what nobody reads is dropped after 200 ms, and at once from then on.
"""

import select
import sys
import time

from ports.common.transmit_fifo import TransmitFifo
from ports.esp32.waiting import wake_in, wake_on_read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The UART's FIFO has 128 bytes; the bridge side runs at MicroPython's 115200 baud.
UART0 = (120, 115_200)
# One full-speed USB packet of 64 bytes each millisecond.
USB_SERIAL_JTAG = (64, 640_000)

_WRITABLE_BYTES = 32
_WRITABLE_POLL_MS = 2


class Console:
    """`wire`: UART0 or USB_SERIAL_JTAG."""

    def __init__(self, wire: tuple) -> None:
        capacity, baud = wire
        self._fifo = TransmitFifo(capacity, baud, time.ticks_us(), time.ticks_diff)
        self._in: "Any" = sys.stdin.buffer
        self._out: "Any" = sys.stdout.buffer
        self._byte = bytearray(1)
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)

    def read(self, buf: bytearray) -> int:  # a coroutine, see waiting.py
        while True:
            n_bytes = self._take(buf)
            if n_bytes:
                return n_bytes
            wake_on_read(sys.stdin)
            yield

    def write(self, buf: bytes, offset: int, n_bytes: int) -> int:
        n_taken = min(n_bytes, self._fifo.room(time.ticks_us()))
        if n_taken <= 0:
            return 0
        self._out.write(buf, offset, n_taken)
        self._fifo.wrote(n_taken)
        return n_taken

    def writable(self) -> None:  # a coroutine
        while self._fifo.room(time.ticks_us()) < _WRITABLE_BYTES:
            wake_in(_WRITABLE_POLL_MS)
            yield

    def _take(self, buf: bytearray) -> int:
        """What waits, byte by byte: a longer readinto() would wait until it has it all."""
        n_bytes = 0
        while n_bytes < len(buf) and self._has_input():
            self._in.readinto(self._byte)
            buf[n_bytes] = self._byte[0]
            n_bytes += 1
        return n_bytes

    def _has_input(self) -> bool:
        for _ in self._poll.ipoll(0):  # allocates nothing, unlike poll()
            return True
        return False
