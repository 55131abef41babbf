"""The serial line lies: noise, torn and cut frames are counted and dropped, nothing gets stuck."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
import serial
from smp import packet as smppacket
from smp.os_management import EchoWriteRequest

from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.device import Device

NOISE_BYTES = 64 * 1024
ANSWER_TIMEOUT_S = 5.0


@pytest.fixture
def wire(bench: VirtualBench) -> Iterator[serial.SerialBase]:
    """The bare serial port."""
    with serial.serial_for_url(bench["A"].port, timeout=ANSWER_TIMEOUT_S) as port:
        port.reset_input_buffer()
        yield port


def echo_frame(text: str) -> bytes:
    return b"".join(smppacket.encode(EchoWriteRequest(d=text).BYTES))


def wait_for_echo(wire: serial.SerialBase, text: str) -> None:
    """Read lines until the echo of `text`; other text may be between."""
    decoder = smppacket.decode()
    next(decoder)
    while True:
        line = wire.readline()
        assert line, f"no answer to echo {text!r}"
        if line.startswith(smppacket.START_DELIMITER):
            decoder = smppacket.decode()
            next(decoder)
        elif not line.startswith(smppacket.CONTINUE_DELIMITER):
            continue
        try:
            decoder.send(line)
        except StopIteration as done:
            if text.encode() in done.value:
                return


def counters(bench: VirtualBench) -> dict[str, int]:
    with Device.open(bench["A"].port) as device:
        return dict(device.statistics("link"))


def test_64_kilobytes_of_noise_then_an_echo(bench: VirtualBench, wire: serial.SerialBase) -> None:
    noise = random.Random(1).randbytes(NOISE_BYTES)
    wire.write(noise)
    wire.write(b"\n" + echo_frame("after the noise"))
    wait_for_echo(wire, "after the noise")


def test_frame_split_at_every_byte(bench: VirtualBench, wire: serial.SerialBase) -> None:
    frame = echo_frame("split")
    for cut in range(1, len(frame)):
        wire.write(frame[:cut])
        wire.flush()
        wire.write(frame[cut:])
        wait_for_echo(wire, "split")


def test_bad_frames_are_counted_by_kind_and_dropped(
    bench: VirtualBench, wire: serial.SerialBase
) -> None:
    before = counters(bench)
    good = echo_frame("x" * 200)
    lines = good.splitlines(keepends=True)
    wire.write(lines[0] + b"\n")  # cut after its first line
    wire.write(lines[1])  # a continuation of nothing
    flipped = bytearray(echo_frame("crc"))
    flipped[12] = ord("A") if flipped[12] != ord("A") else ord("B")
    wire.write(bytes(flipped))
    wire.write(echo_frame("still there"))
    wait_for_echo(wire, "still there")
    wire.close()
    after = counters(bench)
    assert after["bad_crc"] > before["bad_crc"]
    assert after["truncated"] + after["stray_continuation"] > (
        before["truncated"] + before["stray_continuation"]
    )


def test_boot_text_and_log_lines_disturb_nothing(bench: VirtualBench, device_a: Device) -> None:
    lines: list[str] = []
    device_a.on_text(lines.append)
    pressed_s = bench["B"].press("ptt")
    bench["A"].wait_output("led", "receive", ANSWER_TIMEOUT_S, since=pressed_s)
    contended_s = bench["A"].press("ptt")
    bench["A"].wait_output("led", "denied", ANSWER_TIMEOUT_S, since=contended_s)
    assert device_a.echo("between the lines") == "between the lines"
    assert any("floor denied" in line for line in lines)
    for name in ("A", "B"):
        bench[name].release("ptt")
    for name in ("A", "B"):
        bench[name].wait_output("led", "idle", ANSWER_TIMEOUT_S, since=contended_s)
