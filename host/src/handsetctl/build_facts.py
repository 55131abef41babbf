"""What went into a build: versions and hashes, so that a figure can be traced to its sources."""

from __future__ import annotations

import hashlib
import platform
import runpy
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

from handsetctl.errors import BuildError
from handsetctl.tree import BUILD_DIR

_MEASURING_PACKAGES = ("numpy", "scipy", "pystoi", "pesq")


def build_facts(board: str = "sim") -> dict[str, Any]:
    """Firmware version, sources by hash, the binary's own hash, and the measuring host.

    BuildError when the board's firmware has not been built.
    """
    directory = BUILD_DIR / board
    info = directory / "gen" / "build_info.py"
    if not info.exists():
        raise BuildError(
            f"the firmware of board '{board}' is not built", str(info), f"run: make {board}"
        )
    facts = runpy.run_path(str(info))
    sources = {
        name: {"version": version, "sha256": sha256}
        for name, version, sha256 in facts["THIRD_PARTY"]
    }
    return {
        "board": board,
        "firmware": facts["VERSION"],
        "git": facts["GIT_HASH"],
        "binary_sha256": _sha256(directory / "handset"),
        "sources": sources,
        "host": {
            "python": platform.python_version(),
            **{name: package_version(name) for name in _MEASURING_PACKAGES},
        },
    }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
