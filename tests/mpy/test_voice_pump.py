"""The voice path under MicroPython, with the heap locked: nothing on it may allocate."""

import asyncio
import gc

import micropython

from handset.voice.pump import VoicePump
from ports.unix.clock import Clock

N_PACKETS_LOCKED = 500
PACKET_BYTES = 33 + 12


class FakeAudio:
    """Always has one packet to send on each pass; swallows what it is given."""

    def __init__(self):
        self.given = 0
        self._fresh = True

    def take(self, buf):
        self._fresh = not self._fresh
        return 0 if self._fresh else PACKET_BYTES

    def give(self, buf, n_bytes):
        self.given += 1
        return True

    def heard_ssrc(self):
        return 7


class FakeMedia:
    """Locks the heap after a few packets and unlocks it again after many."""

    def __init__(self):
        self.sent = 0
        self.done = asyncio.Event()
        self._fresh = True

    def send(self, buf, n_bytes):
        self.sent += 1
        if self.sent == 10:
            gc.collect()
            micropython.heap_lock()
        elif self.sent == 10 + N_PACKETS_LOCKED:
            micropython.heap_unlock()
            self.done.set()
        return True

    def recv(self, buf):
        self._fresh = not self._fresh
        return -1 if self._fresh else PACKET_BYTES

    async def readable(self):
        await asyncio.Event().wait()


class FastClock(Clock):
    """Asks for no delay, so that a second of packets passes in an instant."""

    def ticks_add(self, ticks_ms, delta_ms):
        return ticks_ms


def nothing(*args):
    pass


def pump_with(audio, media, clock):
    return VoicePump(audio, media, clock, 512, nothing, nothing, lambda: True)


def test_moving_packets_and_the_scheduler_between_allocate_nothing():
    async def main():
        audio, media = FakeAudio(), FakeMedia()
        pump = pump_with(audio, media, FastClock())
        task = asyncio.create_task(pump.run())
        pump.wake()
        await media.done.wait()
        task.cancel()
        assert audio.given >= N_PACKETS_LOCKED
        assert pump.heap_bytes == 0
        assert pump.packets >= 2 * N_PACKETS_LOCKED

    asyncio.run(main())


def test_the_count_of_heap_bytes_can_fail():
    class Wasteful(FakeAudio):
        def give(self, buf, n_bytes):
            bytes(n_bytes)
            return True

    pump = pump_with(Wasteful(), FakeMedia(), Clock())
    pump.move()
    pump.move()
    assert pump.heap_bytes >= PACKET_BYTES


def test_pump_rests_when_the_channel_is_quiet():
    class QuietClock(Clock):
        """A second passes with every look."""

        def __init__(self):
            self.now_ms = 0

        def ticks_ms(self):
            self.now_ms += 1000
            return self.now_ms

        def ticks_diff(self, end_ms, start_ms):
            return end_ms - start_ms

    class SilentAudio(FakeAudio):
        def take(self, buf):
            raise AssertionError("the pump moved packets on a quiet channel")

    pump = VoicePump(SilentAudio(), FakeMedia(), QuietClock(), 512, nothing, nothing, lambda: False)

    async def main():
        task = asyncio.create_task(pump.run())
        pump.wake()
        await asyncio.sleep_ms(0)
        await asyncio.sleep_ms(0)
        task.cancel()

    asyncio.run(main())


def test_a_jammed_bearer_is_tried_once_a_turn():
    class EndlessAudio(FakeAudio):
        def take(self, buf):
            return PACKET_BYTES

    class JammedMedia(FakeMedia):
        def send(self, buf, n_bytes):
            self.sent += 1
            return False

    media = JammedMedia()
    pump = pump_with(EndlessAudio(), media, Clock())
    pump.move()
    assert media.sent == 1 and pump.send_failed == 1, media.sent
