"""Programs the tests judge with that are Debian packages: there, installed, or unpacked.

python3 -m tools.system_packages tshark
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tools import debian
from tools.fetch import ROOT
from tools.progress import say

BIN_DIR = ROOT / "build" / "bin"
# Programs that look for their own data under /usr: how each is told where it is instead.
_DATA_VARIABLES = {"tshark": {"WIRESHARK_DATA_DIR": "usr/share/wireshark"}}


def provide(program: str) -> None:
    """Make `program` (of the package of that name) callable; raises `debian.PackageError`."""
    path = os.pathsep.join([str(BIN_DIR), os.environ.get("PATH", ""), "/usr/sbin:/sbin"])
    if shutil.which(program, path=path):
        return
    if os.geteuid() == 0 and _install(program):
        return
    say("apt", f"{program}: unpacked into build/debian, not installed (no root)")
    folder = debian.unpack_packages([program], debian.PRIVATE_DIR / program, with_dependencies=True)
    write_wrapper(program, folder, BIN_DIR)
    check = subprocess.run([BIN_DIR / program, "--version"], capture_output=True, check=False)
    if check.returncode:
        (BIN_DIR / program).unlink()
        reason = check.stderr.decode(errors="replace").strip().splitlines()[:1]
        raise debian.PackageError(f"{program}, unpacked, does not start: {' '.join(reason)}")


def _install(package: str) -> bool:
    """As root: the ordinary way. False when apt could not."""
    say("apt", f"installing {package}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends", package]
    for command in (install, ["apt-get", "update"], install):
        try:
            run = subprocess.run(command, capture_output=True, env=environment, check=False)
        except FileNotFoundError:
            return False
        if command is install and run.returncode == 0:
            return True
    return False


def write_wrapper(program: str, folder: Path, bin_dir: Path) -> None:
    """A script that runs the unpacked program with its own libraries and data."""
    libraries = sorted(
        {path.parent for path in folder.glob("**/*.so*") if len(path.relative_to(folder).parts) < 5}
    )
    variables = {
        "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
        **{key: str(folder / value) for key, value in _DATA_VARIABLES.get(program, {}).items()},
    }
    exports = [f"export {key}={shlex.quote(value)}" for key, value in variables.items()]
    binary = shlex.quote(str(folder / "usr/bin" / program))
    bin_dir.mkdir(parents=True, exist_ok=True)
    script = bin_dir / program
    script.write_text("\n".join(["#!/bin/sh", *exports, f'exec {binary} "$@"', ""]))
    script.chmod(0o755)


def main(argv: list[str]) -> int:
    """The command: returns its exit code."""
    for program in argv:
        try:
            provide(program)
        except debian.PackageError as error:
            print(
                f"error: the tests need {program}, which is not installed ({error}).\n"
                f"Type once, as root:  apt-get install --no-install-recommends {program}",
                file=sys.stderr,
            )
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
