"""Every cut: power is cut at each flash operation of a workload, in each way. Part of `make soak`.

    run_cuts.py                       2,000 operations, two processes; goes on where it was stopped
    run_cuts.py --cut 1:345:clean     one cut again, as a failure names it; its traceback

State and result are in build/store/cuts.json; another store or other tests start from nothing.
Ends with 1 when something was not as it must be.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from multiprocessing.queues import Queue
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT / "firmware"), str(HERE)]

from cut_matrix import Count, Cut, Matrix  # noqa: E402
from cut_workload import Wrong  # noqa: E402
from soak_pieces import STATE, program_digest  # noqa: E402

# Flash operations that are done and written down as one.
_CHUNK = 100


class Ledger:
    """What has been done, by chunk."""

    def __init__(self, path: Path, settings: dict[str, object]) -> None:
        self._path = path
        self._settings = {**settings, "program": program_digest()}
        known = json.loads(path.read_text()) if path.is_file() else {}
        if known.get("settings") != self._settings:
            known = {"settings": self._settings, "chunks": {}, "seconds": 0.0}
        self.chunks: dict[str, dict[str, object]] = known["chunks"]
        self._seconds: float = known["seconds"]
        self._started = time.monotonic()

    def add(self, chunk: int, count: Count) -> None:
        """Count a chunk, and write all down."""
        self.chunks[str(chunk)] = count.as_dict()
        part = self._path.with_suffix(".part")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        whole = {"settings": self._settings, "chunks": self.chunks, "seconds": self.seconds()}
        part.write_text(json.dumps({**whole, "total": self.total().as_dict()}) + "\n")
        part.replace(self._path)

    def seconds(self) -> float:
        """Of running, all times together."""
        return self._seconds + time.monotonic() - self._started

    def total(self) -> Count:
        """Of all chunks."""
        total = Count()
        for row in self.chunks.values():
            total.add(Count(**row))  # type: ignore[arg-type]
        return total


def _work(
    worker: int, options: argparse.Namespace, done: frozenset[int], results: Queue[object]
) -> None:
    """The whole workload, with the cuts of this worker's chunks."""
    try:
        _work_through(worker, options, done, results)
    except Wrong as error:
        results.put(str(error))
    except Exception as error:
        results.put("%s: %s" % (type(error).__name__, error))


def _work_through(
    worker: int, options: argparse.Namespace, done: frozenset[int], results: Queue[object]
) -> None:
    finished = 0

    def pick(index: int) -> bool:
        nonlocal finished
        chunk = index // _CHUNK
        while finished < chunk:
            hand_over()
        return chunk % options.jobs == worker and chunk not in done

    def hand_over() -> None:
        nonlocal finished
        if finished % options.jobs == worker and finished not in done:
            results.put((finished, matrix.count))
            matrix.count = Count()
        finished += 1

    matrix = Matrix(options.seed, pick, None if options.nested < 0 else options.nested)
    matrix.run(options.operations)
    hand_over()
    results.put((-1, matrix.flash.n_operations, matrix.workload.done_by_verb))


def run(options: argparse.Namespace, ledger: Ledger) -> Count:
    """All workers until they are done."""
    context = multiprocessing.get_context("fork")
    results: Queue[object] = context.Queue()
    done = frozenset(int(chunk) for chunk in ledger.chunks)
    workers = [
        context.Process(target=_work, args=(i, options, done, results), daemon=True)
        for i in range(options.jobs)
    ]
    for worker in workers:
        worker.start()
    left = len(workers)
    broken = Count()
    while left:
        result = results.get()
        if isinstance(result, str):
            broken.failures.append(result)
            left -= 1
        elif isinstance(result, tuple) and result[0] < 0:
            left -= 1
            broken.failures += [] if left else _too_little(result[2])
            print("%d flash operations: %s" % result[1:], file=sys.stderr)
        elif isinstance(result, tuple):
            ledger.add(*result)
            _say(ledger)
    total = ledger.total()
    total.add(broken)
    return total


def _too_little(done_by_verb: dict[str, int]) -> list[str]:
    """What a workload must have had to prove anything."""
    wanted = ("put", "delete", "append", "trim", "transaction", "abort", "pin", "wipe", "tidy")
    missing = [verb for verb in wanted if not done_by_verb.get(verb)]
    return ["the workload had no %s" % verb for verb in missing]


def _say(ledger: Ledger) -> None:
    total = ledger.total()
    numbers = (total.cuts, total.nested, ledger.seconds(), len(total.failures))
    print("%d cuts, %d second cuts, %.0f s, %d wrong" % numbers, file=sys.stderr, flush=True)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="cut power at every flash operation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--operations", type=int, default=2000)
    parser.add_argument("--nested", type=int, default=2, help="second cuts a cut; -1: everywhere")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cut", help="this one alone")
    options = parser.parse_args()
    if options.cut:
        cut = Cut.parse(options.cut)
        matrix = Matrix(cut.seed, lambda index: index == cut.operation, 0, only=cut)
        matrix.run(options.operations)
        return 0
    settings: dict[str, object] = {
        "seed": options.seed,
        "operations": options.operations,
        "nested": options.nested,
    }
    ledger = Ledger(STATE / "cuts.json", settings)
    total = run(options, ledger)
    print(
        "%d operations: %d cuts and %d second cuts in %.0f s, %d wrong"
        % (options.operations, total.cuts, total.nested, ledger.seconds(), len(total.failures))
    )
    for failure in total.failures:
        print("error: %s" % failure, file=sys.stderr)
    return 1 if total.failures else 0


if __name__ == "__main__":
    sys.exit(main())
