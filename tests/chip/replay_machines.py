"""The machines that program/*.c run on: how they are built for each, and started."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from tools import files, xtensa_compiler
from tools.toolchains import TOOLCHAINS

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
OUT = ROOT / "build" / "chip"
CORE = ROOT / "firmware" / "cmodules" / "voice" / "core"
# What stands in for parts of the codec libraries, a folder a codec.
FAST = CORE.parent / "fast"
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
    released: bool = False  # the codec libraries as released

    @property
    def mbedtls(self) -> str:
        """The folder of its mbedTLS."""
        return self.codecs.replace("codecs", "mbedtls")


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
RELEASED_NATIVE = replace(
    NATIVE, name="native-released", codecs="build/codecs/native-released", released=True
)
RELEASED_RV32 = replace(
    RV32, name="rv32imac-released", codecs="build/codecs/rv32imac-released", released=True
)
CHIPS = {machine.name: machine for machine in (RV32, XTENSA)}


class Replay:
    """A built program of one machine."""

    def __init__(self, machine: Machine, executable: Path) -> None:
        self._machine = machine
        self._executable = executable

    def run(self, name: str, script: bytes) -> bytes:
        """Run it on a script and return the answer. The files stay in a folder of that name."""
        folder = self._executable.parent / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "script").write_bytes(script)
        command = [*self._machine.command, str(self._executable)]
        try:
            run = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
            )
        except (FileNotFoundError, subprocess.TimeoutExpired) as error:
            raise ReplayError(f"{self._machine.name}: {error}") from error
        if run.returncode:
            raise ReplayError(
                f"{self._machine.name}, {name}: {self._executable.name} ended with"
                f" {run.returncode} {run.stderr}"
            )
        return (folder / "answer").read_bytes()

    def figures(self, name: str) -> bytes:
        """What the run of that name measured, where a program does."""
        return (self._executable.parent / name / "figures").read_bytes()


def build(machine: Machine, core: Path = CORE) -> Replay:
    """Build replay.c as far as something changed; `core` may be a changed copy.

    Raises ReplayError.
    """
    return Replay(machine, _executable(machine, "replay", core))


def build_program(machine: Machine, program: str) -> Replay:
    """Build another program of that folder as far as something changed. Raises ReplayError."""
    return Replay(machine, _executable(machine, program, CORE))


def _executable(machine: Machine, program: str, core: Path) -> Path:
    folder = OUT / machine.name
    if machine is XTENSA:
        make_xtensa_compiler()
    if core != CORE:
        folder /= core.parent.name
    with files.exclusive(folder):
        make(
            program,
            OUT=str(folder.relative_to(ROOT)),
            VOICE=str(core.parent),
            CC=machine.cc,
            FLAGS=shlex.join(machine.flags),
            LINK=shlex.join(machine.link),
            MORE=shlex.join(machine.more),
            CODECS=machine.codecs,
            LIBRARY=machine.mbedtls,
            RELEASED="1" if machine.released else "",
        )
    return folder / program


def make_xtensa_compiler() -> None:
    """The compiler for the Xtensa core of qemu-user; raises ReplayError."""
    try:
        xtensa_compiler.provide()
    except xtensa_compiler.CompilerError as error:
        raise ReplayError(str(error)) from error
    check_cc = TOOLCHAINS["xtensa-lx6"].cc
    with files.exclusive(_XTENSA_CC.parent):
        folder = _XTENSA_CC.parent.relative_to(ROOT)
        make("xtensa_compiler", OUT=str(folder), CHECK_CC=check_cc)


def make(target: str, **variables: str) -> None:
    """A target of the Makefile here. Raises ReplayError."""
    # A make above us may have left its job server's handles in the environment.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    command = ["make", "-s", "-j2", "-f", str(HERE / "Makefile"), target]
    command += [f"{name}={value}" for name, value in variables.items()]
    made = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if made.returncode:
        output = (made.stdout + made.stderr).splitlines()[-20:]
        raise ReplayError("\n".join([f"{target} for {variables['OUT']} is not built:", *output]))
