"""`handsetctl air`: the virtual air between virtual handsets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handsetctl.bench.client import BenchClient
from handsetctl.cli.output import JsonOption, option, show_facts, tell
from handsetctl.cli.target import Codec, NameArgument, open_device
from handsetctl.errors import BenchError, HandsetError

app = typer.Typer(
    help="The virtual air: make it worse, listen to it, capture it.", no_args_is_help=True
)
LinkEnd = Annotated[str | None, option(help="Only links of this handset; default all.")]


@app.command()
def set(
    loss: Annotated[float | None, option(help="Probability of losing a packet, 0-1.")] = None,
    delay_ms: Annotated[float | None, option(help="Delay of every packet.")] = None,
    jitter_ms: Annotated[float | None, option(help="Further delay, 0 to this.")] = None,
    reorder: Annotated[float | None, option(help="Probability of reordering, 0-1.")] = None,
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
    sdp: Annotated[Path, option(help="Where to write the session description (SDP).")],
    port: Annotated[
        int, option(min=1, max=65535, help="UDP port on 127.0.0.1 to send the media to.")
    ] = 5004,
    codec: Annotated[
        Codec | None,
        option(
            help="Codec that the description names; nothing: the one the first running handset "
            "speaks now (write it anew after a change of codec)."
        ),
    ] = None,
) -> None:
    """Copy all media to a UDP port, so that a standard player hears the call."""
    bench = BenchClient()
    bench.tap(port, sdp, codec.value if codec is not None else _codec_spoken(bench))
    tell(f"listen with: ffplay -protocol_whitelist file,udp,rtp {sdp}")


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


def _codec_spoken(bench: BenchClient) -> str:
    """The codec of the first handset that tells its own; one may be off, or its port in use."""
    reasons = []
    for status in bench.list():
        try:
            with open_device(status.name) as device:
                return device.codec().name
        except HandsetError as error:
            reasons.append(f"{status.name}: {error.what}")
    raise BenchError(
        f"no handset tells its codec ({'; '.join(reasons)})",
        "the media tap",
        "name the codec: --codec amrwb, --codec amrnb or --codec opus",
    )
