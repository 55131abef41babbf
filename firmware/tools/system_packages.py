"""Programs and libraries that are Debian packages: there, installed, or unpacked without root.

    python3 -m tools.system_packages tshark qemu-system-riscv32 libsrtp2.so.1

Ends at once when all are there. What is missing is installed in one go where that is allowed
(root), else unpacked into build/debian with wrappers in build/bin (`load_library` finds a library).
When neither can be, exit code 1 and the line to type.
"""

import contextlib
import ctypes
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools import debian
from tools.fetch import ROOT
from tools.progress import say
from tools.step import run_step

BIN_DIR = ROOT / "build" / "bin"
_LOGS = ROOT / "build" / "log"
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


@dataclass(frozen=True)
class Program:
    """What it takes to have a program, or a library (of which the packages alone count)."""

    packages: tuple[str, ...]
    # How it is seen to work.
    check: tuple[str, ...] = ("--version",)
    # Unpacked: which programs of the package get a wrapper, and what says where their data is.
    wrap: str = ""
    variables: tuple[tuple[str, str], ...] = ()


_PROGRAMS = {
    "tshark": Program(("tshark",), variables=(("WIRESHARK_DATA_DIR", "usr/share/wireshark"),)),
    "qemu-system-riscv32": Program(("qemu-system-misc",)),
    "qemu-xtensa": Program(("qemu-user",)),
    "riscv64-unknown-elf-gcc": Program(
        ("gcc-riscv64-unknown-elf", "picolibc-riscv64-unknown-elf"),
        check=("--specs=picolibc.specs", "-E", "-x", "c", "-include", "stdio.h", "/dev/null"),
        wrap="riscv64-unknown-elf-*",
    ),
    "libsrtp2.so.1": Program(("libsrtp2-1",)),
    # With libFuzzer and the sanitizers' own parts; they come with their headers.
    "clang-14": Program(
        ("clang-14", "libclang-rt-14-dev"),
        check=(
            "-fsanitize=fuzzer",
            "-E",
            "-x",
            "c",
            "-include",
            "sanitizer/asan_interface.h",
            "/dev/null",
        ),
    ),
    "llvm-symbolizer-14": Program(("llvm-14",)),
    # It looks for its tools where it was installed, unless told.
    "valgrind": Program(("valgrind",), variables=(("VALGRIND_LIB", "usr/libexec/valgrind"),)),
}


def program(name: str) -> Program:
    """What is known of it; else it comes with the package of its own name."""
    return _PROGRAMS.get(name, Program((name,)))


def missing(names: list[str]) -> list[str]:
    """Those that can not be called or loaded, or do not work."""
    return [name for name in names if not _works(name)]


def load_library(name: str) -> ctypes.CDLL:
    """The shared library of that name, the system's or an unpacked one; raises `OSError`."""
    try:
        return ctypes.CDLL(name)
    except OSError:
        folder = _unpacked_in(name)
        if not folder.is_dir():
            raise
        return _load_unpacked(name, folder)


def _load_unpacked(name: str, folder: Path) -> ctypes.CDLL:
    """With all that was unpacked with it: nobody looks for those in this folder but us."""
    waiting = sorted(path for path in folder.glob("usr/lib/**/*.so*") if path.is_file())
    loaded: dict[str, ctypes.CDLL] = {}
    # Each finds what it needs once that is loaded.
    for _ in range(len(waiting)):
        for path in [path for path in waiting if path.name not in loaded]:
            with contextlib.suppress(OSError):
                loaded[path.name] = ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
        if name in loaded:
            return loaded[name]
    raise OSError(f"{name}, unpacked, can not be loaded")


def _unpacked_in(name: str) -> Path:
    return debian.PRIVATE_DIR / program(name).packages[0]


def _is_library(name: str) -> bool:
    return ".so" in name


def _works(name: str) -> bool:
    if _is_library(name):
        try:
            load_library(name)
        except OSError:
            return False
        return True
    path = os.pathsep.join([str(BIN_DIR), os.environ.get("PATH", ""), _SYSTEM_PATH])
    found = shutil.which(name, path=path)
    if not found:
        return False
    run = subprocess.run([found, *program(name).check], capture_output=True, check=False)
    return run.returncode == 0


def provide(names: list[str]) -> None:
    """Make programs callable and libraries loadable; raises `debian.PackageError`."""
    wanted = missing(names)
    if wanted and os.geteuid() == 0:
        _install([package for name in wanted for package in program(name).packages])
        wanted = missing(wanted)
    for name in wanted:
        _unpack(name)


def _install(packages: list[str]) -> None:
    """As root: the ordinary way, all in one go. Whether it worked is for the caller to see."""
    if not shutil.which("apt-get"):
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    update = "refreshing the package lists"
    run_step("apt", update, _LOGS / "apt-update.log", ["apt-get", "update"], environment)
    run_step("apt", f"installing {' '.join(packages)}", _LOGS / "apt.log", install, environment)


def _unpack(name: str) -> None:
    packages = program(name).packages
    say("apt", f"{name}: unpacked into build/debian, not installed (no root)")
    folder = debian.unpack_packages([*packages], _unpacked_in(name), with_dependencies=True)
    if _is_library(name):
        if not _works(name):
            raise debian.PackageError(f"{name}, unpacked, does not load")
        return
    _place_specs(folder)
    family = sorted(path.name for path in (folder / "usr/bin").glob(program(name).wrap or name))
    for member in family:
        write_wrapper(member, folder, BIN_DIR, program(name).variables)
    if not _works(name):
        for member in family:  # not to stand before a program that is installed later
            (BIN_DIR / member).unlink()
        raise debian.PackageError(f"{name}, unpacked, does not work")


def _place_specs(folder: Path) -> None:
    """What picolibc's package does when it is installed: tell the compiler where its parts are."""
    for path in folder.glob("usr/lib/picolibc/*/*.specs"):
        text = path.read_text().replace("/usr/lib/picolibc", f"{folder}/usr/lib/picolibc")
        for compiler in folder.glob(f"usr/lib/gcc/{path.parent.name}/*/"):
            (compiler / path.name).write_text(text)


def write_wrapper(
    name: str, folder: Path, bin_dir: Path, data: tuple[tuple[str, str], ...] = ()
) -> None:
    """A script that runs the unpacked program with its own libraries and data."""
    libraries = sorted(
        {path.parent for path in folder.glob("**/*.so*") if len(path.relative_to(folder).parts) < 5}
    )
    variables = {key: str(folder / value) for key, value in data}
    if libraries:
        variables["LD_LIBRARY_PATH"] = ":".join(map(str, libraries))
    exports = [f"export {key}={shlex.quote(value)}" for key, value in variables.items()]
    binary = shlex.quote(str(folder / "usr/bin" / name))
    bin_dir.mkdir(parents=True, exist_ok=True)
    script = bin_dir / name
    script.write_text("\n".join(["#!/bin/sh", *exports, f'exec {binary} "$@"', ""]))
    script.chmod(0o755)


def main(argv: list[str]) -> int:
    """The command: returns its exit code."""
    try:
        provide(argv)
    except debian.PackageError as error:
        absent = missing(argv)
        packages = [package for name in absent for package in program(name).packages]
        print(
            f"error: missing: {', '.join(absent)} ({error}).\n"
            f"Type once, as root:  apt-get install --no-install-recommends {' '.join(packages)}",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
