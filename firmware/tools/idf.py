"""Check that the ESP-IDF which IDF_PATH names can build the firmware; say what to install if not.

python3 -m tools.idf

Versions: MicroPython 1.26.1, ports/esp32/README.md, "Setting up ESP-IDF".
"""

import os
import re
import shutil
import sys
from pathlib import Path

TESTED = ("5.2", "5.2.2", "5.3", "5.4", "5.4.1", "5.4.2")
RECOMMENDED = TESTED[-1]
_SUPPORTED = ((5, 2), (5, 3), (5, 4))

ADVICE = f"""\
What to install: ESP-IDF v{RECOMMENDED} (v5.2 to v5.4 work), once, about 4 GB. On Debian or Ubuntu:

    sudo apt-get install git wget flex bison gperf python3 python3-pip python3-venv \\
        cmake ninja-build ccache libffi-dev libssl-dev dfu-util libusb-1.0-0
    git clone -b v{RECOMMENDED} --depth 1 --recursive --shallow-submodules \\
        https://github.com/espressif/esp-idf.git ~/esp-idf
    ~/esp-idf/install.sh esp32,esp32c3,esp32s3

Where there is no git, the same as an archive, unpacked to ~/esp-idf:
    https://github.com/espressif/esp-idf/releases/download/v{RECOMMENDED}/esp-idf-v{RECOMMENDED}.zip

Then in each new shell, before `make firmware`:

    . ~/esp-idf/export.sh

Or in a container, which brings all of it and builds every ESP32 board:

    docker build -t handset-esp32 -f firmware/ports/esp32/Containerfile firmware/ports/esp32
    docker run --rm --user "$(id -u):$(id -g)" -v "$PWD":/handset handset-esp32
"""


class IdfError(Exception):
    """There is no usable ESP-IDF; the message says why."""


def version(idf_path: Path) -> tuple[int, int, int]:
    """What is in that folder, from the file ESP-IDF's own build reads; raises IdfError."""
    source = idf_path / "tools" / "cmake" / "version.cmake"
    try:
        text = source.read_text(encoding="utf-8")
    except OSError as error:
        raise IdfError(f"IDF_PATH is {idf_path}, which is no ESP-IDF: {error}") from None
    found = dict(re.findall(r"set\(IDF_VERSION_(MAJOR|MINOR|PATCH) (\d+)\)", text))
    if len(found) != 3:
        raise IdfError(f"{source} does not say which version of ESP-IDF this is")
    return int(found["MAJOR"]), int(found["MINOR"]), int(found["PATCH"])


def check(environment: dict[str, str]) -> str:
    """The version in use, as text; raises IdfError when the firmware can not be built with it."""
    idf_path = environment.get("IDF_PATH")
    if not idf_path:
        raise IdfError("IDF_PATH is not set: ESP-IDF is not installed, or not active in this shell")
    numbers = version(Path(idf_path))
    text = ".".join(map(str, numbers))
    if numbers[:2] not in _SUPPORTED:
        raise IdfError(f"IDF_PATH is ESP-IDF v{text}; MicroPython 1.26.1 builds with v5.2 to v5.4")
    if not shutil.which("idf.py", path=environment.get("PATH", "")):
        raise IdfError(f"idf.py is not on PATH: run  . {idf_path}/export.sh  in this shell")
    return text


def main() -> int:
    """The command: returns its exit code."""
    try:
        found = check(dict(os.environ))
    except IdfError as error:
        print(f"error: no firmware for ESP32 boards: {error}.\n\n{ADVICE}", file=sys.stderr)
        return 1
    if found.removesuffix(".0") not in TESTED:
        print(f"note: ESP-IDF v{found}; MicroPython's authors test with {', '.join(TESTED)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
