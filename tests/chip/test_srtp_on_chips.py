"""SRTP and SRTCP are the same bytes on every instruction set, and cost little."""

from __future__ import annotations

import pytest
from replay_machines import CHIPS, NATIVE, RV32
from srtp_machines import (
    EPOCH,
    GROUP_KEY,
    KEY_ID,
    SSRC,
    START_INDEX,
    floor_packets,
    media_packets,
    run,
)
from srtp_reference import Source

MACHINES = {"native": NATIVE, **CHIPS}
# 1.5 million instructions a second for fifty packets each way, beside some 110 million of AMR-WB.
PACKET_INSTRUCTIONS_MAX = 30_000
DERIVATION_INSTRUCTIONS_MAX = 150_000
RECEIVER_BYTES_MAX = 3 * 1024


@pytest.mark.parametrize("name", MACHINES)
def test_packets_are_the_same_bytes(name: str) -> None:
    source = Source(GROUP_KEY, KEY_ID, SSRC, EPOCH)
    media, floor = media_packets(), floor_packets()
    expected = [source.protect_rtp(p, 12, START_INDEX + i) + p for i, p in enumerate(media)]
    expected += [source.protect_rtcp(p, i) + p for i, p in enumerate(floor)]
    assert run(MACHINES[name])[0] == b"".join(expected)


def test_they_cost_little() -> None:
    """Instructions are counted: the same on every run."""
    _, figures = run(RV32)
    for name in ("protect_33", "protect_61", "unprotect_33", "unprotect_61"):
        assert 5_000 < getattr(figures, name) < PACKET_INSTRUCTIONS_MAX, name
    for name in ("sender_init", "unprotect_first", "unprotect_forged_first"):
        assert 20_000 < getattr(figures, name) < DERIVATION_INSTRUCTIONS_MAX, name
    assert figures.unprotect_replayed < figures.unprotect_33 / 10
    assert figures.receiver_bytes <= RECEIVER_BYTES_MAX
    assert run(RV32)[1] == figures
