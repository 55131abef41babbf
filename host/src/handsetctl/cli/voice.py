"""`handsetctl voice`: the voice engine's counters, and which codec it speaks."""

from __future__ import annotations

from typing import Annotated

import typer

from handsetctl.cli.output import JsonOption, option, show_facts
from handsetctl.cli.target import TargetArgument, open_device

app = typer.Typer(help="The voice engine of a handset.", no_args_is_help=True)


@app.command()
def stats(target: TargetArgument, as_json: JsonOption = False) -> None:
    """Show frames, losses, jitter, under-runs and codec times since start."""
    with open_device(target) as device:
        show_facts(f"voice statistics of {target}", device.voice_stats(), as_json)


@app.command()
def codec(
    target: TargetArgument,
    name: Annotated[
        str, typer.Argument(help="Codec to speak from now on; nothing: only show it.")
    ] = "",
    bitrate_bps: Annotated[
        int, option("--bitrate-bps", help="Bit rate; 0 is the codec's default.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Show or choose the codec (amrwb, amrnb, opus)."""
    with open_device(target) as device:
        chosen = device.set_codec(name, bitrate_bps) if name else device.codec()
        show_facts(f"codec of {target}", chosen, as_json)
