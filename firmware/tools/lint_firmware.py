"""Type-check the firmware against MicroPython's stubs, port by port (with build/venv's Python).

    PYTHONPATH=firmware build/venv/bin/python -m tools.lint_firmware [PORT...]

Every port sees the same application; its drivers and the wiring of its boards are judged with the
stubs of its MicroPython. A wrapper around mypy also because the stubs' own files have faults that
mypy reports as well.
"""

import os
import subprocess
import sys
from pathlib import Path

from tools import toml_subset
from tools.fetch import ROOT

# The stubs of each port's MicroPython, by their requirements file and folder (tools.venv). There
# are none for a bare-metal machine: the unix port's come closest.
_STUBS = {"unix": "stubs", "qemu": "stubs", "esp32": "stubs-esp32"}
_APPLICATION = ("firmware/handset", "firmware/hal", "firmware/ports/common", "firmware/development")
_FIRMWARE = ("firmware/", "boards/")
# What our builds switch on and those that the stubs were made from do not: (port's configuration,
# switch, what mypy says without it). The switch is looked for, so that none is lost unnoticed.
_SWITCHED_ON = {
    "esp32": (
        "firmware/ports/esp32/handset_config.h",
        "#define MICROPY_MEM_STATS (1)",
        'Module has no attribute "mem_total"',
    )
}


class LintError(Exception):
    """The check could not be made; the message says why."""


def boards_by_port(boards: Path) -> dict[str, list[str]]:
    """Folder names of the boards that each port serves, as their board.toml says."""
    ports: dict[str, list[str]] = {port: [] for port in _STUBS}
    for path in sorted(boards.glob("*/board.toml")):
        port = toml_subset.load(path).get("port")
        if port not in ports:
            raise LintError(f"{path}: port is {port!r}, there are {', '.join(ports)}")
        ports[port].append(path.parent.name)
    return ports


def commands(port: str, boards: list[str]) -> list[tuple[list[str], str]]:
    """mypy's arguments and MYPYPATH for each of the port's runs.

    The first covers application, drivers and the first board. All boards call their module `board`,
    so the others have a run each, which is quick: the cache knows the rest.
    """
    stubs = f"build/venv/{_STUBS[port]}"
    shared = list(_APPLICATION)
    drivers = sorted(str(path.relative_to(ROOT)) for path in driver_files(port))
    runs = []
    for board in boards or [""]:
        wiring = [f"boards/{board}/board.py"] if board else []
        files = [*shared, *drivers, *wiring]
        shared, drivers = [], []
        options = ["--custom-typeshed-dir", stubs, "--cache-dir", f".mypy_cache/firmware-{port}"]
        path = os.pathsep.join([*([f"boards/{board}"] if board else []), stubs])
        if files:
            runs.append(([*options, *files], path))
    return runs


def driver_files(port: str) -> list[Path]:
    """Drivers of a port; files for its build, in folders below, are not drivers."""
    return list((ROOT / "firmware" / "ports" / port).glob("*.py"))


def is_finding(line: str) -> bool:
    """Whether a line of mypy's output counts."""
    return line.startswith(_FIRMWARE) and ": error: " in line


def is_switched_on(port: str, line: str) -> bool:
    """Whether a finding is only about what this port's own configuration adds."""
    if port not in _SWITCHED_ON:
        return False
    header, switch, message = _SWITCHED_ON[port]
    return message in line and switch in (ROOT / header).read_text(encoding="utf-8")


def check(port: str, boards: list[str]) -> list[str]:
    """Findings in a port's drivers and boards."""
    findings: list[str] = []
    for arguments, path in commands(port, boards):
        run = subprocess.run(
            [sys.executable, "-m", "mypy", "--config-file", "firmware/mypy.ini", *arguments],
            cwd=ROOT,
            env={**os.environ, "MYPYPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode not in (0, 1) or not run.stdout.strip():
            raise LintError(f"mypy did not work for port {port}:\n{run.stdout}{run.stderr}")
        findings += [line for line in run.stdout.splitlines() if is_finding(line)]
    return [line for line in findings if not is_switched_on(port, line)]


def main(argv: list[str]) -> int:
    """Exit code 1 on findings, 2 when mypy itself could not work."""
    findings: list[str] = []
    try:
        ports = boards_by_port(ROOT / "boards")
        for port in argv or ports:
            findings += check(port, ports[port])
    except LintError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    # Each run of a port also sees its drivers.
    print("\n".join(dict.fromkeys(findings)) or "no findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
