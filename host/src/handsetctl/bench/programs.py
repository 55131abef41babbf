"""Programs of the system that the bench leans on."""

from __future__ import annotations

import os
import shutil

from handsetctl.errors import BenchError
from handsetctl.tree import BUILD_DIR


def find_program(name: str, package: str) -> str:
    """Path of a program of a Debian package: ours (build/bin), the machine's, or BenchError."""
    path = shutil.which(name, path=os.pathsep.join([str(BUILD_DIR / "bin"), os.environ["PATH"]]))
    if path is None:
        raise BenchError(
            f"the program {name} is not installed",
            name,
            f"type once, as root: apt-get install --no-install-recommends {package}",
        )
    return path
