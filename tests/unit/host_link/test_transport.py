"""The serial transport against a scripted far end, and the splitter against the stock encoder."""

import base64

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from link_process import answer_to, frame
from smp import packet
from smp.header import OP

from handsetctl.device import Device
from handsetctl.errors import (
    CommandRefused,
    DeviceGone,
    DeviceNotFound,
    DeviceTimeout,
    ProtocolError,
)
from handsetctl.transport import FrameSplitter, SerialTransport

OK = cbor2.dumps({"r": "ok"})


def split(wire, chunk_bytes=None):
    """(messages, text lines, bad frames) in `wire`."""
    lines = []
    splitter = FrameSplitter(lines.append)
    messages = []
    chunk_bytes = chunk_bytes or len(wire) or 1
    for at in range(0, len(wire), chunk_bytes):
        messages += splitter.feed(wire[at : at + chunk_bytes])
    return messages, lines, splitter.bad_frames


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=4), st.integers(1, 400))
def test_messages_and_text_are_told_apart(messages, chunk_bytes):
    wire = b"".join(b"text %d\n" % n + frame(m) for n, m in enumerate(messages)) + b"end\r\n"
    lines = [f"text {n}" for n in range(len(messages))] + ["end"]
    assert split(wire, chunk_bytes) == (messages, lines, 0)


def test_text_before_a_mark_in_the_same_line_is_kept():
    assert split(b"prompt> " + frame(b"message")) == ([b"message"], ["prompt> "], 0)


def test_text_between_the_lines_of_a_frame_is_allowed():
    first, second = packet.encode(b"m" * 150)
    assert split(first + b"log\n" + second) == ([b"m" * 150], ["log"], 0)


def test_single_byte_corruption_never_delivers_a_wrong_message():
    wire = b"".join(packet.encode(b"forty bytes of message, cut into lines ok", 28))
    for at in range(len(wire)):
        for value in set(range(256)) - {wire[at]}:
            damaged = wire[:at] + bytes((value,)) + wire[at + 1 :]
            messages, _, _ = split(damaged + frame(b"next"))
            assert messages == [b"next"], f"byte {at} set to {value:#x}"


def test_lines_padded_one_by_one_are_read():
    first = packet.START_DELIMITER + b"AAU=\n"
    crc = packet.CRC16_STRUCT.pack(packet.crc16_func(b"abc"))
    second = packet.CONTINUE_DELIMITER + base64.b64encode(b"abc" + crc) + b"\n"
    assert split(first + second) == ([b"abc"], [], 0)


def test_damaged_frames_are_counted():
    wire = packet.START_DELIMITER + b"A!!A\n" + packet.START_DELIMITER + b"AAVhYmN4eA==\n"
    assert split(wire) == ([], [], 2)


def test_text_without_a_newline_is_bounded_and_can_be_flushed():
    lines = []
    splitter = FrameSplitter(lines.append)
    splitter.feed(b"x" * 5000)
    assert lines == ["x" * 5000]
    splitter.feed(b"cut off")
    splitter.flush_text()
    assert lines[1:] == ["cut off"]


@pytest.mark.parametrize(
    "url", ["/dev/no-such-port", "socket://127.0.0.1:1", "nonsense://x", "rfc2217://127.0.0.1:1"]
)
def test_a_port_that_cannot_be_opened(url):
    with pytest.raises(DeviceNotFound) as failure:
        SerialTransport(url)
    assert failure.value.subject == url
    assert failure.value.next_step
    assert failure.value.exit_code == 3


def ask(transport, timeout_s=2.0):
    return transport.request(OP.WRITE, 0, 0, cbor2.dumps({"d": "ok"}), timeout_s)


def test_answers_to_others_are_dropped_and_counted(scripted):
    def answer(message):
        wrong = [bytearray(message) for _ in range(4)]
        wrong[0][6] ^= 1  # sequence
        wrong[1][7] ^= 1  # command
        wrong[2][5] ^= 1  # group
        wrong[3][0] ^= 2  # a read's answer
        return b"".join(answer_to(bytes(w), OK) for w in wrong) + answer_to(message, OK)

    scripted.answer = answer
    scripted.start()
    with SerialTransport(scripted.port) as transport:
        assert ask(transport) == OK
        assert transport.stale_frames == 4


def test_stale_bytes_are_read_away_before_asking(scripted):
    lines = []
    scripted.answer = lambda message: answer_to(message, OK)
    scripted.start()
    with SerialTransport(scripted.port, on_text=lines.append) as transport:
        ask(transport)
        # A late answer of somebody who used the same header as the next request will.
        header = bytearray(scripted.received[0][:8])
        header[6] = (header[6] + 1) % 256
        late = answer_to(bytes(header), cbor2.dumps({"r": "late"}))
        scripted.send_and_see_arrive(b"old text\n" + late + b"\x06\x09half a fra")
        assert ask(transport) == OK
        assert lines == ["old text"]
        assert transport.stale_frames == 1
        assert transport.bad_frames == 1


def test_a_damaged_answer_times_out(scripted):
    def answer(message):
        wire = bytearray(answer_to(message, OK))
        wire[-6] ^= 1  # of "r", in the last base64 digits before the CRC
        return bytes(wire)

    scripted.answer = answer
    scripted.start()
    with SerialTransport(scripted.port) as transport:
        with pytest.raises(DeviceTimeout):
            ask(transport, 0.2)
        assert transport.bad_frames == 1


def test_the_handset_hears_itself_on_a_looped_port():
    with SerialTransport("loop://") as transport:
        with pytest.raises(DeviceTimeout):
            ask(transport, 0.2)
        assert transport.stale_frames == 1


def test_nobody_takes_what_is_sent(scripted):
    with (
        SerialTransport(scripted.port) as transport,
        pytest.raises(DeviceTimeout, match="did not take"),
    ):
        transport.request(OP.WRITE, 0, 0, bytes(60000), 5.0)


def test_a_port_that_vanishes(scripted, tmp_path):
    # A name of its own, as udev makes them: the pty's number goes to the next who asks for one.
    port = tmp_path / "by-id"
    port.symlink_to(scripted.port)
    with SerialTransport(str(port)) as transport:
        scripted.hang_up()
        port.unlink()
        with pytest.raises(DeviceGone, match="vanished") as failure:
            ask(transport)
        assert failure.value.subject == str(port)
        with pytest.raises(DeviceTimeout, match="not ready"):
            transport.wait_ready(0.3)


@pytest.mark.parametrize(
    ("body", "error", "text"),
    [
        (b"\xff", ProtocolError, "CBOR"),
        (b"\x01", ProtocolError, "map"),
        (b"\xa0", ProtocolError, "without text"),
        (cbor2.dumps({"r": 5}), ProtocolError, "without text"),
        (cbor2.dumps({"err": 5}), ProtocolError, "no sense"),
        (cbor2.dumps({"rc": "x"}), ProtocolError, "no sense"),
        (cbor2.dumps({"rc": 8}), CommandRefused, "ENOTSUP"),
        (cbor2.dumps({"rc": 999}), CommandRefused, "error 999"),
        (cbor2.dumps({"err": {"group": 0, "rc": 4}}), CommandRefused, "RTC_NOT_SET"),
    ],
)
def test_answers_that_are_no_success(scripted, body, error, text):
    scripted.answer = lambda message: answer_to(message, body)
    scripted.start()
    with Device.open(scripted.port) as device, pytest.raises(error, match=text):
        device.echo("ok")


def test_a_return_code_of_zero_is_a_success(scripted):
    scripted.answer = lambda message: answer_to(message, cbor2.dumps({"rc": 0, "r": "ok"}))
    scripted.start()
    with Device.open(scripted.port) as device:
        assert device.echo("ok") == "ok"


def test_an_answer_with_a_wrong_length_in_its_header(scripted):
    scripted.answer = lambda message: frame(b"\x0b\0\0\5" + message[4:8] + b"\xa0")
    scripted.start()
    with Device.open(scripted.port) as device, pytest.raises(ProtocolError, match="length"):
        device.echo("ok")


def test_an_answer_that_does_not_follow_the_table(scripted):
    scripted.answer = lambda message: answer_to(message, cbor2.dumps({"name": "opus"}))
    scripted.start()
    missing = "'codec' lacks 'bitrate_bps'"
    with Device.open(scripted.port) as device, pytest.raises(ProtocolError, match=missing):
        device.codec()
