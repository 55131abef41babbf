"""Thousands of power cuts through the whole firmware: part of `make soak`.

`store_soak.py [--cuts 3000] [--handsets 6] [--board sim]`. Images and what was committed stay in
build/soak/store: interrupted, it goes on where it was; `--afresh` forgets. Ends with 1 when a
record is lost.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from power_cycles import WRITER, CycledHandset

from handsetctl.bench.virtual_bench import VirtualBench

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / "build" / "soak" / "store"
BOARDS = {"sim": 0.7, "qemu_rv32": 0.3}
"""Their shares of the cuts."""
_TELL_EVERY = 50


class Progress:
    """How many cuts each handset has behind it, and what it had committed; on disk after each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._of: dict[str, list[int]] = json.loads(path.read_text()) if path.exists() else {}

    def of(self, name: str) -> tuple[int, int]:
        """Cuts, newest record committed."""
        n_cuts, committed = self._of.get(name, (0, -1))
        return n_cuts, committed

    def set(self, name: str, n_cuts: int, committed: int) -> int:
        """Remember; returns the cuts of all together."""
        with self._lock:
            self._of[name] = [n_cuts, committed]
            part = self._path.with_suffix(".part")
            part.write_text(json.dumps(self._of) + "\n")
            os.replace(part, self._path)
            return sum(n for n, _ in self._of.values())


def soak(board: str, n_cuts: int, n_handsets: int, tell: Callable[[str], None]) -> None:
    """So many cuts of the handsets of one board together, less those that are done."""
    names = [f"{board[0].upper()}{n}" for n in range(n_handsets)]
    folder = STATE / board
    folder.mkdir(parents=True, exist_ok=True)
    progress = Progress(folder / "progress.json")
    bench = VirtualBench(folder, names, board=board, main=WRITER)

    def work(name: str) -> None:
        n_done, committed = progress.of(name)
        handset = CycledHandset(bench[name], n_done * 1000 + names.index(name), committed)
        try:
            while n_done < -(-n_cuts // n_handsets):
                handset.cycle()
                n_done += 1
                n_all = progress.set(name, n_done, handset.committed)
                if n_all % _TELL_EVERY == 0:
                    tell(f"{board}: {n_all} of {n_cuts} cuts; {name} is at {handset.committed}")
            handset.finish()
        finally:
            handset.close()

    try:
        with ThreadPoolExecutor(n_handsets) as at_once:
            list(at_once.map(work, names))
    finally:
        bench.close()


def main() -> int:
    """Both boards, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=3000)
    parser.add_argument("--handsets", type=int, default=6)
    parser.add_argument("--board", choices=list(BOARDS), help="this board alone")
    parser.add_argument("--afresh", action="store_true")
    options = parser.parse_args()
    if options.afresh and STATE.exists():
        shutil.rmtree(STATE)
    began_s = time.monotonic()

    def tell(text: str) -> None:
        print(f"[{time.monotonic() - began_s:5.0f} s] {text}", flush=True)

    shares = {options.board: 1.0} if options.board else BOARDS
    for board, share in shares.items():
        soak(board, round(options.cuts * share), options.handsets, tell)
    print(f"{options.cuts} power cuts: nothing committed is missing")
    return 0


if __name__ == "__main__":
    sys.exit(main())
