"""`handsetctl stats`: the counters of a handset, by group."""

from __future__ import annotations

from typing import Annotated

import typer

from handsetctl.cli.output import JsonOption, show_facts
from handsetctl.cli.target import TargetArgument, open_device


def stats(
    target: TargetArgument,
    group: Annotated[
        str, typer.Argument(help="Group of counters (voice, link, floor, geo); nothing: all.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Show what a handset has counted since its start: frames, losses, jitter, refused packets."""
    with open_device(target) as device:
        groups = (group,) if group else device.statistics_groups()
        counts = {name: device.statistics(name) for name in groups}
    if group:
        show_facts(f"{group} statistics of {target}", counts[group], as_json)
        return
    by_group = {f"{name}.{counter}": n for name in counts for counter, n in counts[name].items()}
    show_facts(f"statistics of {target}", by_group, as_json)
