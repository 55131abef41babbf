"""Boards of MicroPython's unix port: the firmware is a program of this machine."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Sequence
from pathlib import Path

from handsetctl.bench.machines.machine import Invocation, Machine, Wires, built
from handsetctl.bench.places import BoardFacts


class UnixMachine(Machine):
    """A program that finds its wires in the file that HANDSET_WIRING names."""

    firmware = "handset"
    emulated = False
    gnss_kind = socket.SOCK_STREAM

    def __init__(self, command: Sequence[str]) -> None:
        """``command``: the program and its arguments."""
        self._command = command

    @classmethod
    def of_board(cls, facts: BoardFacts, binary: Path | None, main: Path | None) -> UnixMachine:
        firmware = built(facts.name, binary or cls.firmware)
        program = ["-m", "handset.main"] if main is None else [str(main)]
        return cls([str(firmware), "-X", f"heapsize={facts.heap_bytes}", *program])

    def invocation(self, wires: Wires) -> Invocation:
        wiring = {
            "pins_fd": wires.pins_fd,
            "gnss_fd": wires.gnss_fd,
            "media_fd": wires.media_fd,
            "floor_fd": wires.floor_fd,
            "flash": str(wires.flash),
            "acoustics": str(wires.acoustics),
            "identity": dict(wires.identity),
        }
        path = wires.state_dir / "wiring.json"
        path.write_text(json.dumps(wiring, indent=1) + "\n")
        # Only what is frozen into the firmware may be imported, as on a board.
        own = {
            "HANDSET_WIRING": str(path),
            "HANDSET_DEVICE_SECRET": str(wires.device_secret),
            "MICROPYPATH": ".frozen",
        }
        return Invocation(self._command, {**os.environ, **own})
