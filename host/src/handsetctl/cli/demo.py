"""`handsetctl demo`: two handsets, one talks, the other is heard, everything is measured."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from handsetctl.bench.client import start as start_bench
from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.cli.output import JsonOption, console, progress_bar, show_rows
from handsetctl.demo import scenario
from handsetctl.errors import DemoFailed
from handsetctl.report import summary_table


def demo(
    codec: Annotated[str, typer.Option(help="amrwb or opus.")] = "amrwb",
    bitrate_bps: Annotated[int, typer.Option(help="0: the codec's default.")] = 0,
    presses: Annotated[
        int, typer.Option(help="PTT presses with speech; 20 or more for honest percentiles.")
    ] = 20,
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = scenario.Options.out_dir,
    live: Annotated[
        bool, typer.Option("--live", help="Leave two handsets running afterwards.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Play and measure a call between two virtual handsets; exit code 1 if it fails its figures.

    Writes report.html (look at it), report.json, spoken.wav and heard.wav (listen to them).
    """
    options = scenario.Options(codec=codec, bitrate_bps=bitrate_bps, n_presses=presses, out_dir=out)
    with (
        progress_bar(as_json) as progress,
        tempfile.TemporaryDirectory(prefix="handset-demo-") as state_dir,
        VirtualBench(Path(state_dir), names=("A", "B")) as bench,
    ):
        result = scenario.run(options, bench, progress)
    if as_json:
        print(json.dumps(result.report, indent=2, ensure_ascii=False))
    else:
        show_rows("Found on their serial ports", _found(result.report), False, "none")
        console.print(summary_table(result.report))
        for note in result.report["notes"]:
            console.print(f"note: {note}", highlight=False)
        console.print(f"report: {result.files.report_html}")
    if live:
        _leave_running(as_json)
    if result.failures:
        page = result.files.report_html
        raise DemoFailed("; ".join(result.failures), "the demonstration", f"look at {page}")


def _found(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Who answered on the serial ports: a row a fact, a column a handset."""
    handsets = report["handsets"]
    shown = ("serial_number", "user_id", "firmware", "board", "chip", "capabilities", "codecs")
    return [
        {"handset": fact, **{name: identity[fact] for name, identity in handsets.items()}}
        for fact in shown
    ]


def _leave_running(as_json: bool) -> None:
    handsets = start_bench().list()
    if as_json:
        return
    for status in handsets:
        console.print(f"handset {status.name} is at {status.port}")
    console.print(
        "Talk to them: handsetctl info A; handsetctl ptt press A; handsetctl geo press A; "
        "handsetctl monitor B. Stop them: handsetctl sim stop."
    )
