"""Scripts for program/replay.c and what its answers say: the other side of its structures."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from replay_machines import CORE

Samples = npt.NDArray[np.int16]

FRAME_SAMPLES = 320
_PACKET_BYTES = 192  # VOICE_PACKET_MAX_BYTES
_STATS = re.findall(r"^ +X\((\w+)\)", (CORE / "stats.h").read_text(), re.MULTILINE)
_FRAME = struct.Struct(f"<{2 * FRAME_SAMPLES}s{len(_STATS)}II")
_PACKET = struct.Struct(f"<H{_PACKET_BYTES}s")


@dataclass(frozen=True)
class Frame:
    """20 ms of a script: the key, the microphone, and the packets that arrive."""

    talk: bool
    mic: Samples
    packets: Sequence[bytes] = ()


@dataclass(frozen=True)
class Reply:
    """What came out of the engine in a frame."""

    speaker: bytes
    stats: dict[str, int]
    packets: list[bytes]


def write_script(codec: str, bitrate_bps: int, frames: Sequence[Frame]) -> bytes:
    """The bytes replay.c reads."""
    parts = [struct.pack("<16sI", codec.encode(), bitrate_bps)]
    for frame in frames:
        parts.append(struct.pack("<HH", frame.talk, len(frame.packets)))
        parts.append(frame.mic.astype("<i2").tobytes())
        parts += [_PACKET.pack(len(packet), packet) for packet in frame.packets]
    return b"".join(parts)


def read_answer(answer: bytes) -> list[Reply]:
    """The replies in the bytes replay.c wrote, one for each frame of the script."""
    return list(_replies(answer))


def _replies(answer: bytes) -> Iterator[Reply]:
    at = 0
    while at < len(answer):
        speaker, *stats, n_packets = _FRAME.unpack_from(answer, at)
        at += _FRAME.size
        packets = []
        for _ in range(n_packets):
            n_bytes, content = _PACKET.unpack_from(answer, at)
            packets.append(content[:n_bytes])
            at += _PACKET.size
        yield Reply(speaker, dict(zip(_STATS, stats, strict=True)), packets)


def first_difference(expected: bytes, found: bytes) -> str:
    """Where two answers part, in words; "" when they are the same bytes."""
    if expected == found:
        return ""
    for index, (a, b) in enumerate(zip(read_answer(expected), read_answer(found), strict=False)):
        if a != b:
            return f"frame {index}: {_difference(a, b)}"
    return f"{len(found)} bytes, {len(expected)} expected"


def _difference(a: Reply, b: Reply) -> str:
    if a.packets != b.packets:
        return f"sent {[p.hex() for p in b.packets]}, expected {[p.hex() for p in a.packets]}"
    if a.speaker != b.speaker:
        expected, found = (np.frombuffer(r.speaker, "<i2").astype(np.int32) for r in (a, b))
        where = np.flatnonzero(expected != found)
        first = where[0]
        return f"{where.size} samples differ, sample {first}: {found[first]}, not {expected[first]}"
    return ", ".join(
        f"{name} {b.stats[name]}, not {value}"
        for name, value in a.stats.items()
        if b.stats[name] != value
    )
