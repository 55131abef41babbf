"""Every case of store_cases.py, for `make soak`; goes on where it was stopped.

    run_tamper.py [--families bits records ...] [--seconds 600]

Progress is kept in build/store/tamper.json as long as neither the store nor the cases change.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

_TESTS = Path(__file__).resolve().parents[2]
ROOT = _TESTS.parent
_PLACES = ("unit/store", "unit/store/reader", "mpy")
sys.path[:0] = [str(ROOT / "firmware"), *(str(_TESTS / place) for place in _PLACES)]

from store_cases import FAMILIES, JUDGES, Cases  # noqa: E402

PROGRESS = ROOT / "build" / "store" / "tamper.json"
_PROCESSES = 2
_PIECE = 400


def program_digest() -> str:
    """Of the store and of these tests: another program starts from nothing."""
    digest = hashlib.sha256()
    for folder in (ROOT / "firmware" / "handset" / "store", Path(__file__).parent):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


class Progress:
    """How many cases of each family each judge has seen, and what was wrong."""

    def __init__(self, path: Path, program: str) -> None:
        self._path = path
        known = json.loads(path.read_text()) if path.is_file() else {}
        same = known.get("program") == program
        self.data = known if same else {"program": program, "done": {}, "wrong": [], "seconds": 0}

    def done(self, task: str) -> int:
        """Cases 0 to this one are through."""
        return int(self.data["done"].get(task, 0))

    def add(self, task: str, n_done: int, wrong: list[str], seconds: float) -> None:
        """Written down at once."""
        self.data["done"][task] = n_done
        self.data["wrong"] += wrong
        self.data["seconds"] = round(self.data["seconds"] + seconds, 1)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self.data, indent=1) + "\n")


@cache
def _cases() -> Cases:
    return Cases()


def judge_piece(judge: str, family: str, first: int, last: int) -> list[str]:
    """What is wrong in cases `first` to `last` - 1."""
    reports = (_cases().judge(judge, family, number) for number in range(first, last))
    return [report for report in reports if report]


def run(progress: Progress, families: list[str], seconds: float) -> bool:
    """True when all cases are through."""
    end = time.monotonic() + seconds
    with ProcessPoolExecutor(_PROCESSES) as pool:
        for task, judge, family in _tasks(families):
            n = _cases().count(family)
            while progress.done(task) < n:
                begin = time.monotonic()
                if begin > end:
                    return False
                first = progress.done(task)
                last = min(n, first + _PROCESSES * _PIECE)
                step = -(-(last - first) // _PROCESSES)
                starts = range(first, last, step)
                pieces = [
                    pool.submit(judge_piece, judge, family, at, min(last, at + step))
                    for at in starts
                ]
                wrong = [report for piece in pieces for report in piece.result()]
                progress.add(task, last, wrong, time.monotonic() - begin)
                print(f"{task}: {last:,} of {n:,}", *wrong, sep="\n  ", file=sys.stderr, flush=True)
    return True


def _tasks(families: list[str]) -> list[tuple[str, str, str]]:
    return [(f"{family}, {judge}", judge, family) for family in families for judge in JUDGES]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="change an image of the store in every way")
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    progress = Progress(PROGRESS, program_digest())
    is_through = run(progress, options.families, options.seconds)
    for task, n_done in progress.data["done"].items():
        print(f"{task:<22} {n_done:>9,}")
    print(f"{'seconds':<22} {progress.data['seconds']:>9,}" + ("" if is_through else ", not all"))
    for report in progress.data["wrong"]:
        print(f"error: {report}", file=sys.stderr)
    return 1 if progress.data["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
