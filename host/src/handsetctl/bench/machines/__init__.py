"""What runs the firmware of a virtual board: one module a kind of machine, by the board's port."""

from __future__ import annotations

from pathlib import Path

from handsetctl.bench.machines.machine import Machine, built
from handsetctl.bench.machines.qemu import QemuMachine
from handsetctl.bench.machines.unix import UnixMachine
from handsetctl.bench.places import BoardFacts, board_facts, ports_of_boards
from handsetctl.errors import BenchError

_MACHINES: dict[str, type[Machine]] = {"unix": UnixMachine, "qemu": QemuMachine}


def virtual_boards() -> list[str]:
    """The boards that need no board."""
    return [name for name, port in ports_of_boards().items() if port in _MACHINES]


def virtual_board(name: str) -> BoardFacts:
    """The facts of a virtual board; BenchError for another."""
    facts = board_facts(name)
    if facts.port not in _MACHINES:
        raise BenchError(
            f"board '{name}' is no virtual one",
            facts.title,
            f"choose one of: {', '.join(virtual_boards())}",
        )
    return facts


def machine_of(facts: BoardFacts, binary: Path | None = None, main: Path | None = None) -> Machine:
    """The machine that carries a virtual board.

    binary: other firmware than the board's; main: a program to run in place of the application.
    """
    return _MACHINES[facts.port].of_board(
        facts, binary and binary.resolve(), main and main.resolve()
    )


def firmware_of(name: str) -> Path:
    """What the build of a virtual board makes; BenchError when it has not."""
    return built(name, _MACHINES[virtual_board(name).port].firmware)


def development_firmware_of(name: str) -> Path:
    """The development build of a virtual board; BenchError when it has none, or it is not built."""
    firmware = _MACHINES[virtual_board(name).port].development_firmware
    if firmware is None:
        raise BenchError(
            f"board '{name}' has no development build",
            "its firmware is a program of this machine",
            "choose another: handsetctl sim start --board qemu_rv32 --dev",
        )
    return built(name, firmware)
