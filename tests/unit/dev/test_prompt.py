"""Ports without a prompt, and ports over TCP."""

from __future__ import annotations

import os
import pty
import socket
import threading
import tty
from collections.abc import Callable, Iterator

import pytest
import serial

from handsetctl.dev import prompt as prompt_module
from handsetctl.dev.bridge import Bridge
from handsetctl.dev.prompt import Prompt
from handsetctl.errors import BenchError, DeviceNotFound, DeviceTimeout, PortBusy


@pytest.fixture
def wire() -> Iterator[tuple[int, str]]:
    """The far end of a serial port, and the port's path."""
    far, near = pty.openpty()
    tty.setraw(near)
    yield far, os.ttyname(near)
    os.close(near)
    os.close(far)


def test_a_silent_port_has_no_prompt(
    wire: tuple[int, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(prompt_module, "_ATTEMPTS", 2)
    monkeypatch.setattr(prompt_module, "_ATTEMPT_S", 0.05)
    monkeypatch.setattr(prompt_module, "_READ_TIMEOUT_S", 0.02)
    far, path = wire
    with pytest.raises(DeviceTimeout, match="no MicroPython prompt"):
        Prompt(path)
    assert os.read(far, 100).count(b"\x03") == 2, "one attempt may fall on deaf ears"
    assert capsys.readouterr().out == "", "a library does not print"


def test_a_port_that_is_not_there() -> None:
    with pytest.raises(DeviceNotFound):
        Prompt("/dev/none-such")


def test_a_port_that_another_program_holds(wire: tuple[int, str]) -> None:
    with serial.Serial(wire[1], exclusive=True), pytest.raises(PortBusy):
        Prompt(wire[1])


def test_a_bridge_carries_every_byte_both_ways(wire: tuple[int, str]) -> None:
    far, path = wire
    bridge = Bridge(path, 0)
    said: list[str] = []
    content = bytes(range(256))
    for _ in range(2):  # a second client after the first
        server = threading.Thread(target=bridge.serve_one, args=(said.append,))
        server.start()
        address = ("127.0.0.1", int(bridge.url.rpartition(":")[2]))
        with socket.create_connection(address, timeout=5) as client:
            client.sendall(content)
            assert read_exactly(lambda n: os.read(far, n), 256) == content
            os.write(far, content)
            assert read_exactly(client.recv, 256) == content
        server.join(timeout=5)
    assert said == ["connected", "disconnected"] * 2
    bridge.close()


def test_a_tcp_port_that_is_taken(wire: tuple[int, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(BenchError):
        Bridge(wire[1], taken.getsockname()[1])


def read_exactly(read: Callable[[int], bytes], n_bytes: int) -> bytes:
    data = b""
    while len(data) < n_bytes:
        data += read(n_bytes - len(data))
    return data
