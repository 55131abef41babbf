"""`handsetctl dev`: work on the firmware of a handset that carries a development build."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handsetctl.cli.output import (
    JsonOption,
    console,
    err_console,
    option,
    progress_bar,
    show_facts,
    tell,
)
from handsetctl.cli.target import TargetArgument, port_of
from handsetctl.errors import HandsetError
from handsetctl.tree import ROOT

if TYPE_CHECKING:
    from handsetctl.dev.prompt import Prompt

READY_TIMEOUT_S = 20.0

app = typer.Typer(
    help="Work on the firmware of a handset that carries a development build.\n\n"
    "Such a build has MicroPython's prompt: 'make firmware BOARD=qemu_rv32' makes one beside the "
    "release, 'handsetctl sim start --board qemu_rv32 --dev' starts it; for a board: 'make "
    "firmware BOARD=esp32_devkitc VARIANT=dev'. Then 'handsetctl dev run A' runs the application "
    "of this tree in place of the one in the firmware; mpremote works too: 'mpremote connect "
    "/dev/pts/N ls' with the port that 'handsetctl sim list' shows.",
    no_args_is_help=True,
)

FromOption = Annotated[
    Path, option("--from", help="Top folder of the checkout whose modules to take.")
]


@app.command()
def run(
    target: TargetArgument,
    root: FromOption = ROOT,
    detach: Annotated[
        bool, option("--detach", help="Return when it runs; the port is free for other commands.")
    ] = False,
) -> None:
    """Run the application of a working tree and print its console text, until Ctrl-C.

    Only what differs from the firmware is sent. Ctrl-C starts the firmware's own again.
    """
    from handsetctl.dev.workbench import Workbench

    with _prompt(target) as prompt:
        workbench = Workbench(prompt, root)
        with progress_bar(as_json=False) as update:
            loaded = workbench.start(update)
        tell(f"from {root}: {', '.join(loaded) or 'nothing that the firmware does not have'}")
        if not detach:
            try:
                workbench.follow(_print)
            except KeyboardInterrupt:
                prompt.stop()
            return
        prompt.close()
    _wait_ready(prompt.url)


@app.command()
def push(
    target: TargetArgument,
    root: FromOption = ROOT,
    remove: Annotated[bool, option("--remove", help="Take away all that was pushed.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Leave the modules that differ from the firmware on the handset, over resets.

    Then the handset starts again. They count until it gets another firmware.
    """
    from handsetctl.dev.workbench import Workbench, remove_pushed

    with _prompt(target) as prompt:
        if remove:
            facts: object = {"removed": remove_pushed(prompt)}
        else:
            with progress_bar(as_json) as update:
                facts = Workbench(prompt, root).push(update)
    show_facts(f"pushed to {target}", facts, as_json)
    _wait_ready(prompt.url, as_json)


@app.command()
def repl(target: TargetArgument) -> None:
    """Open MicroPython's prompt (mpremote's). Ctrl-C stops the application, Ctrl-D starts it."""
    port = port_of(target)
    tell("Ctrl-C stops the application, Ctrl-D starts it again, Ctrl-] leaves.")
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "mpremote", "connect", port, "repl"])


@app.command()
def serve(
    target: TargetArgument,
    tcp: Annotated[int, option("--tcp", help="TCP port; 0: any free one.")] = 5599,
) -> None:
    """Offer the serial port of a handset on a TCP port of this machine, until Ctrl-C."""
    from handsetctl.dev.bridge import Bridge

    bridge = Bridge(port_of(target), tcp)
    tell(f"{target} is at {bridge.url}: mpremote connect {bridge.url} ls")
    bridge.serve(tell)


def _prompt(target: str) -> Prompt:
    port = port_of(target)
    from handsetctl.dev.prompt import Prompt  # slow to load, and of no use without a port

    return Prompt(port)


def _wait_ready(port: str, silently: bool = False) -> None:
    """What the application says when it cannot start comes before the time-out; `silently`: only
    then, and beside what programs read."""
    from handsetctl.device import Device

    with Device.open(port) as device:
        said: list[str] = []
        device.on_text(said.append if silently else _print)
        try:
            device.wait_ready(READY_TIMEOUT_S)
        except HandsetError:
            err_console.out("".join(said), highlight=False)
            raise


def _print(text: str) -> None:
    console.out(text, highlight=False)
