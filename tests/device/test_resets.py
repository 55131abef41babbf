"""Nothing is left behind by any number of resets: no process, thread, descriptor or heap."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from live_heap import live_memory

from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.device import Device

READY_TIMEOUT_S = 20.0
HEAP_SLACK_BYTES = 4096
"""What answering one question leaves behind until the next collection."""


@dataclass(frozen=True)
class Holdings:
    """What this process and the firmware's hold."""

    bench_fds: int
    bench_threads: int
    bench_children: int
    firmware_fds: int

    @classmethod
    def of(cls, bench: VirtualBench) -> Holdings:
        children = [task.read_text().split() for task in Path("/proc/self/task").glob("*/children")]
        return cls(
            bench_fds=len(os.listdir("/proc/self/fd")),
            bench_threads=threading.active_count(),
            bench_children=sum(map(len, children)),
            firmware_fds=len(os.listdir(f"/proc/{bench['A'].pid}/fd")),
        )


def soft_reset(bench: VirtualBench, device: Device) -> None:
    """By management, as a host on the cable would."""
    since = bench.now_s()
    device.reset()
    bench["A"].wait_output("ready", "1", READY_TIMEOUT_S, since=since)


def hard_reset(bench: VirtualBench, device: Device) -> None:
    """By a power cut."""
    since = bench.now_s()
    bench["A"].reset()
    bench["A"].wait_output("ready", "1", READY_TIMEOUT_S, since=since)


@pytest.mark.parametrize(("reset", "n_resets"), [(soft_reset, 100), (hard_reset, 50)])
def test_resets_in_a_row_leave_nothing_behind(
    bench: VirtualBench,
    device_a: Device,
    reset: Callable[[VirtualBench, Device], None],
    n_resets: int,
) -> None:
    reset(bench, device_a)
    boots, before = bench["A"].boots, Holdings.of(bench)
    heap_bytes = live_memory(device_a).heap_used_bytes
    for _ in range(n_resets):
        reset(bench, device_a)
    assert bench["A"].boots == boots + n_resets
    assert Holdings.of(bench) == before
    assert live_memory(device_a).heap_used_bytes <= heap_bytes + HEAP_SLACK_BYTES
    bench["B"].check()
