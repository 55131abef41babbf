"""Speech through the simulated air, by native C programs: sender, receiver, reference."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tools import files

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
OUT = ROOT / "build" / "bench" / "air"

Samples = npt.NDArray[np.int16]
RATE_HZ, FRAME_SAMPLES = 16_000, 320
_TAIL_FRAMES = 30
# Between a frame's computation and its sound lies the frame that the device is playing.
_OUTPUT_SAMPLES = FRAME_SAMPLES


class AirError(Exception):
    """A program does not build or does not run; the message says which and why."""


@dataclass(frozen=True)
class Codec:
    """A codec at a bit rate, with in-band FEC or without."""

    name: str
    bitrate_bps: int
    fec: bool = False

    @property
    def arguments(self) -> list[str]:
        return [self.name, str(self.bitrate_bps), str(int(self.fec))]

    def __str__(self) -> str:
        return f"{self.name}.{self.bitrate_bps}{'fec' if self.fec else ''}"


@dataclass(frozen=True)
class Heard:
    """What came out of a receiver, on the time line of what was said, and its statistics.

    delays_ms: how long a sample waited in it, once a second. (The reference tells nothing.)
    """

    samples: Samples
    stats: dict[str, int]
    delays_ms: tuple[int, ...]


def build() -> None:
    """Build what changed, with the virtual handset's codec library. Raises AirError."""
    command = ["make", "-s", "-j2", "-f", str(HERE / "air" / "Makefile")]
    command += [f"OUT={OUT.relative_to(ROOT)}", "CODECS=build/codecs/native", "CC=cc"]
    # A make above us may have left its job server's handles in the environment.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    with files.exclusive(OUT):
        made = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
    if made.returncode:
        raise AirError("\n".join((made.stdout + made.stderr).splitlines()[-20:]))


def send(codec: Codec, said: Samples) -> bytes:
    """The packets of a talk: all of `said`, as air.h describes the file."""
    return _run([str(OUT / "sender"), *codec.arguments], said.astype("<i2").tobytes()).stdout


def hear(
    program: str, codec: Codec, packets: bytes, arrivals: npt.NDArray[np.void], phase_us: int
) -> Heard:
    """Play the arrivals to "receiver" or "reference"; the first frame is `phase_us` after 0."""
    n_frames = int(arrivals["packet"].max()) + 1 + _TAIL_FRAMES
    folder = Path(tempfile.mkdtemp(dir=OUT))
    try:
        (folder / "packets").write_bytes(packets)
        (folder / "arrivals").write_bytes(arrivals.tobytes())
        command = [str(OUT / program), *codec.arguments, str(phase_us), str(n_frames)]
        run = _run([*command, str(folder / "packets"), str(folder / "arrivals")])
    finally:
        shutil.rmtree(folder)
    lead = np.zeros(phase_us * RATE_HZ // 1_000_000 + _OUTPUT_SAMPLES, np.int16)
    samples = np.frombuffer(run.stdout, "<i2").astype(np.int16)
    lines = [line.split() for line in run.stderr.decode().splitlines()]
    return Heard(
        samples=np.concatenate((lead, samples)),
        stats={name: int(values[0]) for name, *values in lines if name != "watch"},
        delays_ms=tuple(int(values[0]) for name, *values in lines if name == "watch"),
    )


def _run(command: list[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    run = subprocess.run(command, input=given, capture_output=True, check=False)
    if run.returncode:
        raise AirError(
            f"{Path(command[0]).name} ended with {run.returncode}: {run.stderr[-500:]!r}"
        )
    return run
