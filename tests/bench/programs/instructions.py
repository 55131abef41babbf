"""On the handset, under QEMU's -icount: instructions that single deeds of the application take.

The application is whole and on its own board; only its console is a buffer. The flash holds one
epoch of a receiver: two bytes of length, then what it says. Prints "figure <name> <value>" lines.
"""

import asyncio
import gc

import virt
from board import make_board

from handset.app import Application
from handset.floor import messages
from handset.geo import report
from handset.link import cbor
from handset.link.framing import Sender

_EPOCH_AT = 0x400000
_CHUNK_BYTES = 128
_ROUNDS = 9
_OTHER_SSRC = 0x0C0C


class Console:
    """Gives the reader one request; notes when it was taken and when the answer was complete."""

    def __init__(self):
        self.request = b""
        self.began = self.ended = 0
        self._asked = asyncio.Event()
        self._answered = asyncio.Event()

    async def ask(self, request):
        """Instructions from the request's bytes to the last one of the answer."""
        self.request = request
        self._answered.clear()
        self._asked.set()
        await self._answered.wait()
        return self.ended - self.began

    async def read(self, buf):
        while not self.request:
            await self._asked.wait()
            self._asked.clear()
        n_bytes = len(self.request)
        buf[:n_bytes] = self.request
        self.request = b""
        self.began = virt.instructions()
        return n_bytes

    def write(self, buf, offset, n_bytes):
        if buf[offset] == 6:  # a frame begins: all of this answer is one line
            self.ended = virt.instructions()
            self._answered.set()
        return n_bytes

    async def writable(self):
        pass


def median(values):
    return sorted(values)[len(values) // 2]


def figure(name, instructions):
    print("figure %s %d" % (name, instructions))


def taken_by(deed, *arguments):
    before = virt.instructions()
    deed(*arguments)
    return virt.instructions() - before


def echo_request(text):
    body = cbor.dumps({"d": text})
    message = bytes((8 | 2, 0, 0, len(body), 0, 0, 7, 0)) + body
    sender = Sender()
    sender.begin(message, len(message))
    return bytes(sender.line[: sender.next_line()])


def datagram(message):
    buf = bytearray(messages.MAX_BYTES)
    return bytes(buf[: messages.encode(message, buf)])


def floor_messages():
    """One burst of another talker: each message, as bytes."""
    user_id = "sip:other@sim.invalid"
    indicator = messages.NORMAL_CALL
    yield "request", datagram(messages.request(_OTHER_SSRC, user_id, 0, indicator))
    yield "taken", datagram(messages.taken(_OTHER_SSRC, user_id, 1, indicator))
    yield "taken_again", datagram(messages.taken(_OTHER_SSRC, user_id, 2, indicator))
    yield "release", datagram(messages.release(_OTHER_SSRC, user_id, indicator))


def position():
    other = report.Report(_OTHER_SSRC, "sip:other@sim.invalid")
    buf = bytearray(report.MAX_BYTES)
    return buf, report.encode(other, buf)


def epoch():
    length = bytearray(2)
    virt.flash_read(_EPOCH_AT, length)
    text = bytearray(length[0] | length[1] << 8)
    virt.flash_read(_EPOCH_AT + 2, text)
    return [bytes(text[at : at + _CHUNK_BYTES]) for at in range(0, len(text), _CHUNK_BYTES)]


def hear(app, chunks):
    for chunk in chunks:
        app.geo.gnss_bytes(chunk, len(chunk))


def pump_tick(app):
    app.pump.move()
    app.floor.tick()


async def burst(app, taken):
    for name, data in floor_messages():
        taken.setdefault(name, []).append(taken_by(app.floor_channel.dispatch, data, len(data)))
        if name == "taken_again":
            taken.setdefault("pump_tick", []).append(taken_by(pump_tick, app))
    await asyncio.sleep_ms(1000)  # the channel is quiet again, and the release's tail over


async def measure(app, console, chunks):
    await asyncio.sleep_ms(100)
    request = echo_request("hello")
    answers = []
    taken = {}
    for _ in range(_ROUNDS):
        answers.append(await console.ask(request))
        await burst(app, taken)
    figure("smp_roundtrip", median(answers))
    pump = taken.pop("pump_tick")
    figure("pump_tick", median(pump))
    for name in taken:
        figure("floor_%s" % name, median(taken[name]))
    figure("floor_message", max([median(values) for values in taken.values()]))
    figure("position_heard", taken_by(app.floor_channel.dispatch, *position()))
    app.geo.agent_toggle()
    figure("gnss_epoch", median([taken_by(hear, app, chunks) for _ in range(_ROUNDS)]))
    figure("gc_pause", max([taken_by(gc.collect) for _ in range(_ROUNDS)]))
    print("done")


async def main():
    chunks = epoch()  # before the application makes its store there
    board = make_board()
    board.console = console = Console()
    app = Application(board)
    await asyncio.gather(app.run(), measure(app, console, chunks))


asyncio.run(main())
