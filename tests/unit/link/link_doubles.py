"""Scripted collaborators of the link: a console that takes what it is told to, a test clock."""

import asyncio


class ScriptedConsole:
    """Bytes in by `type_in`; out, it takes at most `capacity` bytes, then `limits` per write."""

    def __init__(self, limits=None):
        self.sent = bytearray()
        self.limits = limits  # iterator of how many bytes each write takes; None: all
        self.reading = True  # False: the host has stopped reading, writes take nothing
        self.read_into = bytearray()  # where the last bytes went
        self._input = bytearray()
        self._has_input = asyncio.Event()
        self._can_write = asyncio.Event()

    def type_in(self, data):
        self._input += data
        self._has_input.set()

    def set_reading(self, reading):
        self.reading = reading
        if reading:
            self._can_write.set()
        else:
            self._can_write.clear()

    async def read(self, buf):
        while not self._input:
            self._has_input.clear()
            await self._has_input.wait()
        n_bytes = min(len(buf), len(self._input))
        buf[:n_bytes] = self._input[:n_bytes]
        del self._input[:n_bytes]
        self.read_into = buf
        return n_bytes

    def write(self, buf, offset, n_bytes):
        if not self.reading:
            return 0
        if self.limits is not None:
            n_bytes = min(n_bytes, next(self.limits))
        self.sent += bytes(buf[offset : offset + n_bytes])
        return n_bytes

    async def writable(self):
        if not self.reading:
            self._can_write.clear()
            await self._can_write.wait()


class ManualClock:
    """Time that moves only by `advance`; sleepers wake when their time has come."""

    def __init__(self, utc_ms=0):
        self.now_ms = 0
        self.utc = utc_ms
        self._sleepers = []

    def ticks_ms(self):
        return self.now_ms

    def ticks_diff(self, end_ms, start_ms):
        return end_ms - start_ms

    def utc_ms(self):
        return self.utc

    def set_utc_ms(self, utc_ms):
        self.utc = utc_ms

    async def sleep_ms(self, ms):
        event = asyncio.Event()
        self._sleepers.append((self.now_ms + ms, event))
        await event.wait()

    def advance(self, ms):
        self.now_ms += ms
        for due_ms, event in self._sleepers:
            if due_ms <= self.now_ms:
                event.set()
        self._sleepers = [s for s in self._sleepers if s[0] > self.now_ms]


async def settle():
    """Let every task that can go on do so."""
    for _ in range(50):
        await asyncio.sleep(0)


def encode_frames(messages):
    """Wire bytes of `messages` as a stock client sends them."""
    from smp import packet

    return b"".join(line for message in messages for line in packet.encode(message))


def decode_frames(wire):
    """Messages in `wire` as a stock client's decoder reads them; other lines are ignored."""
    from smp import packet

    messages = []
    decoder = None
    for line in bytes(wire).split(b"\n"):
        if line[:2] == packet.START_DELIMITER:
            decoder = packet.decode()
            next(decoder)
        elif line[:2] != packet.CONTINUE_DELIMITER:
            continue
        assert decoder is not None, "continuation without a start"
        try:
            decoder.send(line + b"\n")
        except StopIteration as finished:
            messages.append(finished.value)
            decoder = None
    assert decoder is None, "last packet is not complete"
    return messages


def text_lines(wire):
    """The lines of `wire` that are not SMP."""
    marks = (b"\x06\x09", b"\x04\x14")
    return [line for line in bytes(wire).split(b"\n") if line and line[:2] not in marks]
