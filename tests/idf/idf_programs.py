"""The programs that run io_esp32 on the fake chip: how they are built and run."""

import os
import re
import subprocess
from functools import cache
from pathlib import Path

from idf_boards import OUT, ROOT, THIRD_PARTY, WIRINGS

HERE = ROOT / "tests" / "idf"
SANITIZERS = {"memory": "address,undefined", "threads": "thread"}
_OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1",
}


def cases_of(suite: str) -> list[str]:
    """Names of the cases in a test program, from its source text."""
    source = (HERE / "programs" / f"cases_{suite}.c").read_text()
    return re.findall(r"^CASE\((\w+)\)", source, re.MULTILINE)


@cache
def build(board_name: str, watched: str) -> Path:
    """Build a board's programs for one sanitizer; returns their folder."""
    board = WIRINGS[board_name]
    folder = OUT / board_name / watched
    command = ["make", "-s", "-j2", "-f", str(HERE / "Makefile"), f"ROOT={ROOT}", f"OUT={folder}"]
    command += [f"THIRD_PARTY={THIRD_PARTY}"]
    command += [f"BOARD_FACTS={board.facts_folder()}", f"DEFINES={' '.join(board.defines)}"]
    command += [f"SANITIZE={SANITIZERS[watched]}", f"SUITES=any {board.wiring} slots"]
    # A make above us may have left its job server's handles in the environment.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    built = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def run(
    board_name: str, watched: str, suite: str, case: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run a case (without one, the program lists its cases) and return how it ended."""
    return subprocess.run(
        [str(build(board_name, watched) / suite), *([case] if case else [])],
        env={**os.environ, **_OPTIONS},
        capture_output=True,
        text=True,
        timeout=60,
    )
