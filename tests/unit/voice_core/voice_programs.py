"""The test programs of the voice core: where they are, how they are built and run."""

import os
import re
import subprocess
from pathlib import Path

from handsetctl.speech import load_speech
from handsetctl.tree import SPEECH_DIR
from tools import files

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
THIRD_PARTY = ROOT / "build" / "third_party"
OUT = ROOT / "build" / "voice_core_asan"
FAST = ROOT / "firmware" / "cmodules" / "voice" / "fast"

# Read by signal_recorded() in sounds.c.
_SPEECH = "speech.raw"
_SPEECH_S = 60

_SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1",
}


def cases_of(suite: str) -> list[str]:
    """Names of the cases in a test program, from its source text."""
    source = (HERE / "programs" / f"cases_{suite}.c").read_text()
    return re.findall(r"^CASE\((\w+)\)", source, re.MULTILINE)


def global_names(folder: Path) -> list[tuple[str, str]]:
    """What the codecs' objects in a folder define for others: (path below it, name).

    Without the libraries' own interfaces, which no firmware links.
    """
    paths = sorted(path for path in folder.rglob("*.o") if path.name != "wrapper.o")
    objects = [str(path.relative_to(folder)) for path in paths]
    listed = subprocess.run(
        ["nm", "-A", "-g", "--defined-only", *objects],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.findall(r"^(\S+\.o):\S+ [A-Z] (\S+)$", listed, re.MULTILINE)
    return [(path, name) for path, name in found if not name.startswith("__odr_asan")]


class BuildError(Exception):
    """The test programs do not build; the message is the end of the compiler's output."""


def build() -> "Programs":
    """Build whatever changed and return the programs."""
    command = ["make", "-s", "-j2", "-f", str(HERE / "Makefile"), f"ROOT={ROOT}"]
    command += [f"THIRD_PARTY={THIRD_PARTY}", f"OUT={OUT}"]
    # A make above us may have left its job server's handles in the environment.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    # Several processes may come for it at the same time.
    with files.exclusive(OUT):
        built = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600)
        if not (OUT / _SPEECH).exists():
            load_speech(THIRD_PARTY, SPEECH_DIR, _SPEECH_S).astype("<i2").tofile(OUT / _SPEECH)
    if built.returncode != 0:
        raise BuildError("\n".join((built.stdout + built.stderr).splitlines()[-30:]))
    return Programs(OUT)


class Programs:
    """The built test programs; `run` executes one case of one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, suite: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a case (a suite without one lists its cases) and return how it ended."""
        return subprocess.run(
            [str(self.folder / suite), *arguments],
            env={
                **os.environ,
                **_SANITIZER_OPTIONS,
                "RECORDED_SPEECH": str(self.folder / _SPEECH),
            },
            capture_output=True,
            text=True,
            timeout=60,
        )
