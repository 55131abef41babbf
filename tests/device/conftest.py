"""Fixtures of the device tier: virtual handsets on a bench, reached through their serial port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.device import Device

READY_TIMEOUT_S = 20.0


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualBench]:
    """Two virtual handsets, A and B, that hear each other over perfect air."""
    with VirtualBench(tmp_path_factory.mktemp("bench"), names=("A", "B")) as running:
        running.wait_ready(READY_TIMEOUT_S)
        yield running


@pytest.fixture
def device_a(bench: VirtualBench) -> Iterator[Device]:
    with Device.open(bench["A"].port) as device:
        yield device


@pytest.fixture
def device_b(bench: VirtualBench) -> Iterator[Device]:
    with Device.open(bench["B"].port) as device:
        yield device


@pytest.fixture
def own_dir(tmp_path: Path) -> Path:
    return tmp_path
