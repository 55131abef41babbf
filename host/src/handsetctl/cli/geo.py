"""`handsetctl geo`: the agent's geolocation key, and what a handset knows of positions."""

from __future__ import annotations

import typer

from handsetctl.bench.client import BenchClient
from handsetctl.cli.output import JsonOption, show_facts
from handsetctl.cli.target import NameArgument, TargetArgument, open_device

app = typer.Typer(help="Geolocation: the agent's key, and positions heard.", no_args_is_help=True)


@app.command()
def press(name: NameArgument) -> None:
    """Push the geolocation key once: on if it was off, off if it was on."""
    bench = BenchClient()
    bench.press(name, "geo")
    bench.release(name, "geo")


@app.command()
def show(target: TargetArgument, as_json: JsonOption = False) -> None:
    """Show whether geolocation is on, and the last position of every agent heard."""
    with open_device(target) as device:
        show_facts(f"geolocation at {target}", device.geo(), as_json)
