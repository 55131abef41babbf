"""`handsetctl info`: who is at the other end of the cable."""

from __future__ import annotations

from handsetctl.cli.output import JsonOption, show_facts
from handsetctl.cli.target import TargetArgument, open_device


def info(target: TargetArgument, as_json: JsonOption = False) -> None:
    """Show identity, firmware, board and capabilities of a handset."""
    with open_device(target) as device:
        show_facts(f"handset {target}", device.identity(), as_json)
