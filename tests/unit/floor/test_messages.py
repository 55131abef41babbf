"""The wire format of floor control against bytes written by hand, itself, and noise."""

import json
import pathlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handset.floor import messages

VECTORS = pathlib.Path(__file__).parents[2] / "vectors" / "floor_messages.json"
CASES = json.loads(VECTORS.read_text())["messages"]
FIELDS = (
    "priority",
    "duration_s",
    "cause",
    "phrase",
    "queue_info",
    "granted_party",
    "permission",
    "user_id",
    "queue_size",
    "sequence",
    "queued_user_id",
    "source",
    "track_info",
    "message_type",
    "indicator",
    "party_ssrc",
)


def wire(case):
    return bytes.fromhex("".join(case["words"]).replace(" ", ""))


def contents(message):
    """All that a message says, absent fields left out."""
    said = {name: getattr(message, name) for name in FIELDS}
    said = {name: value for name, value in said.items() if value is not None}
    head = ("subtype", "ssrc", "ack_required")
    return {**{name: getattr(message, name) for name in head}, **said}


def expected(case):
    fields = dict(case["fields"])
    if "queue_info" in fields:
        fields["queue_info"] = tuple(fields["queue_info"])
    return fields


def encoded(message):
    buf = bytearray(messages.MAX_BYTES)
    return bytes(buf[: messages.encode(message, buf)])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_known_bytes_decode_to_the_fields_of_the_standard(case):
    datagram = wire(case)
    message = messages.decode(datagram, len(datagram))
    assert contents(message) == expected(case)
    assert message.name == case["name"]
    assert message.n_bytes == len(datagram)
    assert message.n_skipped == 0


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_fields_of_the_standard_encode_to_known_bytes(case):
    message = messages.Message(case["fields"]["subtype"], case["fields"]["ssrc"])
    for name, value in expected(case).items():
        setattr(message, name, value)
    assert encoded(message) == wire(case)


def test_builders_make_the_off_network_messages_of_the_standard():
    a, b = "sip:a@sim.invalid", "sip:b@sim.invalid"
    built = (
        messages.request(0x11223344, a, 5, messages.NORMAL_CALL),
        messages.granted(0x11223344, 0x55667788, b, 7, 30, messages.EMERGENCY_CALL),
        messages.taken(0x11223344, a, 0x0102, messages.NORMAL_CALL),
        messages.deny(0x11223344, b, 1, messages.NORMAL_CALL, "occupé"),
        messages.release(0x11223344, a, messages.NORMAL_CALL),
    )
    by_name = {case["name"]: wire(case) for case in CASES}
    for message in built:
        assert encoded(message) == by_name[message.name]


u8 = st.integers(0, 0xFF)
u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)
text = st.text(st.characters(codec="utf-8"), max_size=60).filter(lambda s: len(s.encode()) <= 60)
VALUES = {
    "priority": u8,
    "duration_s": u16,
    "cause": u16,
    "queue_info": st.tuples(u8, u8),
    "granted_party": text,
    "permission": u16,
    "user_id": text,
    "queue_size": u16,
    "sequence": u16,
    "queued_user_id": text,
    "source": u16,
    "track_info": st.binary(max_size=60),
    "message_type": u8,
    "indicator": u16,
    "party_ssrc": u32,
}
CARRIED = {
    messages.REQUEST: "priority user_id track_info indicator",
    messages.GRANTED: "duration_s party_ssrc priority user_id queue_size queued_user_id"
    " queue_info track_info indicator",
    messages.TAKEN: "granted_party permission user_id sequence track_info indicator party_ssrc",
    messages.DENY: "cause user_id track_info indicator",
    messages.RELEASE: "user_id track_info indicator",
    messages.IDLE: "sequence track_info indicator",
    messages.REVOKE: "cause track_info indicator",
    messages.QUEUE_POSITION_REQUEST: "user_id track_info",
    messages.QUEUE_POSITION_INFO: "user_id party_ssrc queued_user_id queue_info track_info"
    " indicator",
    messages.ACK: "source message_type track_info",
}


@st.composite
def any_message(draw):
    message = messages.Message(draw(st.sampled_from(sorted(CARRIED))), draw(u32))
    message.ack_required = draw(st.booleans())
    for name in CARRIED[message.subtype].split():
        if draw(st.booleans()):
            setattr(message, name, draw(VALUES[name]))
    if message.cause is not None and draw(st.booleans()):
        message.phrase = draw(text.filter(bool))
    return message


@given(any_message())
def test_every_message_survives_the_wire(message):
    datagram = encoded(message)
    assert len(datagram) % 4 == 0
    again = messages.decode(datagram, len(datagram))
    assert contents(again) == contents(message)
    assert again.n_skipped == 0
    assert encoded(again) == datagram


@given(st.lists(any_message(), min_size=1, max_size=4), st.binary(max_size=3))
def test_a_datagram_may_hold_several_messages(sent, tail):
    datagram = b"".join(encoded(message) for message in sent) + tail
    start = 0
    for message in sent:
        got = messages.decode(datagram, len(datagram), start)
        assert contents(got) == contents(message)
        start += got.n_bytes
    assert start == len(datagram) - len(tail)


def verdict(datagram, n_bytes):
    """The message, or the words of the refusal; any other exception is a failure of the test."""
    try:
        return messages.decode(datagram, n_bytes)
    except messages.MessageError as error:
        return error.reason


@given(st.binary(max_size=120), st.integers(0, 130))
def test_noise_is_a_message_or_an_error_with_a_reason(noise, n_bytes):
    assert verdict(noise, n_bytes)


@given(st.data())
def test_a_broken_message_is_a_message_or_an_error_with_a_reason(data):
    datagram = bytearray(encoded(data.draw(any_message())))
    for _ in range(data.draw(st.integers(1, 4))):
        datagram[data.draw(st.integers(0, len(datagram) - 1))] = data.draw(u8)
    found = verdict(datagram, data.draw(st.integers(0, len(datagram))))
    assert found
    if isinstance(found, messages.Message):
        again = encoded(found)
        assert contents(verdict(again, len(again)))["subtype"] == found.subtype


def header(subtype=0, n_words=0, first=0x80, name=b"MCPT"):
    length = (2 + n_words).to_bytes(2, "big")
    return bytes((first | subtype, 204)) + length + bytes(4) + name


@pytest.mark.parametrize(
    ("datagram", "reason"),
    [
        (b"", "header"),
        (header()[:11], "header"),
        (header(first=0x40), "version"),
        (header(first=0xA0), "padding"),
        (b"\x80\xc8" + header()[2:], "packet type 200"),
        (header(name=b"mcpt"), "name"),
        (header(subtype=7), "subtype 7"),
        (header(subtype=15), "subtype 15"),
        (header(n_words=1), "beyond the datagram"),
        (b"\x80\xcc\x00\x01" + header()[4:], "shorter than a header"),
        (header(n_words=1) + b"\x00\x03\x01\x00", "field 0 runs beyond"),
        (header(n_words=1) + b"\x06\x03ab", "field 6 runs beyond"),
        (header(n_words=1) + b"\xc0\x00\x02\x00", "field 192 runs beyond"),
        (header(n_words=1) + b"\x00\x01\x01\x00", "field 0 has 1 bytes"),
        (header(n_words=2) + b"\x0d\x03\x80\x00" + bytes(4), "field 13 has 3 bytes"),
        (header(n_words=2) + b"\x0e\x04" + bytes(6), "field 14 has 4 bytes"),
        (header(n_words=1) + b"\x06\x02\xc3\x28", "field 6 is not UTF-8"),
        (header(n_words=2) + b"\x00\x02\x01\x00" * 2, "field 0 twice"),
    ],
)
def test_what_is_no_message_is_named(datagram, reason):
    with pytest.raises(messages.MessageError, match=reason):
        messages.decode(datagram, len(datagram))


def test_unknown_fields_are_skipped_and_counted():
    # An 8-bit length, an empty field, a 16-bit length (identifiers from 192 on), a known one.
    fields = b"\x11\x05alias\x00\x7f\x00\x00\x00\xc0\x00\x03abc\x00\x00\x08\x02\x00\x09"
    datagram = header(messages.IDLE, len(fields) // 4) + fields
    message = messages.decode(datagram, len(datagram))
    assert message.sequence == 9
    assert message.n_skipped == 3


def test_padding_is_ignored_whatever_it_is():
    datagram = header(messages.RELEASE, 1) + b"\x06\x01a\xff"
    assert messages.decode(datagram, len(datagram)).user_id == "a"


def test_the_first_entry_of_a_queue_is_the_granted_one():
    def ssrc(n):
        return b"\x0e\x06" + n.to_bytes(4, "big") + b"\0\0"

    fields = ssrc(1) + b"\x07\x02\x00\x02" + ssrc(2) + ssrc(3)
    datagram = header(messages.GRANTED, len(fields) // 4) + fields
    message = messages.decode(datagram, len(datagram))
    assert (message.party_ssrc, message.queue_size, message.n_skipped) == (1, 2, 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [("priority", 256), ("priority", -1), ("indicator", 65536), ("user_id", "x" * 256)],
)
def test_a_value_that_does_not_fit_is_refused(name, value):
    message = messages.Message(messages.REQUEST, 1)
    setattr(message, name, value)
    with pytest.raises(ValueError, match=name):
        encoded(message)


@given(any_message())
@example(messages.Message(messages.IDLE, 0))
def test_a_small_buffer_is_refused(message):
    with pytest.raises(ValueError, match="buffer too small"):
        messages.encode(message, bytearray(len(encoded(message)) - 1))
