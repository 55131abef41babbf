"""Type-check the firmware against MicroPython's stubs (with the Python of build/venv).

A wrapper around mypy only because the stubs' own files have faults that mypy reports as well.
"""

import subprocess
import sys

from tools.fetch import ROOT

_FIRMWARE = ("firmware/", "boards/")


def is_finding(line: str) -> bool:
    """Whether a line of mypy's output counts."""
    return line.startswith(_FIRMWARE) and ": error: " in line


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
