"""The fuzz targets of the voice core: built, given seeds from real speech, run, and looked at.

Everything found on the way stays below build/fuzz/voice: corpus/<target>, crashes/<target>.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from handsetctl.speech import load_speech
from handsetctl.tree import SPEECH_DIR, THIRD_PARTY_DIR
from tools import files

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
CORE = ROOT / "firmware" / "cmodules" / "voice" / "core"
OUT = ROOT / "build" / "fuzz" / "voice"
FOUND = HERE / "found"
"""Inputs that once broke something, a folder for each target."""
CANARY = "canary"

_CLANG, _SYMBOLIZER = "clang-14", "llvm-symbolizer-14"
_SPEECH_S = 10.0
_INPUT_MAX_BYTES = 1024
# An input that takes longer than this is a finding: a tick has 20 ms.
_INPUT_TIMEOUT_S = 20


class FuzzError(Exception):
    """The targets do not build, or make no seeds; the message is what was said."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended. broke: the sanitizer's report, or what else stopped it; empty when clean."""

    executions: int
    edges: int
    broke: str


class Target:
    """One built target."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seeds = OUT / "inputs" / name
        self.corpus = OUT / "corpus" / name
        self.crashes = OUT / "crashes" / name
        for folder in (self.corpus, self.crashes):
            folder.mkdir(parents=True, exist_ok=True)

    def fuzz(
        self, *, runs: int = -1, seconds: int = 0, seed: int = 0, keep: bool = True
    ) -> Outcome:
        """So many runs, or so long; from the seeds and, with `keep`, from what was found so far.

        seed 0: another search every time.
        """
        corpus = [self.corpus] if keep else []
        limits = [f"-runs={runs}", f"-max_total_time={seconds}", f"-seed={seed}"]
        ended = self._start(*limits, "-print_final_stats=1", folders=corpus)
        executed = re.search(r"stat::number_of_executed_units: +(\d+)", ended.stderr)
        edges = re.findall(r" cov: (\d+) ", ended.stderr)
        return Outcome(
            int(executed[1]) if executed else 0,
            int(edges[-1]) if edges else 0,
            _report(ended.stderr) if ended.returncode else "",
        )

    def replay(self, folders: list[Path]) -> str:
        """Each input of these folders once; what broke, or nothing."""
        ended = self._start("-runs=0", folders=[folder for folder in folders if folder.is_dir()])
        return _report(ended.stderr) if ended.returncode else ""

    def covered(self, *, keep: bool = False) -> set[str]:
        """Names of the functions that seeds (and with `keep` the corpus) reach."""
        folders = [self.corpus] if keep else []
        ended = self._start("-runs=0", "-print_coverage=1", folders=folders)
        if ended.returncode:
            raise FuzzError(_report(ended.stderr))
        return set(re.findall(r"^COVERED_FUNC: .*? edges: \S+ (\S+)", ended.stderr, re.MULTILINE))

    def digest(self) -> str:
        """Of the program: what was found with another says nothing about this one."""
        return hashlib.sha256((OUT / self.name).read_bytes()).hexdigest()[:16]

    def _start(self, *options: str, folders: list[Path]) -> subprocess.CompletedProcess[str]:
        if self.seeds.is_dir():
            folders = [*folders, self.seeds]
        common = [f"-max_len={_INPUT_MAX_BYTES}", "-len_control=0", f"-timeout={_INPUT_TIMEOUT_S}"]
        common += [f"-artifact_prefix={self.crashes}/", *map(str, folders)]
        return subprocess.run(
            [str(OUT / self.name), *options, *common],
            env={**os.environ, **_sanitizer_options()},
            cwd=OUT,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )


def _sanitizer_options() -> dict[str, str]:
    symbolizer = f"external_symbolizer_path={shutil.which(_SYMBOLIZER)}"
    return {
        "ASAN_OPTIONS": f"detect_stack_use_after_return=1:{symbolizer}",
        "UBSAN_OPTIONS": f"print_stacktrace=1:{symbolizer}",
    }


def build() -> dict[str, Target]:
    """Build what changed, make the seeds anew; the targets by name. Raises FuzzError."""
    with files.exclusive(OUT):
        _make("all")
        names = _make("list").split()
        _make_seeds([name for name in names if name != CANARY])
    return {name: Target(name) for name in names}


def _make_seeds(names: list[str]) -> None:
    for name in names:
        folder = OUT / "inputs" / name
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
    speech = OUT / "speech.raw"
    load_speech(THIRD_PARTY_DIR, SPEECH_DIR, _SPEECH_S).astype("<i2").tofile(speech)
    command = [str(OUT / "seeds"), str(speech), str(OUT / "inputs")]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise FuzzError(f"no seeds: {made.stdout}{made.stderr}")


def _make(goal: str) -> str:
    # A make above us may have left its job server's handles in the environment.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    command = ["make", "-s", "-j2", "-f", str(HERE / "Makefile"), goal, f"ROOT={ROOT}"]
    command += [f"THIRD_PARTY={ROOT / 'build' / 'third_party'}", f"OUT={OUT}", f"CC={_CLANG}"]
    made = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if made.returncode:
        raise FuzzError("\n".join((made.stdout + made.stderr).splitlines()[-20:]))
    return made.stdout


def _report(log: str) -> str:
    """The part of a log that says what broke, and where the input is."""
    lines = log.splitlines()
    starts = ("ERROR: ", "runtime error: ", "==ERROR", "libFuzzer: ")
    first = next((n for n, line in enumerate(lines) if any(s in line for s in starts)), -20)
    return "\n".join(lines[first:][:40] + [line for line in lines if "Test unit written" in line])
