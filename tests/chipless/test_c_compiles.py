"""Our C compiles for every architecture with all warnings as errors, and the check has teeth."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import system_packages, xtensa_compiler
from tools.toolchains import TOOLCHAINS

ROOT = Path(__file__).resolve().parents[2]
VOICE = ROOT / "firmware" / "cmodules" / "voice"
CHIPS = ("rv32imc", "xtensa-lx6")


def lint_c(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`make lint`'s check of C; MAKEFLAGS of a make above would bring its job server's handles."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    command = ["make", "-k", "-s", "-f", "firmware/tools/lint_c.mk", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def compiled(architecture: str, source: str) -> str:
    """Assembly of a piece of C."""
    toolchain = TOOLCHAINS[architecture]
    command = [toolchain.cc, *toolchain.flags, "-O2", "-x", "c", "-", "-S", "-o", "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout


def test_the_programs_the_checks_need_are_here() -> None:
    names = ["riscv64-unknown-elf-gcc", "qemu-system-riscv32", "qemu-xtensa", "cmake"]
    assert system_packages.missing(names) == []
    xtensa_compiler.provide()


def test_our_c_has_no_warning_on_any_architecture() -> None:
    run = lint_c()
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.fixture
def voice_copy(tmp_path: Path) -> Path:
    """The voice module where a file may be added."""
    shutil.copytree(VOICE, tmp_path / "voice")
    return tmp_path / "voice"


def test_what_only_a_chip_minds_is_found(voice_copy: Path) -> None:
    """64 bits go into a size_t on the host, and not on a chip."""
    (voice_copy / "core" / "mutant.c").write_text(
        "#include <stddef.h>\n"
        "size_t narrowed(unsigned long n, unsigned long long wide);\n"
        "size_t narrowed(unsigned long n, unsigned long long wide) { return n + wide; }\n"
    )
    run = lint_c(f"VOICE={voice_copy}", f"x64/{voice_copy}/core/mutant.c")
    assert run.returncode == 0, run.stderr
    for chip in CHIPS:
        run = lint_c(f"VOICE={voice_copy}", f"{chip}/{voice_copy}/core/mutant.c")
        assert run.returncode != 0
        assert "-Werror=conversion" in run.stderr


def test_the_xtensa_code_is_the_esp32s() -> None:
    """Windowed calls, the whole multiplier and the FPU, as Espressif's compiler uses them."""
    assembly = compiled(
        "xtensa-lx6",
        "int far(int);\n"
        "int call(int x) { return far(x) + 1; }\n"
        "float mix(float a, float b, float c) { return a * b + c; }\n"
        "long long wide(int a, int b) { return (long long)a * b; }\n"
        "int order(void) { return (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) * 77; }\n",
    )
    for instruction in ("entry", "call8", "retw", "madd.s", "mulsh", "0x4d"):
        assert instruction in assembly, instruction


def test_the_riscv_code_is_the_esp32_c3s() -> None:
    """It has a multiplier, and neither FPU nor atomic instructions."""
    assembly = compiled(
        "rv32imc",
        "float mix(float a, float b) { return a * b; }\n"
        "int count(int *n) { return __atomic_fetch_add(n, 1, __ATOMIC_RELAXED); }\n"
        "long long wide(int a, int b) { return (long long)a * b; }\n",
    )
    assert "__mulsf3" in assembly
    assert "__atomic_fetch_add_4" in assembly
    assert "mulh" in assembly
