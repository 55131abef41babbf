"""Compile files of MicroPython's esp32 port, and our binding, against the declarations.

The port's integers are as wide as its pointers are on the chip, so this takes a 32-bit compiler;
any will do, since nothing is linked. What MicroPython's build generates (names, root pointers) is
collected here from the one file to be compiled.
"""

import re
import subprocess
from pathlib import Path

from idf_boards import DECLARATIONS, THIRD_PARTY, VOICE

from tools.toolchains import TOOLCHAINS

MICROPYTHON = THIRD_PARTY / "micropython"

_COMPILER = [TOOLCHAINS["rv32imc"].cc, *TOOLCHAINS["rv32imc"].flags, "-std=gnu99"]
_WARNINGS = ["-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"]
_BOARD = """
#define MICROPY_HW_BOARD_NAME "any"
#define MICROPY_HW_MCU_NAME "any"
#define MICROPY_PY_BLUETOOTH (0)
#define MICROPY_PY_NETWORK_LAN (0)
#define MICROPY_HW_ENABLE_USBDEV (0)
"""


def compile_errors(source: Path, chip: str, folder: Path, *options: str) -> str:
    """What the compiler has to say about `source` on that chip; empty when it is content."""
    headers = folder / "genhdr"
    headers.mkdir(parents=True)
    (folder / "mpconfigboard.h").write_text(_BOARD)
    for name in ("qstrdefs.generated.h", "root_pointers.h", "moduledefs.h"):
        (headers / name).write_text("")
    places = [folder, DECLARATIONS, VOICE, VOICE.parent]
    places += [MICROPYTHON, MICROPYTHON / "ports" / "esp32"]
    command = [*_COMPILER, *_WARNINGS, *options, f"-DCONFIG_IDF_TARGET_{chip}=1"]
    command += [f"-I{place}" for place in places] + [str(source)]

    text = _run([*command, "-DNO_QSTR", "-E"]).stdout
    names = sorted(set(re.findall(r"\bMP_QSTR_(\w*)", text)))
    roots = re.findall(r"^MP_REGISTER_ROOT_POINTER\((.*)\);", text, re.MULTILINE)
    lines = [f'QDEF1(MP_QSTR_{name}, 0, {len(name)}, "{name}")\n' for name in names]
    (headers / "qstrdefs.generated.h").write_text("".join(lines))
    (headers / "root_pointers.h").write_text("".join(f"{root};\n" for root in roots))
    return _run([*command, "-fsyntax-only"]).stderr


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, timeout=120)
