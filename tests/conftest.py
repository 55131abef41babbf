"""What every tier shares: where the firmware is, and the ledger of what really ran."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

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

from tier_ledger import BOARDS, TierLedger, read_minimums, tier_of  # noqa: E402

pytest_plugins = ["pytester"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-tiers",
        action="store_true",
        help="fail unless every tier ran its minimum (tests/tiers.toml) and nothing was skipped",
    )
    parser.addoption(
        "--soak", action="store_true", help="as much and as long as a soak takes, where it differs"
    )
    parser.addoption(
        "--board",
        action="append",
        choices=BOARDS,
        help="a board that the device tests run on; may be given again (default: all of them)",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`--dist loadfile`, but what a file does on one board is a piece of work of its own."""
    if config.getoption("dist") != "loadfile":
        return None
    # As collected: xdist would put files with few tests last, which are those that take longest.
    config.option.loadscopereorder = False
    from xdist.scheduler import LoadFileScheduling

    class LoadFileOfBoardScheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return f"{nodeid.split('::', 1)[0]} {tier_of(nodeid)}"

    return LoadFileOfBoardScheduling(config, log)


@pytest.hookimpl(tryfirst=True)  # before pytest-timeout reads its own
def pytest_configure(config: pytest.Config) -> None:
    # Started in the background of a shell, Ctrl-C is ignored, and programs under test inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.option.board = config.option.board or list(BOARDS)
    if config.getoption("--soak") and config.option.timeout is None:
        config.option.timeout = 0  # none: what takes hours is not stuck
    if hasattr(config, "workerinput"):
        return  # a worker's results reach the ledger of the process that started it
    ledger = TierLedger(
        read_minimums(TESTS / "tiers.toml"), required=config.getoption("--require-tiers")
    )
    config.pluginmanager.register(ledger, "tier-ledger")


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What asks for a board runs once for each, with the board first in its id."""
    if "board_name" in metafunc.fixturenames:
        boards = metafunc.config.getoption("--board")
        metafunc.parametrize("board_name", boards, indirect=True, scope="module")


@pytest.fixture(scope="module")
def board_name(request: pytest.FixtureRequest) -> str:
    """The board this round of the module's tests is about."""
    name: str = request.param
    return name
