"""What every tier shares: where the firmware is, and the ledger of what really ran."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
# Firmware modules are imported as on the handset (handset.*, hal.*), build helpers as tools.*;
# this folder is for the ledger below.
# Programs unpacked for the tests (tools.system_packages) come before the machine's.
os.environ["PATH"] = f"{ROOT / 'build' / 'bin'}{os.pathsep}{os.environ['PATH']}"
sys.path[:0] = [str(ROOT / "firmware"), str(TESTS)]
# Helpers are modules beside the tests that use them; pytest's importlib mode leaves the path alone.
sys.path += sorted({str(path.parent) for path in TESTS.rglob("*.py")} - {str(TESTS)})

from tier_ledger import TierLedger, read_minimums  # noqa: E402

pytest_plugins = ["pytester"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-tiers",
        action="store_true",
        help="fail unless every tier ran its minimum (tests/tiers.toml) and nothing was skipped",
    )


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return  # a worker's results reach the ledger of the process that started it
    ledger = TierLedger(
        TESTS, read_minimums(TESTS / "tiers.toml"), required=config.getoption("--require-tiers")
    )
    config.pluginmanager.register(ledger, "tier-ledger")
