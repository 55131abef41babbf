"""ROM and static RAM of the C parts: link what a firmware takes of them, read the linker's map."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import files
from tools.fetch import ROOT
from tools.toolchains import TOOLCHAINS

CODECS = ("amrwb", "opus", "amrnb")
_PROBE = "firmware/tools/budget/probe.mk"
_VAULT_PROBE = "firmware/tools/budget/vault_probe.mk"
# Texts of assertions, Opus's nearly all of them.
STRINGS = "strings"
# Whose an object file is, by a part of its path; the rest is ours (in the voice part the engine's).
_OWNERS = {
    STRINGS: STRINGS,
    "/mbedtls/": "mbedtls",
    "/everest/": "mbedtls",
    "/amr_nb/": "amrnb",
    "/amrnb/": "amrnb",
    "_amrnb.": "amrnb",
    "/core/resample.": "amrnb",
    "/vo-amrwbenc/": "amrwb",
    "/fixes/": "amrwb",
    "/fast/amrwb/": "amrwb",
    "/opencore-amr/": "amrwb",
    "_amrwb.": "amrwb",
    "_amr.": "amrwb",
    "/opus/": "opus",
    "_opus.": "opus",
}
# An input section in a map: name (a long one has a line of its own), address, size, object.
_INPUT = re.compile(r"^ (\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+\.o)$", re.MULTILINE)
_OUTPUT = re.compile(r"^\.(rom|data|bss)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)$", re.MULTILINE)


class BuildError(Exception):
    """A part does not compile or link for an architecture; the message has the reason."""


@dataclass
class Size:
    """Bytes in flash and in static RAM; initialised data counts for both."""

    rom: int = 0
    ram: int = 0


def build(architecture: str, codecs: Sequence[str], target: str = "link.map") -> Path:
    """Bring a target of probe.mk up to date and return it; raises `BuildError`.

    The codecs are those of the board: a build leaves out what it does not carry.
    """
    toolchain = TOOLCHAINS[architecture]
    missing = [f"-DVOICE_WITHOUT_{name.upper()}" for name in CODECS if name not in codecs]
    out = Path("build/budget") / "-".join([architecture, *codecs])
    settings = {
        "CC": toolchain.cc,
        "FLAGS": shlex.join([*toolchain.flags, *missing]),
        "HANDSET_THIRD_PARTY": "build/third_party",
        "OUT": str(out),
        "CODECS_FLAGS": shlex.join(TOOLCHAINS[toolchain.codecs_of].flags),
        "CODECS_OUT": f"build/budget/{toolchain.codecs_of}",
        "VAULT_OUT": str(build_vault(architecture).parent.relative_to(ROOT)),
    }
    return _make(_PROBE, settings, out / target)


def build_vault(architecture: str) -> Path:
    """The map of the vault's link, brought up to date; raises `BuildError`."""
    toolchain = TOOLCHAINS[architecture]
    out = Path("build/budget") / f"{architecture}-vault"
    settings = {
        "CC": toolchain.cc,
        "FLAGS": shlex.join(toolchain.flags),
        "HANDSET_THIRD_PARTY": "build/third_party",
        "OUT": str(out),
    }
    return _make(_VAULT_PROBE, settings, out / "link.map")


def _make(makefile: str, settings: dict[str, str], target: Path) -> Path:
    command = ["make", "-s", "-j2", "-f", makefile, *(f"{k}={v}" for k, v in settings.items())]
    # A make above us may have left its job server's handles in the environment.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    with files.exclusive(ROOT / "build" / "budget"):
        run = subprocess.run(
            [*command, str(target)], capture_output=True, text=True, cwd=ROOT, env=env
        )
    if run.returncode:
        raise BuildError("\n".join((run.stdout + run.stderr).strip().splitlines()[-20:]))
    return ROOT / target


def sizes(link_map: str) -> dict[str, Size]:
    """Bytes by owner ("engine", "amrwb", "mbedtls", "strings" ...) from a linker's map."""
    result: dict[str, Size] = {}
    for kind, n_bytes, path in _input_sections(link_map):
        size = result.setdefault(owner(path), Size())
        size.rom += n_bytes if kind in ("rom", "data") else 0
        size.ram += n_bytes if kind in ("data", "bss") else 0
    return result


def owner(path: str) -> str:
    """Whose an object file or a source file is."""
    return next((name for part, name in _OWNERS.items() if part in path), "engine")


def _input_sections(link_map: str) -> Iterator[tuple[str, int, str]]:
    """Output section, bytes and object file of each input section that was kept.

    Bytes up to the next one's address, so that alignment counts. The linker merges strings and puts
    all of them where the first stood: they are nobody's.
    """
    memory_map = link_map.partition("Linker script and memory map")[2]
    for output in _OUTPUT.finditer(memory_map):
        kind, start, n_bytes = output.group(1), int(output.group(2), 16), int(output.group(3), 16)
        inputs = [
            (int(address, 16), STRINGS if ".str1." in name else path)
            for name, address, size, path in _INPUT.findall(memory_map, output.end())
            if int(size, 16) and start <= int(address, 16) < start + n_bytes
        ]
        ends = [address for address, _ in inputs[1:]] + [start + n_bytes]
        for (address, path), end in zip(inputs, ends, strict=True):
            yield kind, end - address, path
