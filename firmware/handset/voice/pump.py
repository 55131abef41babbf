"""The pump: moves finished RTP packets between the voice engine and the radio.

Samples never come here. While the channel is busy the pump runs every few milliseconds and
allocates nothing; while it is quiet it waits for the radio to wake it.
"""

import asyncio
from asyncio import core  # type: ignore[attr-defined]  # the stubs lack it

import micropython

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.contracts import Audio, Channel, Clock

_PERIOD_MS = 5
# Sixteen talkers' worth; a flood beyond that waits, and leaves the agent's keys their turn.
_PACKETS_A_TURN = 4
# All that the engine's ring holds: the last words of a burst leave in one turn.
_PACKETS_OUT_A_TURN = 32
# The channel counts as busy until the jitter buffer has surely played out.
_HANG_MS = 500
# The floor's talker timer (T203) runs in seconds: telling it of media this often is plenty.
_MEDIA_NOTICE_MS = 100


class VoicePump:
    """`on_media(ssrc)` is called while media arrives, `on_tick()` on every pass while busy;
    `is_busy()` keeps the pump running when nothing moves (floor pending or taken)."""

    def __init__(
        self,
        audio: "Audio",
        media: "Channel",
        clock: "Clock",
        packet_bytes_max: int,
        on_media: "Callable[[int], None]",
        on_tick: "Callable[[], None]",
        is_busy: "Callable[[], bool]",
    ) -> None:
        self._audio = audio
        self._media = media
        self._clock = clock
        self._buf = bytearray(packet_bytes_max)
        self._on_media = on_media
        self._on_tick = on_tick
        self._is_busy = is_busy
        self._wake = asyncio.Event()
        self._quiet = asyncio.Event()
        self._last_moved_ms = 0
        self._last_notice_ms = 0
        # Bytes that Python allocated while moving packets (0 is the promise), and the packets.
        self.heap_bytes = 0
        self.packets = 0
        self.send_failed = 0

    def wake(self) -> None:
        """The channel becomes busy: start moving packets now."""
        self._last_moved_ms = self._clock.ticks_ms()
        self._wake.set()

    def move(self) -> int:
        """Move all waiting packets, both ways; returns how many. Does not allocate."""
        before = micropython.mem_total()
        n_sent = self._move_out()
        n_received = self._move_in()
        self.heap_bytes += micropython.mem_total() - before
        n_moved = n_sent + n_received
        if n_moved:
            self.packets += n_moved
            self._last_moved_ms = self._clock.ticks_ms()
        if n_received:
            self._notice_media()
        return n_moved

    def _move_out(self) -> int:
        for n_packets in range(_PACKETS_OUT_A_TURN):
            n_bytes = self._audio.take(self._buf)
            if not n_bytes:
                return n_packets
            if not self._media.send(self._buf, n_bytes):
                self.send_failed += 1
                # A bearer that is jammed may take its time for each: keys and timers come first.
                return n_packets + 1
        return _PACKETS_OUT_A_TURN

    def _move_in(self) -> int:
        for n_packets in range(_PACKETS_A_TURN):
            n_bytes = self._media.recv(self._buf)
            if n_bytes < 0:
                return n_packets
            self._audio.give(self._buf, n_bytes)
        return _PACKETS_A_TURN

    def _notice_media(self) -> None:
        now_ms = self._clock.ticks_ms()
        if self._clock.ticks_diff(now_ms, self._last_notice_ms) < _MEDIA_NOTICE_MS:
            return
        ssrc = self._audio.heard_ssrc()
        if ssrc:
            self._last_notice_ms = now_ms
            self._on_media(ssrc)

    def is_active(self) -> bool:
        """Somebody talks or is heard, or did a moment ago, or asks for the floor."""
        if self._is_busy():
            return True
        quiet_ms = self._clock.ticks_diff(self._clock.ticks_ms(), self._last_moved_ms)
        return quiet_ms < _HANG_MS

    async def run(self) -> None:
        """Run for ever."""
        queue = core._task_queue
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self.is_active():
                self.move()
                self._on_tick()
                # asyncio.sleep_ms() allocates a traceback each time it ends; queueing this task
                # and yielding is what it does underneath, without that.
                queue.push(
                    core.cur_task,
                    self._clock.ticks_add(self._clock.ticks_ms(), _PERIOD_MS),
                )
                yield
            self._quiet.set()

    async def watch_media(self) -> None:
        """Wake the pump when media arrives on a quiet channel. Run for ever."""
        while True:
            await self._media.readable()
            self._quiet.clear()
            self.wake()
            await self._quiet.wait()
