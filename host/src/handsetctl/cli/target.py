"""What a person may write to mean a handset (a serial URL, a virtual handset's name) or a codec."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from handsetctl.bench.client import BenchClient
from handsetctl.cli.output import option

if TYPE_CHECKING:
    from handsetctl.device import Device


def _virtual(board: str) -> str:
    """A board that needs no board; wrong usage otherwise."""
    from handsetctl.bench.machines import virtual_boards

    if board not in (known := virtual_boards()):
        raise typer.BadParameter(f"'{board}' is no virtual board; there is: {', '.join(known)}")
    return board


BoardOption = Annotated[
    str, option(callback=_virtual, help="What the virtual handsets are: sim, qemu_rv32.")
]


class Codec(str, Enum):
    """The codecs of a call."""

    AMRWB = "amrwb"
    AMRNB = "amrnb"
    OPUS = "opus"


TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="HANDSET",
        help="Serial port or pyserial URL (/dev/ttyUSB0, socket://host:port, rfc2217://...), "
        "or the name of a running virtual handset (A, B).",
    ),
]
NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of a running virtual handset (A, B).")
]


def port_of(target: str) -> str:
    """The serial URL a target stands for."""
    if "/" in target or target.upper().startswith("COM"):
        return target
    return BenchClient().port(target)


def open_device(target: str) -> Device:
    """Open the handset a person named; use as a context manager."""
    port = port_of(target)
    from handsetctl.device import Device  # slow to load, and of no use without a port

    return Device.open(port)
