"""The serial console's only reader and writer: SMP packets and log lines on one wire.

Whole lines leave one after the other, so a log line never sits inside an SMP line, nor between
the lines of one packet. A short write leaves a tail that is finished before anything else. When
the host stops reading for `stall_ms`, what is being sent is given up and counted; the next thing
sent then begins with a newline, so that a host that joins late finds its place.
"""

import asyncio

from handset.link.framing import Receiver, Sender
from handset.link.log_ring import LogRing
from handset.link.server import Server
from handset.security.erase import erase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hal.contracts import Clock, Console

_RX_BYTES = 256
_LOG_BYTES = 1024
_LOG_LINE_BYTES = 128
_STALL_MS = 1000


async def _sleep_ms(ms: int) -> None:
    await asyncio.sleep(ms / 1000)


class Link:
    """`console` and `clock` as in `hal.contracts`; `reset()` restarts the handset.

    `sleep_ms(ms)` waits on the same time as `clock` ticks in.
    """

    COUNTERS = (
        "rx_bytes",
        "tx_bytes",
        "console_stalls",
        "responses_dropped",
        "log_lines_dropped",
        "log_lines_shortened",
    )

    def __init__(
        self,
        console: "Console",
        server: Server,
        clock: "Clock",
        reset: "Callable[[], None]",
        stall_ms: int = _STALL_MS,
        sleep_ms: "Callable[[int], Awaitable[None]]" = _sleep_ms,
    ) -> None:
        self._console = console
        self._server = server
        self._clock = clock
        self._reset = reset
        self._stall_ms = stall_ms
        self._sleep_ms = sleep_ms
        server.report = self.log

        self._receiver = Receiver(server.message_bytes_max)
        self._rx = bytearray(_RX_BYTES)
        self.rx_bytes = 0

        self._sender = Sender()
        self._logs = LogRing(_LOG_BYTES, _LOG_LINE_BYTES)
        self._log_line = bytearray(_LOG_LINE_BYTES)
        self._n_response = 0
        self._reset_due = False
        self._line_is_open = True  # boot text of others may have ended anywhere
        self.tx_bytes = 0
        self.console_stalls = 0
        self.responses_dropped = 0
        self._log_lines_given_up = 0

        self._work = asyncio.Event()  # for the writer: something to send
        self._answered = asyncio.Event()  # for the reader: the response buffer is free
        self._wake = asyncio.Event()  # console writable, or stalled
        self._stalled = False

    @property
    def log_lines_dropped(self) -> int:
        """Log lines that never fully left: pushed out of the ring, or given up half-way."""
        return self._logs.dropped + self._log_lines_given_up

    @property
    def log_lines_shortened(self) -> int:
        """Log lines cut to the ring's line length."""
        return self._logs.shortened

    def log(self, text: str) -> None:
        """Queue one line of text for the console. Never blocks."""
        self._logs.put(text)
        self._work.set()

    def request_reset(self) -> None:
        """Restart once the answer being made and the log lines waiting now have left."""
        self._reset_due = True
        self._work.set()

    def stats(self) -> dict:
        """All counters of the link by name."""
        counters = {}
        for part in (self, self._receiver, self._server):
            for name in part.COUNTERS:
                counters[name] = getattr(part, name)
        return counters

    async def run(self) -> None:
        """Serve the console for ever; OSError when it fails."""
        await asyncio.gather(self._read(), self._write())

    async def _read(self) -> None:
        receiver = self._receiver
        while True:
            n_bytes = await self._console.read(self._rx)
            self.rx_bytes += n_bytes
            at = 0
            while at < n_bytes:
                at = receiver.feed(self._rx, n_bytes, at)
                if receiver.message_bytes:
                    await self._answer()
            # There may have been a PIN in it.
            erase(self._rx, n_bytes)

    async def _answer(self) -> None:
        # Nothing is handled once a reset is due: who got that answer talks to the next boot.
        while self._n_response or self._reset_due:
            self._answered.clear()
            await self._answered.wait()
        self._n_response = self._server.handle(self._receiver.message, self._receiver.message_bytes)
        self._receiver.forget()
        self._work.set()

    async def _write(self) -> None:
        while True:
            if self._n_response:
                await self._send_response()
            elif self._reset_due:
                await self._send_logs()
                self._reset()
                self._reset_due = False
                self._answered.set()
            elif self._logs.waiting:
                await self._send_log_line()
            else:
                self._work.clear()
                await self._work.wait()

    async def _send_response(self) -> None:
        sender = self._sender
        sender.begin(self._server.response, self._n_response)
        n_bytes = sender.next_line()
        while n_bytes:
            if not await self._send(sender.line, n_bytes):
                self.responses_dropped += 1
                break
            n_bytes = sender.next_line()
        self._n_response = 0
        self._answered.set()

    async def _send_logs(self) -> None:
        for _ in range(self._logs.waiting):
            if not await self._send_log_line():
                break

    async def _send_log_line(self) -> bool:
        if await self._send(self._log_line, self._logs.take(self._log_line)):
            return True
        self._log_lines_given_up += 1
        return False

    async def _send(self, line: bytearray, n_bytes: int) -> bool:
        """Send one whole line; False if the host did not read and the rest was given up."""
        if self._line_is_open:
            if not await self._put(b"\n", 1):
                return False
            self._line_is_open = False
        if await self._put(line, n_bytes):
            return True
        self._line_is_open = True
        return False

    async def _put(self, buf: bytes, n_bytes: int) -> bool:
        at = 0
        while True:
            n_taken = self._console.write(buf, at, n_bytes - at)
            at += n_taken
            self.tx_bytes += n_taken
            if at == n_bytes:
                return True
            if not n_taken and not await self._writable():
                return False

    async def _writable(self) -> bool:
        """Wait until the console takes bytes again; False after `stall_ms` without."""
        self._stalled = False
        self._wake.clear()
        tasks = (
            asyncio.create_task(self._watch_console()),
            asyncio.create_task(self._watch_clock()),
        )
        try:
            await self._wake.wait()
        finally:
            for task in tasks:
                task.cancel()
        if self._stalled:
            self.console_stalls += 1
        return not self._stalled

    async def _watch_console(self) -> None:
        await self._console.writable()
        self._stalled = False
        self._wake.set()

    async def _watch_clock(self) -> None:
        begin_ms = self._clock.ticks_ms()
        left_ms = self._stall_ms
        while left_ms > 0:
            await self._sleep_ms(left_ms)
            left_ms = self._stall_ms - self._clock.ticks_diff(self._clock.ticks_ms(), begin_ms)
        self._stalled = True
        self._wake.set()
