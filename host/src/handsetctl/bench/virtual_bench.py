"""A bench of virtual handsets: processes on this machine around one virtual air."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from handsetctl.bench.acoustics import wait_until
from handsetctl.bench.air_control import AirControl
from handsetctl.bench.faults import BenchTimeout
from handsetctl.bench.handset import HandsetSetup, VirtualHandset
from handsetctl.bench.interface import Bench
from handsetctl.bench.loop import BenchLoop
from handsetctl.bench.machines import machine_of, virtual_board
from handsetctl.bench.machines.unix import UnixMachine
from handsetctl.bench.places import DEFAULT_BOARD
from handsetctl.errors import BenchError

DEFAULT_NAMES = ("A", "B")


class VirtualBench(Bench):
    """Virtual handsets on one air and one clock; as a context manager, closed at the end.

    Entering starts the handsets and does not wait for them: wait_ready does.
    """

    def __init__(
        self,
        state_dir: Path,
        names: Sequence[str] = DEFAULT_NAMES,
        *,
        board: str = DEFAULT_BOARD,
        binary: Path | None = None,
        main: Path | None = None,
        flash_bytes: int | None = None,
        command: Sequence[str] | None = None,
        seed: int = 1,
    ) -> None:
        """Lay the wires, with the power off.

        state_dir: gets a folder a handset; what is in their flash images is kept.
        board: what the handsets are, one of machines.virtual_boards().
        binary: the firmware (default: what the checkout has built for the board).
        main: a program that the firmware's MicroPython runs in place of the application.
        flash_bytes: default from the board's facts.
        command: a program of this machine in place of the firmware, for tests of the bench itself.
        seed: of the air's randomness.
        Raises BenchError.
        """
        if not names or len(set(names)) != len(names) or not all(map(_is_name, names)):
            raise BenchError(
                f"not a list of different names: {', '.join(names) or 'empty'}",
                "the virtual bench",
                "name handsets with letters, digits, '-' and '_', such as A and B",
            )
        self._handsets: dict[str, VirtualHandset] = {}
        self.board = virtual_board(board)
        machine = UnixMachine(command) if command else machine_of(self.board, binary, main)
        self.emulated = machine.emulated
        flash_bytes = self.board.flash_bytes if flash_bytes is None else flash_bytes
        t0_ns = time.monotonic_ns()
        self._closed = False
        self.air = AirControl(seed)
        self._loop = BenchLoop()
        try:
            for number, name in enumerate(names, 1):
                setup = HandsetSetup(
                    name=name,
                    state_dir=state_dir / name,
                    machine=machine,
                    identity={
                        "serial_number": f"SIM-{number:04d}",
                        "user_id": f"sip:{name.lower()}@sim.invalid",
                    },
                    flash_bytes=flash_bytes,
                    t0_ns=t0_ns,
                    air_media_port=self.air.media_port,
                    air_floor_port=self.air.floor_port,
                )
                handset = VirtualHandset(self._loop, setup)
                self._handsets[name] = handset
                self.air.join(name, *handset.air_ports)
            self._loop.call(lambda: self._loop.add_reader(self.air.fileno(), self._air_ended))
        except BaseException:
            self.close()
            raise

    @property
    def handsets(self) -> Mapping[str, VirtualHandset]:
        return self._handsets

    def __getitem__(self, name: str) -> VirtualHandset:
        return self._handsets[name]

    def now_s(self) -> float:
        return time.monotonic()

    def wait_until(self, instant_s: float) -> None:
        wait_until(instant_s)

    def start(self) -> None:
        """Give power to every handset."""
        for handset in self._handsets.values():
            handset.power_on()

    def wait_ready(self, timeout_s: float = 10.0) -> None:
        deadline_s = time.monotonic() + timeout_s
        for handset in self._handsets.values():
            try:
                handset.wait_output("ready", "1", max(0.0, deadline_s - time.monotonic()))
            except BenchTimeout:
                unread = handset.console.peek().decode("utf-8", "replace").strip()
                raise BenchTimeout(
                    f"the application did not come up within {timeout_s:g} s; "
                    f"its console says: {unread or 'nothing'}",
                    f"handset {handset.name}",
                    "look for the cause in its console output",
                ) from None

    def check(self) -> None:
        """Raise BenchError if what all handsets share, the air, is gone."""
        self.air.check()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for handset in self._handsets.values():
            self._loop.call(handset.close)
        self._loop.close()
        self.air.close()

    def _air_ended(self) -> None:
        self._loop.remove_reader(self.air.fileno())
        for handset in self._handsets.values():
            handset.bench_failed(self.air.fault)

    def __enter__(self) -> VirtualBench:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _is_name(name: str) -> bool:
    return bool(name) and all(c.isascii() and (c.isalnum() or c in "-_") for c in name)
