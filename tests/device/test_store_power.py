"""Power cuts at random moments, through the whole firmware: nothing committed is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from power_cycles import WRITER, CycledHandset

from handsetctl.bench.virtual_bench import VirtualBench

NAMES = ("A", "B", "C")
N_CUTS = {"sim": 48, "qemu_rv32": 12}
"""Of one board's handsets together; `store_soak.py` cuts 3,000 times."""


@pytest.fixture
def handsets(
    board_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[CycledHandset]]:
    """Behind all others on this host: they start again and again, and nobody listens to them."""

    def put_back(pid: int) -> bool:
        os.setpriority(os.PRIO_PROCESS, pid, 10)
        return True

    monkeypatch.setattr("handsetctl.bench.process.prefer", put_back)
    bench = VirtualBench(tmp_path, NAMES, board=board_name, main=WRITER)
    cycled = [CycledHandset(bench[name], seed) for seed, name in enumerate(NAMES)]
    yield cycled
    for handset in cycled:
        handset.close()
    bench.close()


def test_what_was_committed_is_there_after_each_cut(
    board_name: str, handsets: list[CycledHandset]
) -> None:
    def cut(handset: CycledHandset) -> None:
        for _ in range(N_CUTS[board_name] // len(NAMES)):
            handset.cycle()
        handset.finish()

    with ThreadPoolExecutor(len(NAMES)) as at_once:
        list(at_once.map(cut, handsets))
    # The cuts came while something was going on, and somebody looked.
    assert sum(handset.n_looks for handset in handsets) > N_CUTS[board_name] // 2
    assert sum(handset.committed for handset in handsets) > N_CUTS[board_name]
