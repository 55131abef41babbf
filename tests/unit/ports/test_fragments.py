"""Datagrams over short frames: what arrives is whole and what was sent, or does not arrive."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ports_ticks import ticks_diff

from ports.common import fragments
from ports.common.fragments import (
    FRAME_BYTES_MAX,
    PART_BYTES,
    SENDER_BYTES,
    TRAILER_BYTES,
    Inbox,
    Splitter,
)

CHANNEL = 3
PARTS_MAX = 5
LONGEST = PARTS_MAX * PART_BYTES
lengths = st.one_of(
    st.sampled_from(
        [0, 1, 46, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, LONGEST]
    ),
    st.integers(0, LONGEST),
)
datagrams = st.lists(
    st.tuples(st.integers(0, 2), st.binary(max_size=12), lengths), min_size=1, max_size=12
)


def content(salt, length):
    return (salt + bytes(range(256)) * 5)[:length]


class Transmitter:
    """A sender with a number; keeps the frames of its last datagram."""

    def __init__(self, number=0):
        self.name = b"send%02d" % number
        self._frames = []
        self._splitter = Splitter(CHANNEL, PARTS_MAX, self._sent)

    def _sent(self, frame):
        assert len(frame) <= FRAME_BYTES_MAX
        self._frames.append((self.name, bytes(frame)))
        return True

    def frames(self, data):
        self._frames = []
        assert self._splitter.send(bytearray(data), len(data))
        return self._frames


# The driver has one buffer of each for everybody.
SENDER = bytearray(SENDER_BYTES)
FRAME = bytearray(FRAME_BYTES_MAX)


def receive(inbox, sender, frame, now_ms=0):
    """As the driver does."""
    SENDER[:] = sender
    FRAME[: len(frame)] = frame
    if fragments.channel_of(FRAME, len(frame)) == CHANNEL:
        inbox.put(SENDER, FRAME, len(frame), now_ms)


def take_all(inbox):
    buf = bytearray(LONGEST)
    found = []
    n_bytes = inbox.take(buf)
    while n_bytes >= 0:
        found.append(bytes(buf[:n_bytes]))
        n_bytes = inbox.take(buf)
    assert inbox.waiting == 0
    return found


@given(datagrams)
def test_everything_arrives_whole_and_in_order(sent):
    inbox = Inbox(2, PARTS_MAX, ticks_diff)
    senders = [Transmitter(number) for number in range(3)]
    for number, salt, length in sent:
        data = content(salt, length)
        for sender, frame in senders[number].frames(data):
            receive(inbox, sender, frame)
        assert take_all(inbox) == [data]
    assert inbox.dropped == inbox.incomplete == inbox.malformed == 0


@given(datagrams, st.randoms(use_true_random=False))
def test_loss_disorder_and_repetition_never_mix_datagrams(sent, chance):
    inbox = Inbox(3, PARTS_MAX, ticks_diff)
    senders = [Transmitter(number) for number in range(3)]
    air = []
    allowed = set()
    for number, salt, length in sent:
        data = content(salt, length)
        allowed.add(data)
        air += senders[number].frames(data)
    air = [item for item in air if chance.random() < 0.9]
    air += [item for item in air if chance.random() < 0.2]
    chance.shuffle(air)
    for now_ms, (sender, frame) in enumerate(air):
        receive(inbox, sender, frame, now_ms)
        assert set(take_all(inbox)) <= allowed


def test_datagrams_of_two_senders_may_interleave():
    inbox = Inbox(2, PARTS_MAX, ticks_diff)
    a, b = (Transmitter(number).frames(content(b"%d" % number, 700)) for number in range(2))
    for pair in zip(a, b, strict=True):
        for sender, frame in pair:
            receive(inbox, sender, frame)
    assert take_all(inbox) == [content(b"0", 700), content(b"1", 700)]


@given(st.lists(st.binary(max_size=FRAME_BYTES_MAX), max_size=20))
def test_strange_frames_do_no_harm(frames):
    inbox = Inbox(2, PARTS_MAX, ticks_diff)
    for frame in frames:
        receive(inbox, b"sender", frame)
        length = min(len(frame), PART_BYTES)
        trailer = bytes((0xB7, CHANNEL, *(frame + b"\0\0")[:2], length))
        receive(inbox, b"sender", frame[:length] + trailer)
    take_all(inbox)


def test_fuzzed_frames_do_no_harm():
    chance = random.Random(1)
    inbox = Inbox(2, PARTS_MAX, ticks_diff)
    good = [frame for _, frame in Transmitter().frames(content(b"", 600))]
    for now_ms in range(20_000):
        frame = bytearray(chance.choice(good))
        for _ in range(chance.randrange(3)):
            frame[-chance.randrange(1, 6)] = chance.randrange(256)
        cut = chance.choice([0, 0, 0, chance.randrange(len(frame))])
        receive(inbox, b"%06d" % chance.randrange(3), bytes(frame[: len(frame) - cut]), now_ms)
        for data in take_all(inbox):
            assert len(data) <= LONGEST
    assert inbox.malformed and inbox.incomplete


def test_a_late_rest_belongs_to_another_datagram():
    """The number has come round: a frame of 256 datagrams later must not complete the old one."""
    inbox = Inbox(2, PARTS_MAX, ticks_diff, patience_ms=500)
    transmitter = Transmitter()
    first = transmitter.frames(content(b"old", 300))
    for _ in range(255):
        transmitter.frames(b"x")
    second = transmitter.frames(content(b"new", 300))
    receive(inbox, *first[0], 0)
    receive(inbox, *second[1], 5000)
    assert take_all(inbox) == []


def test_unfinished_datagrams_give_way_whole_ones_do_not():
    inbox = Inbox(2, PARTS_MAX, ticks_diff)
    transmitter = Transmitter()
    for salt in (b"a", b"b", b"c"):
        receive(inbox, *transmitter.frames(content(salt, 300))[0])
    assert inbox.incomplete == 1
    for salt in (b"d", b"e"):
        receive(inbox, *transmitter.frames(content(salt, 10))[0])
    assert inbox.incomplete == 3
    receive(inbox, *transmitter.frames(b"f")[0])
    assert inbox.dropped == 1
    assert take_all(inbox) == [content(b"d", 10), content(b"e", 10)]


def test_of_the_unfinished_the_oldest_gives_way():
    inbox = Inbox(2, PARTS_MAX, ticks_diff)
    transmitter = Transmitter()
    started = [transmitter.frames(content(salt, 300)) for salt in (b"a", b"b", b"c", b"d")]
    for first, _ in started:
        receive(inbox, *first)
    for _, rest in started[2:]:
        receive(inbox, *rest)
    assert inbox.incomplete == 2
    assert take_all(inbox) == [content(b"c", 300), content(b"d", 300)]


def test_what_is_too_long_is_not_sent():
    splitter = Splitter(0, 1, lambda frame: pytest.fail("sent"))
    assert not splitter.send(bytearray(PART_BYTES + 1), PART_BYTES + 1)


def test_a_refused_frame_is_a_failed_datagram():
    taken = []
    splitter = Splitter(0, PARTS_MAX, lambda frame: not taken and not taken.append(1))
    assert not splitter.send(bytearray(600), 600)
    assert len(taken) == 1


def test_a_short_buffer_gets_the_beginning():
    inbox = Inbox(1, PARTS_MAX, ticks_diff)
    for sender, frame in Transmitter().frames(content(b"", 300)):
        receive(inbox, sender, frame)
    buf = bytearray(10)
    assert inbox.take(buf) == 10
    assert bytes(buf) == content(b"", 10)


def test_frames_of_others_belong_to_no_channel():
    ours = bytearray(b"hello\xb7\x01\x00\x01\x05")
    assert fragments.channel_of(ours, len(ours)) == 1
    assert fragments.channel_of(ours, len(ours) - 1) == -1
    assert fragments.channel_of(ours, TRAILER_BYTES - 1) == -1
    assert fragments.channel_of(bytearray(20), 20) == -1
    assert fragments.channel_of(bytearray(b"hello\xb7\x01\x00\x01\x04"), len(ours)) == -1


def test_a_part_that_is_not_full_can_only_be_the_last():
    inbox = Inbox(1, PARTS_MAX, ticks_diff)
    receive(inbox, b"sender", bytes((1, 2, 3, 0xB7, CHANNEL, 0, 0 << 4 | 2, 3)))
    assert inbox.malformed == 1
    receive(inbox, b"sender", bytes((1, 2, 3, 0xB7, CHANNEL, 0, 1 << 4 | 2, 3)))
    assert inbox.malformed == 1


@pytest.mark.parametrize("parts_max", [0, 16])
def test_numbers_of_frames_that_the_header_cannot_say(parts_max):
    with pytest.raises(ValueError, match="1 to 15"):
        Inbox(1, parts_max, ticks_diff)
    with pytest.raises(ValueError, match="1 to 15"):
        Splitter(0, parts_max, lambda frame: True)
