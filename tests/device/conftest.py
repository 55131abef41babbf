"""Fixtures of the device tier: virtual handsets on a bench, reached through their serial port.

Whatever uses a bench runs once for every board (--board), with the board first in its id.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from allowances import warm_up

from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.device import Device

READY_TIMEOUT_S = 20.0


@pytest.fixture(scope="module")
def state_dir(board_name: str) -> Iterator[Path]:
    """For the benches of one board; not kept, because flash images are large."""
    with tempfile.TemporaryDirectory(prefix="handset-bench-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def bench(board_name: str, state_dir: Path) -> Iterator[VirtualBench]:
    """Two virtual handsets, A and B, that hear each other over perfect air."""
    with VirtualBench(state_dir, names=("A", "B"), board=board_name) as running:
        running.wait_ready(READY_TIMEOUT_S)
        warm_up(running)
        yield running


@pytest.fixture
def device_a(bench: VirtualBench) -> Iterator[Device]:
    with Device.open(bench["A"].port) as device:
        yield device


@pytest.fixture
def device_b(bench: VirtualBench) -> Iterator[Device]:
    with Device.open(bench["B"].port) as device:
        yield device
