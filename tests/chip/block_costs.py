"""What the parts of the voice loop that are not codecs cost: the other side of program/blocks.c.

`python tests/chip/block_costs.py` prints instructions for a frame of 20 ms on rv32imac, mean and
worst, over a minute of real speech.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from replay_machines import RV32, Replay, build_program

from handsetctl.speech import load_speech
from handsetctl.tree import SPEECH_DIR, THIRD_PARTY_DIR

SPEECH_S = 60
_BLOCKS = (
    *("highpass", "vad", "agc", "speaker", "speaker_loud", "speaker_tones"),
    *("send_without_encoder",),
)


@dataclass(frozen=True)
class Cost:
    """Instructions for a frame; zero where nobody counts."""

    mean: float
    worst: int


def speech() -> bytes:
    """What the blocks are run over."""
    return load_speech(THIRD_PARTY_DIR, SPEECH_DIR, SPEECH_S).astype("<i2").tobytes()


def run(program: Replay, script: bytes) -> tuple[bytes, dict[str, Cost]]:
    """The sound that comes out, and the cost of each block."""
    answer, figures = program.run("blocks-run", script), program.figures("blocks-run")
    n_frames, *counted = struct.unpack(f"<I{2 * len(_BLOCKS)}I", figures)
    totals, worst = counted[::2], counted[1::2]
    return answer, {
        name: Cost(total / n_frames, most)
        for name, total, most in zip(_BLOCKS, totals, worst, strict=True)
    }


def main() -> None:
    """Measure and print."""
    for name, cost in run(build_program(RV32, "blocks"), speech())[1].items():
        print(f"{name:<24} {cost.mean:>8,.0f} {cost.worst:>8,}")


if __name__ == "__main__":
    main()
