"""What went into a build: versions and hashes, so that a figure can be traced to its sources."""

from __future__ import annotations

import hashlib
import platform
import runpy
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

from handsetctl.bench.machines import firmware_of

_MEASURING_PACKAGES = ("numpy", "scipy", "pystoi", "pesq")


def build_facts(board: str) -> dict[str, Any]:
    """Firmware version, sources by hash, the binary's own hash, and the measuring host.

    BenchError when the firmware of a virtual board has not been built.
    """
    firmware = firmware_of(board)
    facts = runpy.run_path(str(firmware.parent / "gen" / "build_info.py"))
    sources = {
        name: {"version": version, "sha256": sha256}
        for name, version, sha256 in facts["THIRD_PARTY"]
    }
    return {
        "board": board,
        "firmware": facts["VERSION"],
        "git": facts["GIT_HASH"],
        "binary_sha256": _sha256(firmware),
        "sources": sources,
        "host": {
            "python": platform.python_version(),
            **{name: package_version(name) for name in _MEASURING_PACKAGES},
        },
    }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
