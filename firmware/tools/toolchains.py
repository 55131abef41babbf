"""The C compiler for each architecture a board can have.

    python3 -m tools.toolchains rv32imc       prints compiler and flags, for use in makefiles

Flags are what the firmware builds use, as far as code and data sizes go.
"""

import sys
from dataclasses import dataclass

from tools import xtensa_compiler
from tools.fetch import ROOT


@dataclass(frozen=True)
class Toolchain:
    """How C becomes objects of one architecture."""

    cc: str
    flags: tuple[str, ...]
    # MicroPython's name for the machine code its compiler can make (mpy-cross -march=).
    mpy_march: str
    # The architecture whose codec objects serve for this one as well: the codecs are C that has no
    # use for what the two differ in.
    codecs_of: str


_BIN = ROOT / "build" / "bin"
_XTENSA = str(_BIN / f"{xtensa_compiler.PREFIX}gcc")


def _rv32(march: str) -> Toolchain:
    # GCC 12 takes 64-bit libraries with the newer -misa-spec that is its default.
    flags = (f"-march={march}", "-mabi=ilp32", "-misa-spec=2.2", "--specs=picolibc.specs")
    return Toolchain("riscv64-unknown-elf-gcc", flags, "rv32imc", "rv32imc")


TOOLCHAINS = {
    "x64": Toolchain("gcc", (), "x64", "x64"),
    "rv32imc": _rv32("rv32imc"),
    "rv32imac": _rv32("rv32imac"),
    # For C the two are one core, see firmware/tools/xtensa/esp32_core.c.
    "xtensa-lx6": Toolchain(_XTENSA, ("-mlongcalls",), "xtensawin", "xtensa-lx6"),
    "xtensa-lx7": Toolchain(_XTENSA, ("-mlongcalls",), "xtensawin", "xtensa-lx6"),
}


def main(argv: list[str]) -> int:
    """The command: returns its exit code."""
    if len(argv) != 1 or argv[0] not in TOOLCHAINS:
        print(f"usage: python3 -m tools.toolchains {{{','.join(TOOLCHAINS)}}}", file=sys.stderr)
        return 2
    toolchain = TOOLCHAINS[argv[0]]
    print(toolchain.cc, *toolchain.flags)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
