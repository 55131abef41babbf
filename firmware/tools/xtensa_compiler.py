"""A C compiler for the processor of ESP32 and ESP32-S3 without Espressif's: for checks only.

    python3 -m tools.xtensa_compiler        makes build/bin/xtensa-check-{gcc,ld,size,...}

Debian's compiler for another Xtensa core (the ESP8266's) reads the description of a core from a
shared object: with the ESP32's (firmware/tools/xtensa) it makes what Espressif's compiler makes,
for the windowed ABI. There is no library to link for that ABI: nothing it links runs on a chip.
What it is good for: warnings and errors, sizes, stack use.
"""

import hashlib
import platform
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tools import debian, elf_versions, files
from tools.fetch import ROOT, Fetcher, FetchError, cache_folder, read_stamp
from tools.progress import say
from tools.third_party import read_manifest

PREFIX = "xtensa-check-"
FOLDER = debian.PRIVATE_DIR / "xtensa"
BIN_DIR = ROOT / "build" / "bin"
_SOURCES = ("gcc-xtensa-lx106", "binutils-xtensa-lx106", "picolibc-xtensa-lx106", "binutils")
_PROGRAMS = ("gcc", "ar", "as", "ld", "nm", "objcopy", "objdump", "readelf", "size")
_THIRD_PARTY = ROOT / "build" / "third_party"
_OURS = Path(__file__).with_name("xtensa")
_NEWER_LIBC, _ANY_LIBC = "GLIBC_2.38", "GLIBC_2.2.5"


class CompilerError(Exception):
    """There can be no such compiler here; the message says why and what to do."""


def provide() -> None:
    """Make build/bin/xtensa-check-*, at once when they are there; raises `CompilerError`."""
    if platform.machine() != "x86_64":
        raise CompilerError(f"Debian's compiler is fetched for x86-64, not {platform.machine()}")
    projects = read_manifest(ROOT / "third_party.toml")
    fetcher = Fetcher(cache_folder(), _THIRD_PARTY)
    try:
        for name in _SOURCES:
            fetcher.fetch(projects[name])
    except FetchError as error:
        raise CompilerError(str(error)) from error
    with files.exclusive(FOLDER):
        stamp, wanted = FOLDER / "stamp", _fingerprint()
        if not stamp.is_file() or stamp.read_text() != wanted:
            say("xtensa", "build/bin/xtensa-check-gcc, from Debian's packages")
            stamp.unlink(missing_ok=True)
            _assemble()
            stamp.write_text(wanted)


def _fingerprint() -> str:
    """Changes when anything that goes in does, and when the tree has moved."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in _SOURCES:
        digest.update(str(read_stamp(_THIRD_PARTY / name)).encode())
    for path in [*sorted(_OURS.iterdir()), Path(__file__), Path(elf_versions.__file__)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _assemble() -> None:
    root = FOLDER / "root"
    files.remove(root)
    for name in _SOURCES[:3]:
        shutil.copytree(_THIRD_PARTY / name / "usr", root / "usr", dirs_exist_ok=True)
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink() and elf_versions.is_elf(_head(path)):
            elf_versions.rename_version(path, _NEWER_LIBC, _ANY_LIBC)
    binutils = _THIRD_PARTY / "binutils"
    tables = [str(binutils / "bfd/xtensa-modules.c"), f"-I{binutils}/include", f"-I{binutils}/bfd"]
    _shared_object("older_libc", [])
    _shared_object("esp32_core", tables)
    for program in _PROGRAMS:
        _write_wrapper(program, root)
    _check()


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(6)


def _shared_object(name: str, more: list[str]) -> None:
    target = str(FOLDER / f"{name}.so")
    command = ["cc", "-shared", "-fPIC", "-O1", "-w", str(_OURS / f"{name}.c"), *more, "-o", target]
    _run(command, f"{name}.c does not compile")


def _write_wrapper(program: str, root: Path) -> None:
    binary = [str(root / "usr/bin" / f"xtensa-lx106-elf-{program}")]
    if program == "gcc":
        binary += ["-isystem", str(root / "usr/lib/xtensa-lx106-elf/include")]
    script = BIN_DIR / f"{PREFIX}{program}"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(
        "#!/bin/sh\n"
        "# For checks only, see firmware/tools/xtensa_compiler.py.\n"
        f"export XTENSA_GNU_CONFIG={shlex.quote(str(FOLDER / 'esp32_core.so'))}\n"
        f"export LD_PRELOAD={shlex.quote(str(FOLDER / 'older_libc.so'))}\n"
        f'exec {shlex.join(binary)} "$@"\n'
    )
    script.chmod(0o755)


def _check() -> None:
    """Windowed calls and the multiplier's high half: what the ESP32 has and the ESP8266 has not."""
    source = "long long mul(int a, int b) { return (long long)a * b; }"
    command = [str(BIN_DIR / f"{PREFIX}gcc"), "-O2", "-x", "c", "-", "-S", "-o", "-"]
    assembly = _run(
        command,
        "the Xtensa compiler does not start (it wants gcc's own libraries:"
        " apt-get install libisl23 libmpc3 libmpfr6 libzstd1)",
        source,
    )
    if not all(word in assembly for word in ("entry", "mulsh", "retw")):
        raise CompilerError(f"the Xtensa compiler makes other code than the ESP32's:\n{assembly}")


def _run(command: list[str], failure: str, text: str = "") -> str:
    try:
        run = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise CompilerError(f"{failure}: {error.filename} is not there") from error
    if run.returncode:
        raise CompilerError(f"{failure}:\n{run.stderr.strip()}")
    return run.stdout


def main() -> int:
    """The command: returns its exit code."""
    try:
        provide()
    except CompilerError as error:
        print(f"error: no Xtensa compiler for the checks: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
