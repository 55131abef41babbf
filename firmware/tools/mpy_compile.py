"""Compile all Python of the boards' firmware with MicroPython's own compiler; keeps nothing.

    python3 -m tools.mpy_compile [boards/esp32_devkitc ...]      default: every board

For each board, what it may freeze, for its processor: machine code (@native, @viper) included, and
integers as short as its words make them. Exit code 1 when a file does not compile.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

from tools import toml_subset
from tools.fetch import ROOT
from tools.toolchains import TOOLCHAINS

MPY_CROSS = ROOT / "build" / "mpy-cross" / "mpy-cross"
_SHARED = ("handset", "hal", "ports/common", "ports/virtual", "development")
# What describes a build, not what runs: MicroPython's manifest language.
_NOT_FIRMWARE = "manifest"
_SMALL_INT_BITS = {"x64": 63}
_SMALL_INT_BITS_32 = 31


def sources(board_folder: Path, port: str) -> list[Path]:
    """The Python files a board's firmware is made of."""
    firmware = ROOT / "firmware"
    folders = [firmware / name for name in (*_SHARED, f"ports/{port}")]
    files = [firmware / "ports/__init__.py", *board_folder.glob("*.py")]
    files += [path for folder in folders for path in folder.rglob("*.py")]
    return sorted(path for path in files if not path.name.startswith(_NOT_FIRMWARE))


def failures(files: list[Path], architecture: str) -> list[str]:
    """What the compiler says of each file that does not compile."""
    bits = _SMALL_INT_BITS.get(architecture, _SMALL_INT_BITS_32)
    march = TOOLCHAINS[architecture].mpy_march
    found = []
    for path in files:
        command = [str(MPY_CROSS), f"-march={march}", f"-msmall-int-bits={bits}", "-o", "/dev/null"]
        run = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
        if run.returncode:
            found.append(f"{path}: {(run.stderr + run.stdout).strip()}")
    return found


def _check(folder: Path, board: dict[str, Any]) -> list[str]:
    files, architecture = sources(folder, board["port"]), board["architecture"]
    found = failures(files, architecture)
    print(f"{board['name']:<20} {architecture:<11} {len(files):>4} files, {len(found)} failed")
    return found


def main(argv: list[str]) -> int:
    """The command: returns its exit code."""
    if not MPY_CROSS.is_file():
        print("error: no build/mpy-cross/mpy-cross: `make sim` makes it", file=sys.stderr)
        return 1
    folders = [Path(name).resolve() for name in argv]
    folders = folders or sorted(path.parent for path in (ROOT / "boards").glob("*/board.toml"))
    found = []
    for folder in folders:
        found += _check(folder, toml_subset.load(folder / "board.toml"))
    for failure in found:
        print(f"error: {failure}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
