"""MicroPython with its littlefs, built beside the virtual handset: what users keep files in."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from handsetctl.errors import BenchError
from tools import files

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
OUT = ROOT / "build" / "bench" / "littlefs"


def build() -> Path:
    """Build what changed; the program. BenchError with what make said last."""
    makefile = HERE / "littlefs" / "Makefile"
    command = ["make", "-s", "-j2", "-f", str(makefile), f"OUT={OUT.relative_to(ROOT)}"]
    # A make above us may have left its job server's handles in the environment.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    with files.exclusive(OUT):
        made = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
    if made.returncode:
        raise BenchError(
            "\n".join((made.stdout + made.stderr).splitlines()[-20:]),
            "MicroPython with littlefs",
            "build the virtual handset first: make sim",
        )
    return OUT / "micropython"
