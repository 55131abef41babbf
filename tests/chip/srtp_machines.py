"""program/srtp.c on every machine: built, given packets, and what its calls take."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, fields

from replay_machines import Machine, build_program

GROUP_KEY, EPOCH, KEY_ID, SSRC = bytes(range(32)), b"epochA", 7, 0x11223344
START_INDEX = 65500  # the sequence number rolls over on the way


@dataclass(frozen=True)
class SrtpFigures:
    """Instructions of a call, and bytes (struct figures in srtp.c)."""

    protect_33: int
    protect_61: int
    unprotect_33: int
    unprotect_61: int
    unprotect_first: int
    unprotect_forged_first: int
    unprotect_replayed: int
    sender_init: int
    sender_bytes: int
    receiver_bytes: int
    floor_receiver_bytes: int
    keyring_bytes: int


def media_packets() -> list[bytes]:
    """RTP in clear with payloads of every length that a codec here has, and more."""
    dice = random.Random(1)
    packets = []
    for n_payload in range(140):
        index = START_INDEX + n_payload
        head = struct.pack(">BBHII", 0x80, 96, index % 65536, 320 * index, SSRC)
        packets.append(head + dice.randbytes(n_payload))
    return packets


def floor_packets() -> list[bytes]:
    """RTCP in clear."""
    dice = random.Random(2)
    return [
        struct.pack(">BBHI", 0x80, 204, 1 + n_words, SSRC) + dice.randbytes(4 * n_words)
        for n_words in range(60)
    ]


def run(machine: Machine) -> tuple[bytes, SrtpFigures]:
    """Build what changed; each packet on the air and in clear again, media first.

    Raises ReplayError.
    """
    program = build_program(machine, "srtp")
    answer = program.run("srtp-packets", _script())
    counted = struct.unpack(f"<{len(fields(SrtpFigures))}I", program.figures("srtp-packets"))
    return answer, SrtpFigures(*counted)


def _script() -> bytes:
    keys = struct.pack("<32s6sHII", GROUP_KEY, EPOCH, KEY_ID, SSRC, START_INDEX)
    packets = [(0, packet) for packet in media_packets()]
    packets += [(1, packet) for packet in floor_packets()]
    return keys + b"".join(struct.pack("<HH", use, len(packet)) + packet for use, packet in packets)
