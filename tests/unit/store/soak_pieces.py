"""Long runs of numbered cases: in pieces, on two processes, and on from where they were stopped."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

_HERE = Path(__file__).resolve().parent
ROOT = _HERE.parents[2]
STATE = ROOT / "build" / "store"
_PROCESSES = 2


def program_digest() -> str:
    """Of the store and of these tests: another program starts from nothing."""
    digest = hashlib.sha256()
    for folder in (ROOT / "firmware" / "handset" / "store", _HERE):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


class Progress:
    """How many cases of each task are through, and what was wrong."""

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

    def tell(self) -> int:
        """All that was done, for people; the command's exit code."""
        for task, n_done in self.data["done"].items():
            print(f"{task:<22} {n_done:>9,}")
        print(f"{'seconds':<22} {self.data['seconds']:>9,}")
        for report in self.data["wrong"]:
            print(f"error: {report}", file=sys.stderr)
        return 1 if self.data["wrong"] else 0


class Task:
    """`judge(task, number)` is "" or what is wrong with a case, one of `n_cases`; it runs in
    another process."""

    def __init__(
        self, name: str, n_cases: int, a_piece: int, judge: Callable[[str, int], str]
    ) -> None:
        self.name = name
        self.n_cases = n_cases
        self.a_piece = a_piece
        self.judge = judge

    def piece(self, first: int, last: int) -> list[str]:
        """What is wrong in cases `first` to `last` - 1."""
        reports = (self.judge(self.name, number) for number in range(first, last))
        return [report for report in reports if report]


def run(progress: Progress, tasks: list[Task], seconds: float) -> bool:
    """True when all cases are through."""
    end = time.monotonic() + seconds
    with ProcessPoolExecutor(_PROCESSES) as pool:
        for task in tasks:
            while progress.done(task.name) < task.n_cases:
                if time.monotonic() > end:
                    return False
                _next_pieces(pool, progress, task)
    return True


def _next_pieces(pool: ProcessPoolExecutor, progress: Progress, task: Task) -> None:
    begin, first = time.monotonic(), progress.done(task.name)
    last = min(task.n_cases, first + _PROCESSES * task.a_piece)
    step = -(-(last - first) // _PROCESSES)
    starts = range(first, last, step)
    pieces = [pool.submit(task.piece, at, min(last, at + step)) for at in starts]
    wrong = [report for piece in pieces for report in piece.result()]
    progress.add(task.name, last, wrong, time.monotonic() - begin)
    said = f"{task.name}: {last:,} of {task.n_cases:,}"
    print(said, *wrong, sep="\n  ", file=sys.stderr, flush=True)
