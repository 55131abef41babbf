"""The long run's book-keeping: it goes on where it was stopped, and proves what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import run_cuts
from cut_matrix import Count

_SETTINGS: dict[str, object] = {"seed": 1, "operations": 10, "nested": 0}


def test_a_run_goes_on_where_it_was_stopped(tmp_path):
    path = tmp_path / "deep" / "cuts.json"
    run_cuts.Ledger(path, _SETTINGS).add(0, Count(cuts=30, nested=5, failures=["1:2:clean"]))
    ledger = run_cuts.Ledger(path, _SETTINGS)
    assert set(ledger.chunks) == {"0"}
    ledger.add(3, Count(cuts=10))
    total = run_cuts.Ledger(path, _SETTINGS).total()
    assert (total.cuts, total.nested, total.failures) == (40, 5, ["1:2:clean"])
    assert json.loads(path.read_text())["total"]["cuts"] == 40


def test_another_workload_or_another_store_starts_from_nothing(tmp_path, monkeypatch):
    path = tmp_path / "cuts.json"
    run_cuts.Ledger(path, _SETTINGS).add(0, Count(cuts=30))
    assert run_cuts.Ledger(path, {**_SETTINGS, "seed": 2}).chunks == {}
    monkeypatch.setattr(run_cuts, "program_digest", lambda: "other sources")
    assert run_cuts.Ledger(path, _SETTINGS).chunks == {}


def test_a_workload_that_proves_nothing_is_an_error():
    assert run_cuts._too_little({"put": 3}) != []


def test_one_cut_is_shown_again():
    command = [sys.executable, run_cuts.__file__, "--operations", "5", "--cut", "1:12:torn_bits"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=Path("/"))
    assert run.returncode == 0, run.stderr
