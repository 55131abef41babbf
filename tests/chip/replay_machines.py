"""The machines that program/replay.c runs on: how it is built for each, and started."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools import files, xtensa_compiler
from tools.toolchains import TOOLCHAINS

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
OUT = ROOT / "build" / "chip"
CORE = ROOT / "firmware" / "cmodules" / "voice" / "core"
_TIMEOUT_S = 240


class ReplayError(Exception):
    """The program does not build or does not run; the message says which and how it ended."""


@dataclass(frozen=True)
class Machine:
    """An architecture with something that runs its programs."""

    name: str
    cc: str
    codecs: str
    command: tuple[str, ...]  # in front of the program
    flags: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    more: tuple[str, ...] = ()


# The machine has RAM from 0x80000000 on, and starts there. One instruction is one step of its
# clock: a program that counts them (tests/bench) counts exactly.
_RV32_LINK = (
    "--oslib=semihost",
    "--crt0=hosted",
    "-Wl,--defsym=__flash=0x80000000,--defsym=__flash_size=0x200000",
    "-Wl,--defsym=__ram=0x80200000,--defsym=__ram_size=0x200000,--defsym=__stack_size=0x20000",
)
_RV32_COMMAND = (
    *("qemu-system-riscv32", "-machine", "virt", "-bios", "none", "-m", "16M"),
    *("-display", "none", "-monitor", "none", "-serial", "none"),
    *("-icount", "shift=0", "-semihosting-config", "enable=on,target=native", "-kernel"),
)
_XTENSA_CC = OUT / "xtensa" / "compiler" / "gcc"

# The sim board's own library, with the same compiler.
NATIVE = Machine("native", "cc", "build/codecs/native", ())
RV32 = Machine(
    name="rv32imac",
    cc=TOOLCHAINS["rv32imac"].cc,
    codecs="build/codecs/rv32imac",
    command=_RV32_COMMAND,
    flags=TOOLCHAINS["rv32imac"].flags,
    link=_RV32_LINK,
)
XTENSA = Machine(
    name="xtensa",
    cc=str(_XTENSA_CC),
    codecs="build/chip/xtensa/codecs",
    command=("qemu-xtensa", "-cpu", "de233_fpu"),
    flags=TOOLCHAINS["xtensa-lx6"].flags,
    # The program brings its own C library: it must not be compiled into calls of itself.
    link=("-nostdlib", "-nostartfiles", "-ffreestanding", "-fno-tree-loop-distribute-patterns"),
    more=("tests/chip/program/xtensa_linux.c",),
)
CHIPS = {machine.name: machine for machine in (RV32, XTENSA)}


class Replay:
    """The built program of one machine."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self._machine = machine
        self._folder = folder

    def run(self, name: str, script: bytes) -> bytes:
        """Play a script and return the answer. The files stay in a folder of that name."""
        folder = self._folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "script").write_bytes(script)
        command = [*self._machine.command, str(self._folder / "replay")]
        try:
            run = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
            )
        except (FileNotFoundError, subprocess.TimeoutExpired) as error:
            raise ReplayError(f"{self._machine.name}: {error}") from error
        if run.returncode:
            raise ReplayError(
                f"{self._machine.name}, {name}: replay.c ended with {run.returncode} {run.stderr}"
            )
        return (folder / "answer").read_bytes()


def build(machine: Machine, core: Path = CORE) -> Replay:
    """Build what changed; `core` may be a changed copy. Raises ReplayError."""
    folder = OUT / machine.name
    if machine is XTENSA:
        _make_xtensa_compiler()
    if core != CORE:
        folder /= core.parent.name
    with files.exclusive(folder):
        _make(
            "replay",
            OUT=str(folder.relative_to(ROOT)),
            VOICE=str(core.parent),
            CC=machine.cc,
            FLAGS=shlex.join(machine.flags),
            LINK=shlex.join(machine.link),
            MORE=shlex.join(machine.more),
            CODECS=machine.codecs,
        )
    return Replay(machine, folder)


def _make_xtensa_compiler() -> None:
    try:
        xtensa_compiler.provide()
    except xtensa_compiler.CompilerError as error:
        raise ReplayError(str(error)) from error
    check_cc = TOOLCHAINS["xtensa-lx6"].cc
    with files.exclusive(_XTENSA_CC.parent):
        folder = _XTENSA_CC.parent.relative_to(ROOT)
        _make("xtensa_compiler", OUT=str(folder), CHECK_CC=check_cc)


def _make(target: str, **variables: str) -> None:
    # A make above us may have left its job server's handles in the environment.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    command = ["make", "-s", "-j2", "-f", str(HERE / "Makefile"), target]
    command += [f"{name}={value}" for name, value in variables.items()]
    made = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if made.returncode:
        output = (made.stdout + made.stderr).splitlines()[-20:]
        raise ReplayError("\n".join([f"{target} for {variables['OUT']} is not built:", *output]))
