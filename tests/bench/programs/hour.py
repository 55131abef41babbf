"""On the handset: an hour of traffic on a test clock, then voice, and what the heap has left.

Handset A has the application on its real board, but what comes over the wires is what
traffic_tape.py wrote into the flash; then the wires are let go for voice in real time. Handset B is
an application to talk to. Prints "figure <name> <value>" lines, and "live" when voice may begin.
"""

import gc
import struct
import time

import virt

_TAPE = 0x1C00000  # far into the flash partition "files", which nobody uses here
_RECORD = "<LBH"  # when in ms, which wire, how many bytes follow
_SAMPLE = 4
_END = 255
_VOICE_MS = 58_000
_LOOK_MS = 50
_SAMPLES_MAX = 16


def used_bytes():
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


class Clock:
    """The board's clock, and asyncio's, moved on wherever everybody would wait."""

    def __init__(self, core, real):
        self.skipped_ms = 0
        self.set_utc_ms = real.set_utc_ms
        self._utc_ms = real.utc_ms
        self._core = core
        self._wait = core._io_queue.wait_io_event
        core.ticks = self.ticks_ms
        core._io_queue.wait_io_event = self._skip

    def ticks_ms(self):
        return time.ticks_add(time.ticks_ms(), self.skipped_ms)

    ticks_diff = staticmethod(time.ticks_diff)
    ticks_add = staticmethod(time.ticks_add)

    def utc_ms(self):
        utc_ms = self._utc_ms()
        return utc_ms if utc_ms < 0 else utc_ms + self.skipped_ms

    def run_free(self):
        self._core._io_queue.wait_io_event = self._wait

    def _skip(self, timeout_ms):
        self._wait(0)
        task = self._core._task_queue.peek()
        if timeout_ms > 0 and task:
            left_ms = time.ticks_diff(task.ph_key, self.ticks_ms())
            self.skipped_ms += max(0, left_ms)


class Wire:
    """A part of the board whose input comes from the tape until it is let go."""

    def __init__(self, real, asyncio):
        self.fed = b""
        self._real = real
        self._is_live = False
        self._arrived = asyncio.Event()

    def feed(self, data):
        self.fed = data
        self._arrived.set()

    def let_go(self):
        self._is_live = True
        self._arrived.set()

    async def _wait(self):
        while not self.fed and not self._is_live:
            self._arrived.clear()
            await self._arrived.wait()


class Stream(Wire):
    """Console and receiver: bytes in, and for the console out."""

    async def read(self, buf):
        await self._wait()
        if not self.fed:
            return await self._real.read(buf)
        n_bytes = min(len(buf), len(self.fed))
        buf[:n_bytes] = self.fed[:n_bytes]
        self.fed = self.fed[n_bytes:]
        return n_bytes

    def write(self, buf, offset, n_bytes):
        if self._is_live:
            return self._real.write(buf, offset, n_bytes)
        return n_bytes

    async def writable(self):
        if self._is_live:
            await self._real.writable()

    def power(self, on):
        self._real.power(on)


class Datagrams(Wire):
    """A channel of the radio."""

    def recv(self, buf):
        if self._is_live:
            return self._real.recv(buf)
        n_bytes = len(self.fed)
        buf[:n_bytes] = self.fed
        self.fed = b""
        return n_bytes or -1

    def send(self, buf, n_bytes):
        if self._is_live:
            return self._real.send(buf, n_bytes)
        return True

    async def readable(self):
        await self._wait()
        if self._is_live:
            await self._real.readable()


class Keys(Wire):
    async def next_edge(self):
        await self._wait()
        if not self.fed:
            return await self._real.next_edge()
        name, _, level = self.fed.decode().partition("=")
        self.fed = b""
        return name, level == "1"


class Player:
    """Plays the tape; at its marks, notes how much of the heap is used."""

    def __init__(self, clock, wires):
        self.samples = [0] * _SAMPLES_MAX
        self._clock = clock
        self._wires = wires

    async def run(self, asyncio):
        header = bytearray(struct.calcsize(_RECORD))
        start_ms = self._clock.ticks_ms()
        at = _TAPE
        n_samples = 0
        while True:
            virt.flash_read(at, header)
            at += len(header)
            at_ms, wire, n_bytes = struct.unpack(_RECORD, header)
            if wire == _END:
                break
            await self._wait_until(asyncio, time.ticks_add(start_ms, at_ms))
            if wire == _SAMPLE:
                self.samples[n_samples] = used_bytes()
                n_samples += 1
            else:
                await self._feed(asyncio, self._wires[wire], at, n_bytes)
            at += n_bytes
        del self.samples[n_samples:]

    async def _feed(self, asyncio, wire, at, n_bytes):
        data = bytearray(n_bytes)
        virt.flash_read(at, data)
        while wire.fed:
            await asyncio.sleep_ms(1)
        wire.feed(bytes(data))

    async def _wait_until(self, asyncio, ticks_ms):
        left_ms = time.ticks_diff(ticks_ms, self._clock.ticks_ms())
        if left_ms > 0:
            await asyncio.sleep_ms(left_ms)


async def voice(app, clock, asyncio):
    """Until handsets have talked for long enough: how long, and what is used after each burst."""
    samples = [0] * _SAMPLES_MAX
    n_samples = 0
    talked_ms = 0
    was_talking = False
    then_ms = clock.ticks_ms()
    while talked_ms < _VOICE_MS or was_talking:
        await asyncio.sleep_ms(_LOOK_MS)
        is_talking = app.floor.state != "silence"
        if was_talking and not is_talking:
            samples[n_samples] = used_bytes()
            n_samples += 1
        was_talking = is_talking
        now_ms = clock.ticks_ms()
        if is_talking:
            talked_ms += time.ticks_diff(now_ms, then_ms)
        then_ms = now_ms
    return talked_ms, samples[:n_samples]


def figure(name, value):
    print("figure %s %d" % (name, value))


async def measure(app, clock, wires, asyncio):
    """All of it, in order."""
    await asyncio.sleep_ms(1000)
    boot_bytes = used_bytes()
    began_ms = clock.ticks_ms()
    player = Player(clock, wires)
    await player.run(asyncio)
    figure("hour_ms", time.ticks_diff(clock.ticks_ms(), began_ms))
    figure("used_boot", boot_bytes - START_BYTES)
    for sample in player.samples:
        figure("used_sample", sample - START_BYTES)
    for name in ("requests", "responses", "handler_faults"):
        figure("link_" + name, getattr(app.server, name))
    figure("floor_received", app.floor_channel.received)
    figure("floor_collisions", app.floor.collisions)
    figure("geo_reports_sent", app.geo.sent)
    figure("geo_reports_received", app.geo.received)
    frames = app.pump.packets
    clock.run_free()
    for wire in wires:
        wire.let_go()
    print("live")
    talked_ms, samples = await voice(app, clock, asyncio)
    figure("voice_ms", talked_ms)
    for sample in samples:
        figure("used_burst", sample - START_BYTES)
    figure("voice_frames", app.pump.packets - frames)
    figure("voice_path_heap_bytes", app.pump.heap_bytes)
    print("done")


def main():
    import asyncio
    from asyncio import core

    from board import make_board

    from handset.app import Application

    board = make_board()
    board.clock = clock = Clock(core, board.clock)
    board.console = Stream(board.console, asyncio)
    board.gnss = Stream(board.gnss, asyncio)
    board.buttons = Keys(board.buttons, asyncio)
    radio = board.radios[0]
    radio.floor = Datagrams(radio.floor, asyncio)
    wires = (board.console, radio.floor, board.gnss, board.buttons)

    async def both():
        app = Application(board)
        await asyncio.gather(app.run(), measure(app, clock, wires, asyncio))

    asyncio.run(both())


if virt.strap("user_id").startswith("sip:b@"):
    import handset.main  # noqa: F401  (runs the application)
START_BYTES = used_bytes()
main()
