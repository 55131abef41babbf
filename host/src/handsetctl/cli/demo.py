"""`handsetctl demo`: two handsets, one talks, the other is heard, everything is measured."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from handsetctl.bench.client import start as start_bench
from handsetctl.bench.places import DEFAULT_BOARD
from handsetctl.bench.user_files import make_folder
from handsetctl.cli.output import JsonOption, console, option, progress_bar, show_rows, tell
from handsetctl.cli.target import BoardOption, Codec, open_device
from handsetctl.errors import DemoFailed
from handsetctl.tree import BUILD_DIR

if TYPE_CHECKING:
    from handsetctl.demo.scenario import Options, Result


def demo(
    codec: Annotated[Codec, option(help="Codec of the call.")] = Codec.AMRWB,
    board: BoardOption = DEFAULT_BOARD,
    bitrate_bps: Annotated[int, option(min=0, help="0: the codec's default.")] = 0,
    presses: Annotated[
        int,
        option(
            min=1,
            help="PTT presses with speech after the permission; the verdict is a failure when, "
            "with the 5 hasty ones that follow, fewer than 20 are measured.",
        ),
    ] = 20,
    out: Annotated[Path, option(help="Folder for the report.")] = BUILD_DIR / "demo",
    live: Annotated[
        bool,
        option("--live", help="Leave two handsets running afterwards, on the same codec."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Play and measure a call between two virtual handsets; exit code 1 if it fails its figures.

    Writes report.html (look at it), report.json, spoken.wav and heard.wav (listen to them).
    """
    make_folder(out)
    from handsetctl.demo.scenario import Options  # slow to load: scipy, matplotlib

    options = Options(codec=codec.value, bitrate_bps=bitrate_bps, n_presses=presses, out_dir=out)
    result = _play(options, board, as_json)
    _show(result, as_json)
    if live:
        _leave_running(board, codec.value, bitrate_bps, as_json)
    if result.failures:
        page = result.files.report_html
        raise DemoFailed("; ".join(result.failures), "the demonstration", f"look at {page}")


def _play(options: Options, board: str, as_json: bool) -> Result:
    from handsetctl.bench.virtual_bench import VirtualBench
    from handsetctl.demo import scenario

    with (
        progress_bar(as_json) as progress,
        tempfile.TemporaryDirectory(prefix="handset-demo-") as state_dir,
        VirtualBench(Path(state_dir), names=("A", "B"), board=board) as bench,
    ):
        return scenario.run(options, bench, progress)


def _show(result: Result, as_json: bool) -> None:
    from handsetctl.report import summary_table

    if as_json:
        print(json.dumps(result.report, indent=2, ensure_ascii=False))
        return
    show_rows("Found on their serial ports", _found(result.report), False, "none")
    console.print(summary_table(result.report))
    for note in result.report["notes"]:
        tell(f"note: {note}")
    tell(f"report: {result.files.report_html}")


def _found(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Who answered on the serial ports: a row a fact, a column a handset."""
    handsets = report["handsets"]
    shown = ("serial_number", "user_id", "firmware", "board", "chip", "capabilities", "codecs")
    return [
        {"handset": fact, **{name: identity[fact] for name, identity in handsets.items()}}
        for fact in shown
    ]


def _leave_running(board: str, codec: str, bitrate_bps: int, as_json: bool) -> None:
    """Handsets in the background that speak as those of the demonstration did."""
    handsets = start_bench(board=board).list()
    for status in handsets:
        with open_device(status.name) as device:
            device.set_codec(codec, bitrate_bps)
    if as_json:
        return
    for status in handsets:
        tell(f"handset {status.name} is at {status.port}")
    tell(
        "Talk to them: handsetctl info A; handsetctl ptt press A; handsetctl geo press A; "
        "handsetctl monitor B. Stop them: handsetctl sim stop"
    )
