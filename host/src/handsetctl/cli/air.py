"""`handsetctl air`: the virtual air between virtual handsets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handsetctl.bench.client import BenchClient
from handsetctl.cli.output import JsonOption, console, show_facts
from handsetctl.cli.target import NameArgument

app = typer.Typer(
    help="The virtual air: make it worse, listen to it, capture it.", no_args_is_help=True
)
LinkEnd = Annotated[str | None, typer.Option(help="Only links of this handset; default all.")]


@app.command()
def set(
    loss: Annotated[float | None, typer.Option(help="Probability of losing a packet, 0-1.")] = None,
    delay_ms: Annotated[float | None, typer.Option(help="Delay of every packet.")] = None,
    jitter_ms: Annotated[float | None, typer.Option(help="Further delay, 0 to this.")] = None,
    reorder: Annotated[float | None, typer.Option(help="Probability of reordering, 0-1.")] = None,
    source: LinkEnd = None,
    target: LinkEnd = None,
) -> None:
    """Change how packets travel; what is not given stays as it is."""
    wanted = {"loss": loss, "delay_ms": delay_ms, "jitter_ms": jitter_ms, "reorder": reorder}
    changes = {name: value for name, value in wanted.items() if value is not None}
    BenchClient().air(source=source, target=target, **changes)


@app.command()
def cut(name: NameArgument) -> None:
    """Take a handset off the air: nothing reaches it or leaves it."""
    BenchClient().cut(name)


@app.command()
def restore(name: NameArgument) -> None:
    """Put a handset back on the air."""
    BenchClient().cut(name, on=False)


@app.command()
def stats(as_json: JsonOption = False) -> None:
    """Show what was sent, delivered and lost, by handset and by link."""
    show_facts("the air", BenchClient().air_stats(), as_json)


@app.command()
def tap(
    sdp: Annotated[Path, typer.Option(help="Where to write the session description (SDP).")],
    port: Annotated[int, typer.Option(help="UDP port on 127.0.0.1 to send the media to.")] = 5004,
    codec: Annotated[str, typer.Option(help="Codec of the call: amrwb or opus.")] = "amrwb",
) -> None:
    """Copy all media to a UDP port, so that a standard player hears the call."""
    BenchClient().tap(port, sdp, codec)
    console.print(f"listen with: ffplay -protocol_whitelist file,udp,rtp {sdp}")


@app.command()
def untap() -> None:
    """Stop copying media."""
    BenchClient().tap(None)


@app.command()
def capture(
    file: Annotated[
        Path | None, typer.Argument(help="pcap file to write; nothing: end the capture.")
    ] = None,
) -> None:
    """Capture everything on the air into a file that Wireshark reads."""
    BenchClient().pcap(file)
