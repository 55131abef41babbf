"""Fuzzes the voice core: `make fuzz`, and the long run of `make soak`.

    run_fuzz.py --seconds 60            each target for so long
    run_fuzz.py --executions 10000000   until so many in all; goes on where it was stopped

Ends with 1 when something broke. Reports into build/fuzz/voice/report.json.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "firmware")]
os.environ["PATH"] = f"{ROOT / 'build' / 'bin'}{os.pathsep}{os.environ['PATH']}"

from voice_fuzz import CANARY, OUT, FuzzError, Outcome, Target, build  # noqa: E402

REPORT = OUT / "report.json"
_AT_ONCE = 2
_SLICE_S = 60
# What a parser takes is nothing beside a decoder, or a whole frame of time.
_SHARES = {"rtp": 0.4, "receive": 0.02}


class Ledger:
    """What has been executed so far, by target; another program starts from nothing."""

    def __init__(self, path: Path, targets: Iterable[Target]) -> None:
        self._path = path
        known = json.loads(path.read_text()) if path.is_file() else {}
        self.rows = {
            target.name: known[target.name]
            if known.get(target.name, {}).get("program") == target.digest()
            else {"program": target.digest(), "executions": 0, "edges": 0, "functions": 0}
            for target in targets
        }

    def add(self, target: Target, outcome: Outcome) -> None:
        """Count a run, and write it down."""
        row = self.rows[target.name]
        row["executions"] += outcome.executions
        row["edges"] = max(row["edges"], outcome.edges)
        row["functions"] = len(target.covered(keep=True)) if not outcome.broke else 0
        self._path.write_text(json.dumps(self.rows, indent=1) + "\n")

    def total(self) -> int:
        """Executions of all targets."""
        return sum(row["executions"] for row in self.rows.values())

    def table(self) -> str:
        """What a person reads."""
        lines = [f"{'target':<10} {'executions':>12} {'edges':>7} {'functions':>10}"]
        for name, row in self.rows.items():
            numbers = f"{row['executions']:>12,} {row['edges']:>7,} {row['functions']:>10,}"
            lines.append(f"{name:<10} {numbers}")
        return "\n".join([*lines, f"{'in all':<10} {self.total():>12,}"])


def goals(names: list[str], executions: int) -> dict[str, int]:
    """How many of all executions each target gets."""
    fixed = {name: _SHARES[name] for name in names if name in _SHARES}
    rest = (1.0 - sum(fixed.values())) / max(len(names) - len(fixed), 1)
    return {name: round(executions * fixed.get(name, rest)) for name in names}


def _fuzz(targets: list[Target], ledger: Ledger, seconds: int) -> list[str]:
    """Each target once for so long, two at a time; what broke."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        outcomes = list(pool.map(lambda target: target.fuzz(seconds=seconds), targets))
    for target, outcome in zip(targets, outcomes, strict=True):
        ledger.add(target, outcome)
    return [
        f"{target.name}: {outcome.broke}"
        for target, outcome in zip(targets, outcomes, strict=True)
        if outcome.broke
    ]


def _until(targets: list[Target], ledger: Ledger, executions: int) -> list[str]:
    wanted = goals([target.name for target in targets], executions)
    while left := [t for t in targets if ledger.rows[t.name]["executions"] < wanted[t.name]]:
        broken = _fuzz(left, ledger, _SLICE_S)
        print(f"{ledger.total():,} of {executions:,} executions", file=sys.stderr, flush=True)
        if broken:
            return broken
    return []


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="fuzz the voice core")
    how_long = parser.add_mutually_exclusive_group(required=True)
    how_long.add_argument("--seconds", type=int)
    how_long.add_argument("--executions", type=int)
    options = parser.parse_args()
    try:
        built = build()
    except FuzzError as error:
        print(f"error: the fuzz targets do not build: {error}", file=sys.stderr)
        return 1
    targets = [target for name, target in built.items() if name != CANARY]
    ledger = Ledger(REPORT, targets)
    if options.seconds:
        broken = _fuzz(targets, ledger, options.seconds)
    else:
        broken = _until(targets, ledger, options.executions)
    print(ledger.table())
    for report in broken:
        print(f"error: {report}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
