"""Write the module `build_info` that goes into the firmware: what it is and what went in.

Dates come from the commit, not from the clock: the same sources give the same firmware.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools import files
from tools.fetch import ROOT, read_stamp


def collect(third_party_dir: Path, names: Sequence[str] = ()) -> dict[str, Any]:
    """VERSION, GIT_HASH ("-changed" when files differ from it), BUILD_DATE, THIRD_PARTY.

    Of what was fetched, the record has what `names` says; without names, all of it.
    """
    found = sorted(names) or sorted(path.name for path in third_party_dir.iterdir())
    stamps = {name: read_stamp(third_party_dir / name) for name in found}
    return {
        "VERSION": _version((ROOT / "pyproject.toml").read_text(encoding="utf-8")),
        "GIT_HASH": _git_hash(),
        "BUILD_DATE": _build_date(),
        "THIRD_PARTY": tuple(
            (name, stamp["version"], stamp["sha256"]) for name, stamp in stamps.items() if stamp
        ),
    }


def _version(pyproject: str) -> str:
    """The project's version; pyproject.toml as a whole is more TOML than `toml_subset` reads."""
    match = re.search(r'^version = "([^"]+)"$', pyproject, re.MULTILINE)
    if not match:
        raise ValueError("pyproject.toml has no version")
    return match.group(1)


def _git(*arguments: str) -> str:
    """Output of a git command; empty where there is no repository or no git."""
    command = ["git", "-C", str(ROOT), *arguments]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return run.stdout.strip() if run.returncode == 0 else ""


def _git_hash() -> str:
    commit = _git("rev-parse", "--short=10", "HEAD")
    if not commit:
        return "unversioned"
    changed = _git("status", "--porcelain", "--", "firmware", "boards", "third_party.toml")
    return f"{commit}-changed" if changed else commit


def _build_date() -> str:
    seconds = os.environ.get("SOURCE_DATE_EPOCH") or _git("log", "-1", "--format=%ct") or "0"
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(seconds)))


def python_module(values: dict[str, Any]) -> str:
    """Source of the module `build_info`."""
    lines = ['"""What this firmware is and what went into it; generated."""\n']
    lines += [f"{name} = {value!r}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def main(argv: list[str]) -> int:
    """`python3 -m tools.build_info THIRD_PARTY_DIR OUT_DIR`."""
    values = collect(Path(argv[0]), argv[2:])
    files.write_if_changed(Path(argv[1]) / "build_info.py", python_module(values))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
