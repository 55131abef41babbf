"""`handsetctl sim`: virtual handsets in the background."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from handsetctl.bench.client import BenchClient
from handsetctl.bench.client import start as start_bench
from handsetctl.cli.output import JsonOption, console, show_rows
from handsetctl.cli.target import NameArgument

app = typer.Typer(
    help="Virtual handsets: the real firmware, each with its own serial port, on one virtual air.",
    no_args_is_help=True,
)


@app.command()
def start(
    names: Annotated[str, typer.Option(help="Names of the handsets, separated by commas.")] = "A,B",
    as_json: JsonOption = False,
) -> None:
    """Start virtual handsets and wait until they are ready; does nothing if they run already."""
    bench = start_bench(names=names.split(","))
    show_rows("virtual handsets", _statuses(bench), as_json, "none")
    if not as_json:
        console.print(
            "Now try: [bold]handsetctl info A[/], [bold]handsetctl ptt press A[/], "
            "[bold]handsetctl monitor B[/]; end with [bold]handsetctl sim stop[/]."
        )


@app.command()
def stop(as_json: JsonOption = False) -> None:
    """Stop the virtual handsets."""
    stopped = BenchClient().stop()
    if as_json:
        show_rows("", [{"stopped": stopped}], True, "")
    else:
        console.print("stopped" if stopped else "none was running")


@app.command("list")
def list_handsets(as_json: JsonOption = False) -> None:
    """List the running virtual handsets: name, serial port, state, lights."""
    bench = BenchClient()
    statuses = _statuses(bench) if bench.running else []
    show_rows(
        "virtual handsets", statuses, as_json, "No virtual handset runs: handsetctl sim start"
    )


@app.command("power-off")
def power_off(name: NameArgument) -> None:
    """Cut the power of a virtual handset, without warning."""
    BenchClient().power_off(name)


@app.command("power-on")
def power_on(name: NameArgument) -> None:
    """Give it power again."""
    BenchClient().power_on(name)


def _statuses(bench: BenchClient) -> list[dict[str, Any]]:
    return [
        {
            "name": status.name,
            "port": status.port,
            "state": status.state,
            "boots": status.boots,
            **status.outputs,
        }
        for status in bench.list()
    ]
