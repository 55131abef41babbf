"""Type-check the firmware against MicroPython's stubs (with the Python of build/venv).

Firmware names duck-typed parts `object` (MicroPython has no protocols at run time), which mypy
takes at its word; those complaints are left out. What stays is what a board would trip over:
modules and functions that MicroPython does not have, wrong numbers of arguments, wrong returns.
"""

import re
import subprocess
import sys

from tools.fetch import ROOT

# Attributes count on modules only; the stubs do not list asyncio's parts as attributes.
_DUCK_TYPED = re.compile(r'"object"|error: "[^"]+" has no attribute|Module has no attribute "core"')
_FIRMWARE = ("firmware/", "boards/")


def is_finding(line: str) -> bool:
    """Whether a line of mypy's output counts."""
    if not line.startswith(_FIRMWARE) or ": error: " not in line:
        return False
    return not _DUCK_TYPED.search(line)


def main() -> int:
    """Exit code 1 on findings, 2 when mypy itself could not work."""
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "firmware/mypy.ini"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode not in (0, 1) or not run.stdout.strip():
        print(run.stdout + run.stderr, file=sys.stderr)
        return 2
    findings = [line for line in run.stdout.splitlines() if is_finding(line)]
    print("\n".join(findings) or "no findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
