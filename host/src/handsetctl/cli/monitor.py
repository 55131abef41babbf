"""`handsetctl monitor`: the text a handset writes on its console."""

from __future__ import annotations

from contextlib import suppress

from handsetctl.cli.output import console
from handsetctl.cli.target import TargetArgument, open_device


def monitor(target: TargetArgument) -> None:
    """Print the console text of a handset until Ctrl-C; management frames are left out."""
    with suppress(KeyboardInterrupt), open_device(target) as device:
        device.on_text(lambda text: console.out(text, highlight=False))
        while True:
            device.listen(timeout_s=1.0)
