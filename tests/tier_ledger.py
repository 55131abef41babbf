"""Counts what each tier really ran: one that should have and did not is a failure, not a skip."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tools import toml_subset

BOARDS = ("sim", "qemu_rv32")
"""The boards that the device tests run on."""


def read_minimums(path: Path) -> dict[str, int]:
    """Tier name to the number of tests that must pass, from tiers.toml."""
    minimums: dict[str, int] = toml_subset.load(path)["minimum"]
    return minimums


def tier_of(nodeid: str) -> str:
    """The tier a test belongs to: its folder below tests/; each C core and each board is its own.

    A device test that runs once for every board has the board first in its id.
    """
    path, _, name = nodeid.partition("::")
    folders = [*path.split("/")[:-1], "", ""]
    tier = folders[1] if folders[0] == "tests" else "elsewhere"
    if folders[1] == "unit" and folders[2].endswith("_core"):
        return folders[2]
    board = re.search(rf"\[({'|'.join(BOARDS)})[-\]]", name) if tier == "device" else None
    return f"device_{board[1]}" if board else tier


class TierLedger:
    """pytest plugin: a line per tier at the end, and with `required` the verdict on them."""

    def __init__(self, minimums: dict[str, int], *, required: bool) -> None:
        self._minimums = minimums
        self._required = required
        self._passed: Counter[str] = Counter()
        self._not_run: list[str] = []
        self.complaints: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._not_run.append(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped or hasattr(report, "wasxfail"):
            self._not_run.append(report.nodeid)
        elif report.passed and report.when == "call":
            self._passed[tier_of(report.nodeid)] += 1

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if not self._required:
            return
        self.complaints = [
            f"tier '{tier}': {self._passed[tier]} tests passed, {least} must (tests/tiers.toml)"
            for tier, least in self._minimums.items()
            if self._passed[tier] < least
        ]
        self.complaints += [f"skipped or expected to fail: {nodeid}" for nodeid in self._not_run]
        if self.complaints and exitstatus in (
            pytest.ExitCode.OK,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        ):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        tiers = ", ".join(f"{tier} {self._passed[tier]}" for tier in self._minimums)
        terminalreporter.write_line(f"tests passed by tier: {tiers}")
        for complaint in self.complaints:
            terminalreporter.write_line(f"ERROR {complaint}", red=True)
