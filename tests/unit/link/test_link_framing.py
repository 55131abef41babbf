"""SMP console framing against the stock client's encoder and decoder (PyPI `smp`)."""

import base64
import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from link_doubles import decode_frames, encode_frames
from smp import packet

from handset.link.framing import LINE_BYTES_MAX, Receiver, Sender

MESSAGE_BYTES_MAX = 512


def received(receiver, wire, chunk_bytes=None):
    """All messages `receiver` finds in `wire`, fed in chunks."""
    messages = []
    chunk_bytes = chunk_bytes or len(wire) or 1
    for begin in range(0, len(wire), chunk_bytes):
        chunk = wire[begin : begin + chunk_bytes]
        at = 0
        while at < len(chunk):
            at = receiver.feed(chunk, len(chunk), at)
            if receiver.message_bytes:
                messages.append(bytes(receiver.message[: receiver.message_bytes]))
    return messages


def counters(receiver):
    return {name: getattr(receiver, name) for name in Receiver.COUNTERS if getattr(receiver, name)}


def sent(message):
    sender = Sender()
    sender.begin(message, len(message))
    lines = []
    while n_bytes := sender.next_line():
        lines.append(bytes(sender.line[:n_bytes]))
    return lines


def per_line_padded(message, raw_bytes_per_line):
    """The other way to cut: each line is its own base64, padded."""
    raw = base64.b64decode(b"".join(line[2:-1] for line in packet.encode(message)))
    lines = []
    for at in range(0, len(raw), raw_bytes_per_line):
        mark = packet.CONTINUE_DELIMITER if at else packet.START_DELIMITER
        lines.append(mark + base64.b64encode(raw[at : at + raw_bytes_per_line]) + b"\n")
    return b"".join(lines)


def message_of(n_bytes, seed=1):
    return random.Random(seed).randbytes(n_bytes)


messages = st.binary(min_size=1, max_size=MESSAGE_BYTES_MAX)
log_text = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=60).map(
    lambda text: text.encode() + b"\n"
)


@given(messages)
def test_stock_decoder_reads_what_the_sender_makes(message):
    lines = sent(message)
    assert decode_frames(b"".join(lines)) == [message]
    assert all(len(line) <= LINE_BYTES_MAX for line in lines)


@given(messages, st.integers(8, 300))
def test_receiver_reads_stock_encoder_at_any_line_length(message, line_length):
    wire = b"".join(packet.encode(message, line_length))
    receiver = Receiver(MESSAGE_BYTES_MAX)
    assert received(receiver, wire) == [message]
    assert counters(receiver) == {"packets": 1}


@given(messages, st.integers(1, 93))
def test_receiver_reads_lines_padded_one_by_one(message, raw_bytes_per_line):
    receiver = Receiver(MESSAGE_BYTES_MAX)
    assert received(receiver, per_line_padded(message, raw_bytes_per_line)) == [message]
    assert counters(receiver) == {"packets": 1}


@given(messages, st.lists(st.integers(1, 60), min_size=1, max_size=40))
def test_one_base64_stream_may_be_cut_anywhere(message, cuts):
    digits = b"".join(line[2:-1] for line in packet.encode(message))
    n_digits = len(digits.rstrip(b"="))
    ends = [end for end in itertools.accumulate(cuts) if end <= n_digits]  # "==" stays whole
    lines = [digits[begin:end] for begin, end in itertools.pairwise([0, *ends, len(digits)])]
    wire = packet.START_DELIMITER + (b"\n" + packet.CONTINUE_DELIMITER).join(lines) + b"\n"
    assert received(Receiver(MESSAGE_BYTES_MAX), wire) == [message]


def test_a_frame_split_at_every_byte_arrives_once():
    message = message_of(200)
    wire = encode_frames([message])
    for split in range(len(wire) + 1):
        receiver = Receiver(MESSAGE_BYTES_MAX)
        got = received(receiver, wire[:split]) + received(receiver, wire[split:])
        assert got == [message], f"split at {split}"


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 7, 64, 127, 128])
def test_chunk_size_does_not_matter(chunk_bytes):
    expected = [message_of(n, n) for n in (1, 2, 3, 92, 93, 94, 512)]
    assert received(Receiver(MESSAGE_BYTES_MAX), encode_frames(expected), chunk_bytes) == expected


@given(st.lists(st.tuples(messages, log_text, log_text), min_size=1, max_size=5))
def test_text_between_and_inside_packets_disturbs_nothing(parts):
    wire = b""
    for message, before, inside in parts:
        wire += before + inside.join(packet.encode(message))
    receiver = Receiver(MESSAGE_BYTES_MAX)
    assert received(receiver, wire) == [message for message, _, _ in parts]
    assert receiver.noise_bytes == len(wire) - len(encode_frames([p[0] for p in parts]))


def test_carriage_return_before_the_newline_is_accepted():
    message = message_of(200)
    wire = encode_frames([message]).replace(b"\n", b"\r\n")
    assert received(Receiver(MESSAGE_BYTES_MAX), wire) == [message]


def test_single_byte_corruption_never_delivers_a_wrong_packet():
    following = encode_frames([b"next"])
    wire = b"".join(packet.encode(message_of(40), line_length=28))
    for at in range(len(wire)):
        for value in set(range(256)) - {wire[at]}:
            corrupt = wire[:at] + bytes((value,)) + wire[at + 1 :]
            got = received(Receiver(MESSAGE_BYTES_MAX), corrupt + following)
            assert got == [b"next"], f"byte {at} set to {value:#x}"


@given(messages, st.data())
def test_a_missing_or_doubled_byte_never_delivers_a_wrong_packet(message, data):
    wire = encode_frames([message])
    at = data.draw(st.integers(0, len(wire) - 1))
    doubled = data.draw(st.booleans())
    damaged = wire[:at] + wire[at : at + 1] * (2 if doubled else 0) + wire[at + 1 :]
    got = received(Receiver(MESSAGE_BYTES_MAX), damaged + encode_frames([b"next"]))
    assert got in ([b"next"], [message, b"next"])


@pytest.mark.parametrize("seed", range(5))
def test_64_kb_of_noise_then_a_frame_gets_through(seed):
    noise = message_of(65536, seed)
    message = message_of(300, 99)
    receiver = Receiver(MESSAGE_BYTES_MAX)
    got = received(receiver, noise + encode_frames([message]))
    assert got == [message]
    assert receiver.noise_bytes > 60000


def test_64_kb_of_text_without_a_newline_then_a_frame_gets_through():
    receiver = Receiver(MESSAGE_BYTES_MAX)
    assert received(receiver, b"A" * 65536 + encode_frames([b"here"])) == [b"here"]


def test_every_truncation_is_dropped_and_the_next_frame_gets_through():
    message = message_of(200)
    wire = encode_frames([message])
    for n_kept in range(len(wire)):
        receiver = Receiver(MESSAGE_BYTES_MAX)
        assert received(receiver, wire[:n_kept] + encode_frames([b"next"])) == [b"next"], n_kept


def framed(raw):
    return packet.START_DELIMITER + base64.b64encode(raw) + b"\n"


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        (framed(b"\0\5abcXX"), {"bad_crc": 1}),
        (framed(b"\0\2XX"), {"bad_length": 1}),
        (framed(b"\0\0"), {"bad_length": 1}),
        (framed(b"\0\5abcdefghi"), {"bad_length": 1}),
        (framed(b"\xff\xffabc"), {"oversize": 1}),
        (b"\x06\x09AB!C\n", {"bad_base64": 1}),
        (b"\x06\x09AA==CD\n", {"bad_base64": 1}),
        (b"\x06\x09AA=\n", {"bad_base64": 1}),
        (b"\x06\x09AB==\n", {"bad_base64": 1}),
        (b"\x06\x09=\n", {"bad_base64": 1}),
        (b"\x06\x09AB\rC\n", {"bad_base64": 1}),
        (encode_frames([b"ab"])[:-1] + b"A\n", {"bad_base64": 1}),
        (b"\x04\x14AAAA\n", {"stray_continuation": 1}),
        (b"\x06\x09AAU=\n\x06\x09AAU=\n", {"truncated": 1}),
    ],
)
def test_what_is_wrong_is_counted_once(wire, expected):
    receiver = Receiver(MESSAGE_BYTES_MAX)
    assert received(receiver, wire) == []
    # What follows the fault in its line counts as text, however much that is.
    receiver.noise_bytes = 0
    assert counters(receiver) == expected


@pytest.mark.parametrize(
    ("wire", "n_noise"), [(b"plain text\n", 11), (b"\x06\x06\x04", 2), (b"\x06\x0a", 2)]
)
def test_bytes_outside_smp_lines_are_noise(wire, n_noise):
    receiver = Receiver(MESSAGE_BYTES_MAX)
    assert received(receiver, wire) == []
    assert counters(receiver) == {"noise_bytes": n_noise}


def test_lines_after_a_dropped_start_are_not_counted_as_strays():
    wire = encode_frames([message_of(400)])
    receiver = Receiver(64)
    assert received(receiver, wire) == []
    assert receiver.oversize == 1
    assert receiver.stray_continuation == 0


@pytest.mark.parametrize("n_bytes", [63, 64])
def test_largest_message_fits(n_bytes):
    assert received(Receiver(64), encode_frames([message_of(n_bytes)])) == [message_of(n_bytes)]


def test_feed_stops_behind_each_packet():
    wire = encode_frames([b"one", b"two"])
    receiver = Receiver(MESSAGE_BYTES_MAX)
    first_end = receiver.feed(wire, len(wire))
    assert wire[:first_end] == encode_frames([b"one"])
    assert bytes(receiver.message[: receiver.message_bytes]) == b"one"
    assert receiver.feed(wire, len(wire), first_end) == len(wire)
    assert bytes(receiver.message[: receiver.message_bytes]) == b"two"


# ------------------------------------------------------------------------------------- forgetting

SECRET = b"7391846205174836"


def test_a_message_that_was_dealt_with_can_be_forgotten():
    receiver = Receiver(MESSAGE_BYTES_MAX)
    assert received(receiver, b"".join(packet.encode(SECRET))) == [SECRET]
    receiver.forget()
    assert not any(receiver.message) and receiver.message_bytes == 0
    assert received(receiver, b"".join(packet.encode(b"next"))) == [b"next"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda wire: wire[:-3] + b"AA\n",  # another CRC
        lambda wire: wire[:-1] + b"!\n",
        lambda wire: wire[:-1] + b"AAAA\n",
        lambda wire: wire[:-4] + b"".join(packet.encode(b"")),
    ],
)
def test_what_is_dropped_is_erased(spoil):
    receiver = Receiver(MESSAGE_BYTES_MAX)
    assert SECRET not in received(receiver, spoil(b"".join(packet.encode(SECRET))))
    assert SECRET[:12] not in bytes(receiver.message)
