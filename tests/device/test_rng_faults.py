"""The bare machine's source of randomness, taken away or broken: no number comes from elsewhere."""

from __future__ import annotations

import errno
import time
from dataclasses import replace
from pathlib import Path

import pytest
from program_output import lines_until

from handsetctl.bench.handset import HandsetSetup, VirtualHandset
from handsetctl.bench.loop import BenchLoop
from handsetctl.bench.machines import virtual_board
from handsetctl.bench.machines.machine import Invocation, Wires
from handsetctl.bench.machines.qemu import QemuMachine

PROBE = Path(__file__).with_name("rng_fault_probe.py")
IDENTITY = {"serial_number": "SIM-0001", "user_id": "sip:a@sim.invalid"}
TIMEOUT_S = 20.0
HOSTS_NOISE = "/dev/urandom"


class SourceOf(QemuMachine):
    """QEMU whose virtio-rng reads a file, or that has no virtio-rng."""

    file: str | None = HOSTS_NOISE

    def invocation(self, wires: Wires) -> Invocation:
        plain = super().invocation(wires)
        command = list(plain.command)
        source = next(i for i, word in enumerate(command) if word.startswith("rng-random"))
        if self.file is None:
            # "-object rng-random,... -device virtio-rng-device,..."
            assert "virtio-rng-device" in command[source + 2]
            del command[source - 1 : source + 3]
        else:
            command[source] = command[source].replace(HOSTS_NOISE, self.file)
        return replace(plain, command=command)


class NoSource(SourceOf):
    file = None


class StuckSource(SourceOf):
    file = "/dev/zero"


def said_with(machine: type[SourceOf], folder: Path) -> list[str]:
    """What the probe says on a handset of this machine."""
    facts = virtual_board("qemu_rv32")
    loop = BenchLoop()
    setup = HandsetSetup(
        name="A",
        state_dir=folder,
        machine=machine.of_board(facts, None, PROBE),
        identity=IDENTITY,
        flash_bytes=facts.flash_bytes,
        t0_ns=time.monotonic_ns(),
        air_media_port=9,
        air_floor_port=9,
    )
    handset = VirtualHandset(loop, setup)
    try:
        handset.power_on()
        lines = lines_until(handset, "done virtio-rng", TIMEOUT_S)
        return [line for line in lines if line.startswith(("filled", "refused"))]
    finally:
        loop.call(handset.close)
        loop.close()


@pytest.mark.parametrize(
    ("machine", "answer"),
    [
        (SourceOf, "filled good"),
        (NoSource, f"refused {errno.ENODEV} True no_source"),
        (StuckSource, f"refused {errno.EIO} True unhealthy"),
    ],
)
def test_there_is_no_other_source(machine: type[SourceOf], answer: str, tmp_path: Path) -> None:
    assert said_with(machine, tmp_path) == [answer, answer]
