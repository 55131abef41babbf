"""The report as rows of a table, for whoever prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from handsetctl.report.figures import FIGURES, figure_at, value_at, written
from handsetctl.report.verdict import TIMINGS, limit_in_words, within


@dataclass(frozen=True)
class SummaryRow:
    """label, value with unit, limit in words (may be empty), passed (None: has no limit)."""

    path: str
    label: str
    value: str
    limit: str
    passed: bool | None


def summary_rows(report: Mapping[str, Any]) -> list[SummaryRow]:
    """All known figures in reading order, then other figures that have a limit."""
    limits = report.get("limits", {})
    paths = [figure.path for figure in FIGURES]
    paths += [path for path in limits if path not in paths]
    return [summary_row(report, path) for path in paths]


def summary_row(report: Mapping[str, Any], path: str) -> SummaryRow:
    """The row of one figure."""
    figure, value = figure_at(path), value_at(report, path)
    bounds = report.get("limits", {}).get(path)
    text = written(value, figure)
    if figure.unit in ("ms", "bytes") and value is not None:
        text = f"{text} {figure.unit}"
    return SummaryRow(
        path,
        figure.label,
        text,
        limit_in_words(path, bounds) if bounds else "",
        within(value, bounds) if bounds else None,
    )


def summary_table(report: Mapping[str, Any]) -> Table:
    """The rows as a table of `rich`, ready for a console; prints nothing itself."""
    table = Table(title=headline(report), title_justify="left", title_style=_style(report))
    table.add_column("Figure")
    table.add_column("Value", justify="right")
    table.add_column("Limit")
    table.add_column("")
    for row in summary_rows(report):
        state = {True: "[green]ok[/]", False: "[bold red]FAILED[/]", None: ""}[row.passed]
        table.add_row(row.label, row.value, row.limit, state)
    return table


def _style(report: Mapping[str, Any]) -> str:
    return "bold green" if report["verdict"]["passed"] else "bold red"


def headline(report: Mapping[str, Any]) -> str:
    """The verdict in one sentence."""
    verdict = report["verdict"]
    if verdict["passed"]:
        if not set(TIMINGS) <= set(report["limits"]):
            return "Passed: the speech was heard and intelligible; timings were not judged"
        return "Passed: the speech was heard, in time and intelligible"
    n_failures = len(verdict["failures"])
    return f"Failed: {n_failures} requirement{'s are' if n_failures > 1 else ' is'} not met"
