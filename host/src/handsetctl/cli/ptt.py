"""`handsetctl ptt`: push the PTT key of a virtual handset, as a finger would."""

from __future__ import annotations

import typer

from handsetctl.bench.client import BenchClient
from handsetctl.cli.target import NameArgument

app = typer.Typer(
    help="Push the PTT key of a virtual handset (through its bench: no management command opens "
    "a microphone).",
    no_args_is_help=True,
)


@app.command()
def press(name: NameArgument) -> None:
    """Push the key and keep it down."""
    BenchClient().press(name, "ptt")


@app.command()
def release(name: NameArgument) -> None:
    """Let the key go."""
    BenchClient().release(name, "ptt")
