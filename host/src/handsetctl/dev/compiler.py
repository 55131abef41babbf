"""MicroPython's compiler on the host: what it makes is smaller than source, and needs no heap."""

from __future__ import annotations

import subprocess
from pathlib import Path

from handsetctl.dev.tree import Module
from handsetctl.errors import BuildError
from handsetctl.tree import BUILD_DIR

MPY_CROSS = BUILD_DIR / "mpy-cross" / "mpy-cross"


def flat_name(module: str) -> str:
    """File name of a module, as firmware/development/working_tree.py looks for it."""
    return f"{module.replace('.', '~')}.mpy"


def compile_into(folder: Path, module: Module) -> Path:
    """The .mpy file of a module; BuildError with what the compiler says."""
    target = folder / flat_name(module.name)
    command = [str(MPY_CROSS), "-s", module.file, "-o", str(target), str(module.path)]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BuildError(
            "MicroPython's compiler is not built",
            str(MPY_CROSS),
            "build a firmware first: make firmware BOARD=...",
        ) from None
    if run.returncode:
        raise BuildError(
            f"it does not compile: {(run.stderr or run.stdout).strip()}", str(module.path)
        )
    return target
