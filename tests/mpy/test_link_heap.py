"""The link under MicroPython: no heap in framing, and the same answers as under CPython."""

import asyncio

import micropython

from handset.link import cbor
from handset.link.framing import Receiver, Sender
from handset.link.link import Link
from handset.link.os_group import INFO, OsGroup
from handset.link.server import Server

_MESSAGE = bytes(range(256)) + b"and a bit more"


def _wire(message):
    sender = Sender()
    sender.begin(message, len(message))
    wire = bytearray()
    n_bytes = sender.next_line()
    while n_bytes:
        wire += sender.line[:n_bytes]
        n_bytes = sender.next_line()
    return bytes(wire)


def _allocated(work, argument):
    """Bytes `work(argument)` allocates, beyond what any call costs; MemoryError if it keeps any."""
    work(argument)
    micropython.heap_lock()
    try:
        work(argument)
    finally:
        micropython.heap_unlock()
    before = micropython.mem_total()
    work(argument)
    middle = micropython.mem_total()
    _nothing(argument)
    return middle - before - (micropython.mem_total() - middle)


def _nothing(argument):
    pass


class _Feeder:
    def __init__(self):
        self.receiver = Receiver(512)
        self.n_messages = 0

    def feed(self, wire):
        at = 0
        n_bytes = len(wire)
        while at < n_bytes:
            at = self.receiver.feed(wire, n_bytes, at)
            if self.receiver.message_bytes:
                self.n_messages += 1


def test_receiving_allocates_nothing():
    damaged = bytearray(_wire(_MESSAGE))
    damaged[40] ^= 1
    noise = bytes((7 * i * i + i // 3) & 0xFF for i in range(2000))
    wire = (
        b"boot text\n"
        + _wire(_MESSAGE)
        + bytes(damaged)
        + b"text \x06 and \x06\x09AA!\x04\x14more\n\x06\x09/////\x06\x09AB"
        + noise
        + _wire(_MESSAGE)
    )
    feeder = _Feeder()
    assert _allocated(feeder.feed, wire) == 0
    assert feeder.n_messages == 2 * 3, feeder.n_messages
    assert feeder.receiver.bad_crc >= 3
    message = bytes(feeder.receiver.message[: len(_MESSAGE)])
    assert message == _MESSAGE


def _send(sender):
    sender.begin(_MESSAGE, len(_MESSAGE))
    while sender.next_line():
        pass


def test_sending_allocates_nothing():
    assert _allocated(_send, Sender()) == 0


def test_cbor_values_survive():
    value = {
        "ints": [0, 23, 24, -1, 2**31, -(2**31) - 1, 2**63, -(2**63), 2**64 - 1],
        "others": [None, True, False, 1.5, -2.25, b"\x00\xff", "grüße", [], {}],
        "map": {1: "one", -1: "minus one"},
    }
    assert cbor.loads(cbor.dumps(value)) == value
    assert cbor.loads(b"\xf9\x3e\x00") == 1.5


def test_cbor_nesting_is_bounded():
    for bomb in (b"\x9f" * 5000, b"\x81" * 5000, b"\xbf\x01" * 2500, b"\x9b" + b"\xff" * 8):
        try:
            cbor.loads(bomb)
        except cbor.CborError:
            continue
        raise AssertionError("decoded a bomb")


class _Console:
    """Gives `typed` to the reader once; takes at most 50 bytes per write."""

    def __init__(self, typed):
        self._typed = typed
        self.sent = bytearray()

    async def read(self, buf):
        while not self._typed:
            await asyncio.sleep(0)
        n_bytes = min(len(buf), len(self._typed))
        buf[:n_bytes] = self._typed[:n_bytes]
        self._typed = self._typed[n_bytes:]
        return n_bytes

    def write(self, buf, offset, n_bytes):
        n_bytes = min(n_bytes, 50)
        self.sent += buf[offset : offset + n_bytes]
        return n_bytes

    async def writable(self):
        await asyncio.sleep(0)


class _Clock:
    def ticks_ms(self):
        return 0

    def ticks_diff(self, end_ms, start_ms):
        return end_ms - start_ms

    def utc_ms(self):
        return 1763775720250

    def set_utc_ms(self, utc_ms):
        pass


def _request(op, command, body):
    data = cbor.dumps(body)
    return bytes((8 | op, 0, len(data) >> 8, len(data) & 0xFF, 0, 0, 7, command)) + data


def _answers(wire):
    receiver = Receiver(1024)
    answers = []
    at = 0
    while at < len(wire):
        at = receiver.feed(wire, len(wire), at)
        if receiver.message_bytes:
            answers.append(cbor.decode(receiver.message, 8, receiver.message_bytes))
    return answers


def _run_link(typed):
    """What the link sends on `typed` until it is asked to reset."""
    finished = asyncio.Event()
    console = _Console(typed)
    server = Server(1024)
    link = Link(console, server, _Clock(), finished.set)
    OsGroup(_Clock(), link.request_reset, {name: name for _, name in INFO}).register(server)
    link.log("up")

    async def main():
        task = asyncio.create_task(link.run())
        await asyncio.wait_for(finished.wait(), 5)
        task.cancel()

    asyncio.run(main())
    return bytes(console.sent)


def test_link_answers_under_micropython():
    typed = b"noise\n"
    typed += _wire(_request(2, 0, {"d": "x" * 300}))
    typed += _wire(_request(0, 4, {}))
    typed += _wire(_request(0, 7, {"format": "sr"}))
    typed += _wire(_request(0, 99, {}))
    typed += _wire(_request(2, 5, {}))
    sent = _run_link(typed)
    assert sent[:1] == b"\n"
    assert b"\nup\n" in sent, sent
    assert _answers(sent) == [
        {"r": "x" * 300},
        {"datetime": "2025-11-22T01:42:00.250"},
        {"output": "kernel release"},
        {"rc": 8},
        {},
    ], _answers(sent)
