"""Every case of store_cases.py, for `make soak`; goes on where it was stopped.

    run_tamper.py [--families bits records ...] [--seconds 600]

Progress is kept in build/store/tamper.json as long as neither the store nor the cases change.
"""

from __future__ import annotations

import argparse
import sys
from functools import cache
from pathlib import Path

_TESTS = Path(__file__).resolve().parents[2]
_PLACES = ("unit/store", "unit/store/reader", "mpy")
sys.path[:0] = [str(_TESTS.parent / "firmware"), *(str(_TESTS / place) for place in _PLACES)]

from soak_pieces import STATE, Progress, Task, program_digest, run  # noqa: E402
from store_cases import FAMILIES, JUDGES, Cases  # noqa: E402

_PIECE = 400


@cache
def _cases() -> Cases:
    return Cases()


def _judge(task: str, number: int) -> str:
    family, judge = task.split(", ")
    return _cases().judge(judge, family, number)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="change an image of the store in every way")
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    progress = Progress(STATE / "tamper.json", program_digest())
    tasks = [
        Task(f"{family}, {judge}", _cases().count(family), _PIECE, _judge)
        for family in options.families
        for judge in JUDGES
    ]
    if not run(progress, tasks, options.seconds):
        print("not all")
    return progress.tell()


if __name__ == "__main__":
    sys.exit(main())
