"""Make build/venv, the Python environment of the host tool and the tests, without root.

    python3 -m tools.venv run [test] [lint] [stubs] [stubs-esp32]

Works where Python comes without `ensurepip` (Debian's python3-venv not installed) and without
`Python.h` (python3-dev not installed): both then come from Debian's packages, unpacked into the
build folder. Versions are those of requirements/*.txt. A second run with nothing changed takes no
time and no network.
"""

import hashlib
import importlib.util
import json
import os
import sys
import sysconfig
from pathlib import Path

from tools import debian, files
from tools.fetch import ROOT
from tools.step import run_step

VENV = ROOT / "build" / "venv"
SETS = ("run", "test", "lint", "stubs", "stubs-esp32")
# Where build/venv is activated, sys.executable is the one that is to be removed and made anew.
_PYTHON = str(Path(sys.executable).resolve())
_STAMP = VENV / ".handset.json"
_LOGS = ROOT / "build" / "log"
_EPILOG = """What to do: read the log above. Without a way to PyPI, point pip at a mirror or folder
of wheels (PIP_INDEX_URL, PIP_FIND_LINKS, or pip's configuration file) and run it again."""


class VenvError(Exception):
    """The environment could not be made; the message says what to do."""


def wanted_stamp(sets: list[str]) -> dict[str, str]:
    """What an environment for these sets records: it is current when it says all of this."""
    stamp = {"python": f"{_PYTHON} {sys.version}", "root": str(ROOT)}
    for name in ("build", *sets):
        stamp[name] = _digest(ROOT / "requirements" / f"{name}.txt")
    stamp["project"] = _digest(ROOT / "pyproject.toml")
    return stamp


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make(sets: list[str]) -> None:
    """Bring build/venv to what `sets` ask for; raises `VenvError`."""
    wanted = wanted_stamp(sets)
    found = _read_stamp()
    if wanted.items() <= found.items():
        return
    with files.exclusive(ROOT / "build"):
        found = _read_stamp()
        if any(found.get(key) != wanted[key] for key in ("python", "root")):
            _create()
            found = {"python": wanted["python"], "root": wanted["root"]}
        for name in ("build", *sets):
            if found.get(name) != wanted[name]:
                target = (
                    ["--upgrade", "--target", str(VENV / name)] if name.startswith("stubs") else []
                )
                _install(name, ["-r", f"requirements/{name}.txt", *target])
                found[name] = wanted[name]
        _install("project", ["--no-deps", "-e", "."])
        found["project"] = wanted["project"]
        _STAMP.write_text(json.dumps(found, indent=1), encoding="utf-8")


def _read_stamp() -> dict[str, str]:
    try:
        stamp = json.loads(_STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _create() -> None:
    files.remove(VENV)
    has_pip = importlib.util.find_spec("ensurepip") is not None
    options = [] if has_pip else ["--without-pip"]
    _run("venv", "build/venv", [_PYTHON, "-m", "venv", *options, str(VENV)])
    if not has_pip:
        wheel = _pip_wheel()
        _run(
            "pip",
            "pip, from Debian's package",
            [
                str(VENV / "bin/python"),
                "-m",
                "pip",
                "install",
                "--no-index",
                "--no-deps",
                str(wheel),
            ],
            env={"PYTHONPATH": str(wheel)},
        )


def _pip_wheel() -> Path:
    """A pip that needs no installation: the wheel Debian ships for its own `ensurepip`."""
    try:
        folder = debian.unpack_packages(["python3-pip-whl"], debian.PRIVATE_DIR / "pip")
    except debian.PackageError as error:
        raise VenvError(
            f"Python has no ensurepip and Debian's pip could not be fetched either ({error}).\n"
            "Install it once as root, then run this again:  apt-get install python3-venv"
        ) from error
    wheels = sorted(folder.glob("usr/share/python-wheels/pip-*.whl"))
    if not wheels:
        raise VenvError("Debian's python3-pip-whl has no pip in it; install python3-venv as root")
    return wheels[-1]


def _install(name: str, what: list[str]) -> None:
    """pip, with the build tools of the environment itself: all that a second run needs is there."""
    command = [str(VENV / "bin/python"), "-m", "pip", "install", "--no-build-isolation"]
    labels = {
        "build": "what builds source packages",
        "run": "libraries of the host tool",
        "test": "libraries of the tests",
        "lint": "linters",
        "stubs": "types of MicroPython's modules",
        "stubs-esp32": "types of MicroPython's esp32 modules",
        "project": "the host tool itself",
    }
    env = _header_environment() if name in SETS else {}
    _run("pip", labels[name], [*command, "--disable-pip-version-check", *what], env=env)


def _header_environment() -> dict[str, str]:
    """CPATH for compiling extension modules where Python.h is not installed."""
    include = Path(sysconfig.get_paths()["include"])
    if (include / "Python.h").is_file():
        return {}
    package = f"libpython{sys.version_info.major}.{sys.version_info.minor}-dev"
    target = debian.PRIVATE_DIR / "python-headers"
    try:
        if not list(target.glob("usr/include/python*/Python.h")):
            debian.unpack_packages([package], target)
    except debian.PackageError as error:
        raise VenvError(
            f"Python.h is not installed and {package} could not be fetched ({error}).\n"
            "Install it once as root, then run the same command again:  apt-get install python3-dev"
        ) from error
    folders = [target / "usr/include" / include.name, target / "usr/include"]
    present = os.environ.get("CPATH")
    return {"CPATH": os.pathsep.join([*map(str, folders), *([present] if present else [])])}


def _run(step: str, what: str, command: list[str], env: dict[str, str] | None = None) -> None:
    environment = {**os.environ, **(env or {})}
    if run_step(step, what, _LOGS / f"venv-{step}.log", command, environment, cwd=ROOT):
        raise VenvError(f"{what}: not installed. {_EPILOG}")


def main(argv: list[str]) -> int:
    """The command: returns its exit code."""
    unknown = [name for name in argv if name not in SETS]
    if unknown or not argv:
        print(f"usage: python3 -m tools.venv {{{','.join(SETS)}}}...", file=sys.stderr)
        return 2
    try:
        make(argv)
    except VenvError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
