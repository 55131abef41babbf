"""A codec without the engine: program/codec_stream.c on a machine, with either library."""

from __future__ import annotations

import shlex
import shutil
import struct
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from replay_files import FRAME_SAMPLES, Samples
from replay_machines import OUT, ROOT, Machine, ReplayError, make

from tools import files

_ENCODE, _DECODE = 0, 1
_TIMEOUT_S = 600


@dataclass(frozen=True)
class Settings:
    """What an encoder is started with."""

    codec: str
    bitrate_bps: int
    dtx: bool = False
    fec: bool = False


class Stream:
    """The built program; its files stay in a folder named after what it did last."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self._machine = machine
        self._folder = folder

    def encode(self, name: str, settings: Settings, sound: Samples) -> list[bytes]:
        """A payload for each frame; empty where there is nothing to send."""
        head = (_ENCODE, settings.bitrate_bps, settings.dtx, settings.fec)
        whole = sound[: len(sound) // FRAME_SAMPLES * FRAME_SAMPLES]
        return _records(self._run(name, settings.codec, head, whole.astype("<i2").tobytes()))

    def decode(self, name: str, codec: str, payloads: Iterable[bytes]) -> Samples:
        """The sound of payloads, an empty one being lost."""
        records = b"".join(struct.pack("<H", len(payload)) + payload for payload in payloads)
        return np.frombuffer(self._run(name, codec, (_DECODE, 0, 0, 0), records), "<i2")

    def _run(self, name: str, codec: str, head: Sequence[int], body: bytes) -> bytes:
        folder = self._folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "script").write_bytes(struct.pack("<16s4I", codec.encode(), *head) + body)
        command = [*self._machine.command, str(self._folder / "stream")]
        run = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
        if run.returncode:
            raise ReplayError(f"{name}: codec_stream.c ended with {run.returncode} {run.stderr}")
        return (folder / "answer").read_bytes()


def _records(answer: bytes) -> list[bytes]:
    payloads, at = [], 0
    while at < len(answer):
        (n_bytes,) = struct.unpack_from("<H", answer, at)
        payloads.append(answer[at + 2 : at + 2 + n_bytes])
        at += 2 + n_bytes
    return payloads


def build_stream(machine: Machine, *, released: bool = False, defines: str = "") -> Stream:
    """Build what changed, with the library as released or with ours. Raises ReplayError."""
    kind = "-".join(["stream", *(["released"] if released else []), *shlex.split(defines)])
    folder = OUT / machine.name / kind
    with files.exclusive(folder):
        make(
            "stream",
            OUT=str(folder.relative_to(ROOT)),
            CC=machine.cc,
            FLAGS=shlex.join(machine.flags),
            LINK=shlex.join(machine.link),
            MORE=shlex.join(machine.more),
            CODECS=f"{machine.codecs}-released" if released else machine.codecs,
            RELEASED="1" if released else "",
            DEFINES=defines,
        )
    return Stream(machine, folder)
