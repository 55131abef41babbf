"""What drivers do for each packet and each scan takes nothing from the heap, once it is warm."""

import time

import micropython

from ports.common import group_traffic
from ports.common.debounce import Keys
from ports.common.fragments import FRAME_BYTES_MAX, Inbox, Splitter, channel_of
from ports.common.members import Members
from ports.common.transmit_fifo import TransmitFifo

_TURNS = 50
_SENDER = bytearray(b"sender")


def _locked(turn):
    turn()
    micropython.heap_lock()
    try:
        for _ in range(_TURNS):
            turn()
    finally:
        micropython.heap_unlock()


class _Air:
    """The last frame sent, as the driver's receive buffer."""

    def __init__(self):
        self.frame = bytearray(FRAME_BYTES_MAX)
        self.n_bytes = 0

    def send(self, frame):
        self.n_bytes = len(frame)
        for i in range(self.n_bytes):
            self.frame[i] = frame[i]
        return True


def test_frames_allocate_nothing():
    air = _Air()
    splitter = Splitter(0, 1, air.send)
    inbox = Inbox(4, 1, time.ticks_diff)
    packet = bytearray(512)
    received = bytearray(512)

    def turn():
        splitter.send(packet, 46)
        assert channel_of(air.frame, air.n_bytes) == 0
        inbox.put(_SENDER, air.frame, air.n_bytes, time.ticks_ms())
        assert inbox.take(received) == 46

    _locked(turn)


def test_members_allocate_nothing():
    members = Members(8, 10_000, time.ticks_diff)
    senders = [bytearray((10, 0, 0, last)) for last in range(3)]

    def turn():
        for sender in senders:
            members.heard(sender, time.ticks_ms())
        members.expire(time.ticks_ms())
        assert members.targets() == 3

    _locked(turn)


def test_judging_datagrams_allocates_nothing():
    buf = bytearray(group_traffic.HELLO)

    def turn():
        assert group_traffic.is_rtcp(buf, len(buf)) and not group_traffic.is_rtp(buf, len(buf))
        assert group_traffic.is_hello(buf, len(buf))

    _locked(turn)


def test_a_scan_of_keys_allocates_nothing():
    keys = Keys((False,) * 7, time.ticks_ms(), time.ticks_diff, 8)

    def turn():
        now_ms = time.ticks_ms()
        for key in range(7):
            keys.sample(key, False, now_ms)
        keys.edge(0, True, now_ms)
        keys.edge(0, False, now_ms)
        assert keys.next_edge(now_ms) == -1

    _locked(turn)


def test_a_transmit_fifo_allocates_nothing():
    fifo = TransmitFifo(120, 115_200, time.ticks_us(), time.ticks_diff)
    _locked(lambda: fifo.room(time.ticks_us()))
