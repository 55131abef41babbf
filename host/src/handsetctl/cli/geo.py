"""`handsetctl geo`: the agent's geolocation key, and what a handset knows of positions."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import typer

from handsetctl.bench.client import BenchClient
from handsetctl.cli.output import JsonOption, show_facts
from handsetctl.cli.target import NameArgument, TargetArgument, open_device

if TYPE_CHECKING:
    from handsetctl.device import Position

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
        geo = device.geo()
    facts = {
        "enabled": geo.enabled,
        "fix": geo.fix,
        "own": _place(geo.own) if geo.own else None,
        "heard": [{"user_id": heard.user_id, **_place(heard)} for heard in geo.heard],
    }
    show_facts(f"geolocation at {target}", facts, as_json)


def _place(position: Position) -> dict[str, Any]:
    """A position as people and maps write it."""
    fixed = datetime.fromtimestamp(position.utc_ms / 1000.0, timezone.utc)
    return {
        "lat_deg": position.lat_deg,
        "lon_deg": position.lon_deg,
        "fixed_utc": fixed.isoformat(timespec="seconds"),
        "age_s": position.age_ms / 1000.0,
    }
