"""voice/cost.c on its machines: how it is built, given a job, and what it counted."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import struct
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from replay_machines import Machine

from handsetctl.errors import BenchError
from tools import files

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "bench" / "voice"
_MAKEFILE = Path(__file__).parent / "voice" / "Makefile"
_TIMEOUT_S = 300

Samples = npt.NDArray[np.int16]

# enum work of cost.c.
LIST, TABLE, LIBRARY, LOOP, KNOWN = range(5)


@dataclass(frozen=True)
class Job:
    """What the program is to do (struct job in cost.c)."""

    work: int
    codec: str = ""
    bitrate_bps: int = 0
    complexity: int = 0
    secure: bool = False

    def as_bytes(self) -> bytes:
        """As the program reads it, in front of the samples."""
        return struct.pack(
            "<IIiI16s",
            *(self.work, self.bitrate_bps, self.complexity, self.secure, self.codec.encode()),
        )


@dataclass(frozen=True)
class Count:
    """Instructions of so many frames: all of them, and the most in one."""

    n_frames: int
    total: int
    most: int

    @property
    def mips(self) -> float:
        """Million instructions per second of speech."""
        return mips(self.total, self.n_frames)

    @property
    def worst_kinstr(self) -> float:
        """Thousand instructions, the most that a frame of 20 ms took."""
        return round(self.most / 1000, 1)


def mips(n_instructions: int, n_frames: int) -> float:
    """Million instructions per second of speech, which has 50 frames."""
    return round(n_instructions * 50 / n_frames / 1e6, 3)


@dataclass(frozen=True)
class Answer:
    """What the program printed."""

    counts: Mapping[str, Count] = field(default_factory=dict)
    n_bytes: Mapping[str, int] = field(default_factory=dict)
    modes: tuple[tuple[str, int], ...] = ()
    library_samples: Mapping[str, int] = field(default_factory=dict)


def read_answer(text: str) -> Answer:
    """The lines of cost.c, understood. Raises ValueError."""
    counts: dict[str, Count] = {}
    n_bytes: dict[str, int] = {}
    modes: list[tuple[str, int]] = []
    library_samples: dict[str, int] = {}
    for line in text.splitlines():
        match line.split():
            case ["count", what, *numbers]:
                counts[what] = Count(*map(int, numbers))
            case ["bytes", what, number]:
                n_bytes[what] = int(number)
            case ["mode", codec, bitrate_bps]:
                modes.append((codec, int(bitrate_bps)))
            case ["library", codec, n_samples]:
                library_samples[codec] = int(n_samples)
            case _:
                raise ValueError(line)
    return Answer(counts, n_bytes, tuple(modes), library_samples)


class CostProgram:
    """The built program of one machine."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self._machine = machine
        self._folder = folder

    def run(self, job: Job, said: Samples | None = None) -> Answer:
        """What the machine answers; instructions are zero where it does not count them."""
        answer, _ = self._run(job, said, self._machine.command)
        return answer

    def run_counted(self, job: Job, said: Samples | None, function: str) -> tuple[Answer, int]:
        """On this machine, under valgrind: also the instructions inside a function of cost.c."""
        out = f"--callgrind-out-file={os.devnull}"
        valgrind = ("valgrind", "--tool=callgrind", out, f"--toggle-collect={function}")
        answer, log = self._run(job, said, valgrind)
        collected = re.search(r"Collected : (\d+)", log)
        if not collected:
            raise BenchError("valgrind counted nothing", "callgrind", log.strip()[-500:])
        return answer, int(collected[1])

    def _run(self, job: Job, said: Samples | None, before: tuple[str, ...]) -> tuple[Answer, str]:
        content = job.as_bytes() + (b"" if said is None else said.astype("<i2").tobytes())
        name = hashlib.sha256(content).hexdigest()[:16]
        folder = self._folder / f"{job.codec or 'job'}-{job.bitrate_bps}-{name}-{before[:1] != ()}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "job").write_bytes(content)
        try:
            run = subprocess.run(
                [*before, str(self._folder / "cost")],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except (FileNotFoundError, subprocess.TimeoutExpired) as error:
            raise BenchError(str(error), self._machine.name, "see tests/bench/README.md") from error
        finally:
            (folder / "job").unlink()
            folder.rmdir()
        if run.returncode:
            raise BenchError(
                f"{job} ended with {run.returncode}: {(run.stdout + run.stderr).strip()[-500:]}",
                f"cost.c on {self._machine.name}",
                "look there",
            )
        return read_answer(run.stdout or run.stderr), run.stderr


def build(machine: Machine, *, released: bool = False) -> CostProgram:
    """Build what changed; `released`: with the libraries as released. Raises BenchError."""
    suffix = "-released" if released else ""
    folder = OUT / f"{machine.name}{suffix}"
    variables = {
        "OUT": str(folder.relative_to(ROOT)),
        "CC": machine.cc,
        "FLAGS": shlex.join(machine.flags),
        "LINK": shlex.join(machine.link),
        "CODECS": f"{machine.codecs}{suffix}",
        "RELEASED": "1" if released else "",
    }
    command = ["make", "-s", "-j2", "-f", str(_MAKEFILE), "cost"]
    command += [f"{name}={value}" for name, value in variables.items()]
    # A make above us may have left its job server's handles in the environment.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    with files.exclusive(OUT):
        made = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
    if made.returncode:
        output = (made.stdout + made.stderr).strip()[-2000:]
        raise BenchError(f"not built:\n{output}", f"cost.c for {machine.name}", "mend it")
    return CostProgram(machine, folder)
