"""Benches whose handsets run the stand-in program, so that the bench is tested by itself."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handsetctl.bench.virtual_bench import VirtualBench

STAND_IN = [sys.executable, "-S", "-E", str(Path(__file__).with_name("stand_in.py"))]
FLASH_BYTES = 8192
TIMEOUT_S = 20.0


class Host:
    """A host on a handset's serial port: lines out, lines in, with a deadline."""

    def __init__(self, port: str) -> None:
        self._fd = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._unread = b""

    def write(self, line: str) -> None:
        os.write(self._fd, line.encode() + b"\n")

    def read_until(self, wanted: str) -> str:
        """The first line that starts with ``wanted``; what comes before is dropped."""
        deadline_s = time.monotonic() + TIMEOUT_S
        while True:
            *lines, self._unread = self._unread.split(b"\n")
            for number, line in enumerate(lines):
                if line.startswith(wanted.encode()):
                    self._unread = b"\n".join([*lines[number + 1 :], self._unread])
                    return line.decode()
            left_s = deadline_s - time.monotonic()
            assert left_s > 0, f"no line {wanted!r} within {TIMEOUT_S} s"
            if select.select([self._fd], [], [], left_s)[0]:
                self._unread += os.read(self._fd, 65536)

    def close(self) -> None:
        os.close(self._fd)


@pytest.fixture
def stand_in() -> list[str]:
    """Command line of the stand-in."""
    return list(STAND_IN)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[VirtualBench]:
    """A running bench with stand-ins A and B, ready."""
    with VirtualBench(tmp_path, command=STAND_IN, flash_bytes=FLASH_BYTES) as bench:
        bench.wait_ready(TIMEOUT_S)
        yield bench


@pytest.fixture
def connect(bench: VirtualBench) -> Iterator[Callable[[str], Host]]:
    """Opens the serial port of a handset by name."""
    hosts: list[Host] = []

    def connect(name: str) -> Host:
        hosts.append(Host(bench[name].port))
        return hosts[-1]

    yield connect
    for host in hosts:
        host.close()
