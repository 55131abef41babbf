"""Programs of the system that the bench leans on."""

from __future__ import annotations

import shutil

from handsetctl.errors import BenchError


def find_program(name: str) -> str:
    """Path of a program of util-linux (part of every Debian); BenchError if it is missing."""
    path = shutil.which(name)
    if path is None:
        raise BenchError(
            f"the program {name} is not installed", name, "install the package util-linux"
        )
    return path
