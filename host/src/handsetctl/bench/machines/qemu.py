"""Boards of the bare-metal port: the firmware runs in QEMU's 32-bit RISC-V machine "virt".

Every wire of the bench is a device of that machine. Datagram sockets are network cards whose
frames are the bare datagrams; the tape is shared memory on PCI; the flash is its second CFI bank;
what the bench says to the firmware (straps) lies at the end of RAM. firmware/ports/qemu has the
drivers.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

from handsetctl.bench.machines.machine import Invocation, Machine, Wires, built
from handsetctl.bench.places import BoardFacts
from handsetctl.bench.programs import find_program

_RAM_BYTES = 16 << 20
_MACHINE = (
    *("-machine", "virt,aia=none", "-m", f"{_RAM_BYTES >> 20}M"),
    # The virtio of the standard, not what was there before it.
    *("-global", "virtio-mmio.force-legacy=false"),
    # Translated code: its default of 1 GiB would be taken, too.
    *("-accel", "tcg,tb-size=32"),
    *("-nodefaults", "-display", "none", "-monitor", "none"),
)
_STRAPS_AT = 0x8000_0000 + _RAM_BYTES - (1 << 20)


class QemuMachine(Machine):
    """One process of QEMU a handset."""

    firmware = "handset.elf"
    development_firmware = "handset-dev.elf"
    emulated = True
    # A card takes what one read gives: a stream would glue epochs into frames beyond any buffer.
    gnss_kind = socket.SOCK_SEQPACKET

    def __init__(self, qemu: str, firmware: Path, main: Path | None = None) -> None:
        """``main``: what a development firmware runs in place of the application."""
        self._qemu = qemu
        self._firmware = firmware
        self._main = main

    @classmethod
    def of_board(cls, facts: BoardFacts, binary: Path | None, main: Path | None) -> QemuMachine:
        qemu = find_program("qemu-system-riscv32", "qemu-system-misc")
        name = cls.firmware if main is None else cls.development_firmware
        return cls(qemu, built(facts.name, binary or name), main)

    def invocation(self, wires: Wires) -> Invocation:
        cards = (wires.pins_fd, wires.gnss_fd, wires.media_fd, wires.floor_fd)
        # Not -kernel: with anything in the second flash bank, the machine would start there.
        command = [self._qemu, *_MACHINE, "-bios", str(self._firmware)]
        log = wires.state_dir / "console.log"
        command += _console(log) + _flash(wires.flash) + _entropy(0) + _tape(wires.acoustics)
        for bus, fd in enumerate(cards, 1):
            command += _network_card(bus, fd)
        straps = wires.state_dir / "straps.bin"
        _write_private(straps, _straps(self._texts(wires)))
        # fw_cfg would be the place, but QEMU 7.2 has none yet when it takes the option for it.
        command += ["-device", f"loader,file={_value(str(straps))},addr={_STRAPS_AT},force-raw=on"]
        return Invocation(command, os.environ, log)

    def _texts(self, wires: Wires) -> dict[str, bytes]:
        """What the firmware asks for by name."""
        texts = {name: value.encode() for name, value in wires.identity.items()}
        texts["tape_t0_ns"] = str(wires.t0_ns).encode()
        texts["device_secret"] = wires.device_secret.read_bytes().hex().encode()
        if self._main is not None:
            texts["main"] = self._main.read_bytes()
        return texts


def _console(log: Path) -> list[str]:
    """The keyboard's signals are the guest's: the console carries bytes, nothing else."""
    stdio = f"stdio,id=console,signal=off,logfile={_value(str(log))},logappend=off"
    return ["-chardev", stdio, "-serial", "chardev:console"]


def _flash(path: Path) -> list[str]:
    return ["-drive", f"if=pflash,unit=1,format=raw,file={_value(str(path))}"]


def _entropy(bus: int) -> list[str]:
    source = "rng-random,id=entropy,filename=/dev/urandom"
    return ["-object", source, "-device", f"virtio-rng-device,rng=entropy,bus={_bus(bus)}"]


def _network_card(bus: int, fd: int) -> list[str]:
    wire = f"wire{bus}"
    return [
        *("-netdev", f"dgram,id={wire},local.type=fd,local.str={fd}"),
        *("-device", f"virtio-net-device,netdev={wire},bus={_bus(bus)}"),
    ]


def _tape(path: Path) -> list[str]:
    memory = f"id=tape,share=on,mem-path={_value(str(path))},size={path.stat().st_size}"
    return ["-object", f"memory-backend-file,{memory}", "-device", "ivshmem-plain,memdev=tape"]


def _straps(texts: Mapping[str, bytes]) -> bytes:
    """For each: its name, NUL, the number of its bytes in decimal, NUL, the bytes; then a NUL."""
    each = [b"%s\0%d\0%s" % (name.encode(), len(text), text) for name, text in texts.items()]
    return b"".join(each) + b"\0"


def _write_private(path: Path, content: bytes) -> None:
    """For the handset's own eyes: there is its secret among it."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _bus(number: int) -> str:
    return f"virtio-mmio-bus.{number}"


def _value(text: str) -> str:
    """A value among QEMU's options, where a comma ends one unless it is doubled."""
    return text.replace(",", ",,")
