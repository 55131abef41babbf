"""Thousands of lives of random_lives.py, for `make soak`; goes on where it was stopped.

    run_lives.py [--lives 4000] [--seconds 600]
    run_lives.py --life weak:1000123    one again, as a failure names it; its traceback

Progress is kept in build/store/lives.json as long as neither the store nor these tests change.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

_TESTS = Path(__file__).resolve().parents[2]
_PLACES = ("unit/store", "unit/store/reader", "mpy")
sys.path[:0] = [str(_TESTS.parent / "firmware"), *(str(_TESTS / place) for place in _PLACES)]

from random_lives import KINDS, live  # noqa: E402
from soak_pieces import STATE, Progress, Task, program_digest, run  # noqa: E402

_FIRST_SEED = 1_000_000
_PIECE = 25


def _judge(kind: str, number: int) -> str:
    """ "" or how a life ended."""
    seed = _FIRST_SEED + number
    try:
        live(kind, seed)
    except Exception as error:
        return f"{kind}:{seed}: {type(error).__name__}: {error}"
    return ""


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="cut power in thousands of random lives")
    parser.add_argument("--lives", type=int, default=4000, help="of each kind")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--life", help="this one alone")
    options = parser.parse_args()
    if options.life:
        kind, _, seed = options.life.partition(":")
        live(kind, int(seed))
        return 0
    progress = Progress(STATE / "lives.json", program_digest())
    tasks = [Task(kind, options.lives, _PIECE, _judge) for kind in KINDS]
    if not run(progress, tasks, options.seconds):
        print("not all")
    return progress.tell()


if __name__ == "__main__":
    sys.exit(main())
