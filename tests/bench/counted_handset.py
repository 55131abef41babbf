"""A handset in QEMU whose time is instructions: each takes a nanosecond, or what is asked for;
idling takes none (-icount).

Everything else is as on the bench. What goes over the pins' wire is also written down with its
virtual time, so that the firmware need not count: a release is measured as it ships.
"""

from __future__ import annotations

import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from handsetctl.bench.handset import HandsetSetup, VirtualHandset
from handsetctl.bench.loop import BenchLoop
from handsetctl.bench.machines import virtual_board
from handsetctl.bench.machines.machine import Invocation, Wires
from handsetctl.bench.machines.qemu import QemuMachine

BOARD = "qemu_rv32"
_IDENTITY = {"serial_number": "SIM-0001", "user_id": "sip:a@sim.invalid"}
_NO_AIR_PORT = 9
_PINS_LOG = "pins.pcap"
_US = 1_000_000
STORE_OFFSET = 0x40_0000


@dataclass(frozen=True)
class PinEvent:
    """A datagram on the pins' wire, in thousand instructions since reset (microseconds)."""

    kinstr: int
    text: str


class CountedMachine(QemuMachine):
    """QEMU with -icount, and a log of the pins' wire."""

    shift = 0
    """An instruction takes 2**shift nanoseconds."""

    def invocation(self, wires: Wires) -> Invocation:
        plain = super().invocation(wires)
        pins_log = f"filter-dump,id=pins_log,netdev=wire1,file={wires.state_dir / _PINS_LOG}"
        options = ["-icount", f"shift={self.shift},sleep=off", "-object", pins_log]
        return replace(plain, command=[*plain.command, *options])


@contextmanager
def counted_handset(
    main: Path | None = None, flash: bytes = b"", device_secret: bytes = b"", shift: int = 0
) -> Iterator[VirtualHandset]:
    """A handset, switched off.

    main: a program for a development firmware to run in place of the application.
    flash: what its partition "store" begins with.
    device_secret: that of its chip; default a new one.
    shift: an instruction takes 2**shift nanoseconds of its clock.
    """
    facts = virtual_board(BOARD)
    loop = BenchLoop()
    machine = CountedMachine.of_board(facts, None, main)
    machine.shift = shift
    with tempfile.TemporaryDirectory(prefix="handset-figures-") as folder:
        write_flash(Path(folder) / "flash.bin", facts.flash_bytes, flash)
        if device_secret:
            (Path(folder) / "device_secret.bin").write_bytes(device_secret)
        setup = HandsetSetup(
            name="counted",
            state_dir=Path(folder),
            machine=machine,
            identity=_IDENTITY,
            flash_bytes=facts.flash_bytes,
            t0_ns=time.monotonic_ns(),
            air_media_port=_NO_AIR_PORT,
            air_floor_port=_NO_AIR_PORT,
        )
        handset = VirtualHandset(loop, setup)
        try:
            yield handset
        finally:
            loop.call(handset.close)
            loop.close()


def write_flash(path: Path, size_bytes: int, data: bytes, offset: int = STORE_OFFSET) -> None:
    """An erased flash but for this; its place is what the partition "store" begins with."""
    rest = size_bytes - offset - len(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\xff" * offset + data + b"\xff" * rest)


def pin_events(handset: VirtualHandset) -> list[PinEvent]:
    """Everything on the pins' wire since the last reset, both ways; for a handset that is off."""
    log = (handset.state_dir / _PINS_LOG).read_bytes()
    events: list[PinEvent] = []
    at, first_us = 24, None
    while at < len(log):
        seconds, fraction_us, n_bytes, _ = struct.unpack_from("<4L", log, at)
        at_us = seconds * _US + fraction_us
        # QEMU adds the date, in whole seconds; the first datagram comes within the first second.
        first_us = at_us - fraction_us if first_us is None else first_us
        text = log[at + 16 : at + 16 + n_bytes].decode("ascii")
        events.append(PinEvent(at_us - first_us, text))
        at += 16 + n_bytes
    return events
