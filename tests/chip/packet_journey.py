"""What happens to packets on the way: a fixed list of mishaps, the same on every run."""

from __future__ import annotations

from collections.abc import Sequence

_RTP_HEADER_BYTES = 12
# At the end: the jitter buffer plays out, and falls silent.
_TAIL_FRAMES = 20


def journey(codec: str, sent: Sequence[Sequence[bytes]]) -> list[list[bytes]]:
    """The packets that arrive in each frame, from those that were sent in each frame."""
    arriving: list[list[bytes]] = [[] for _ in range(len(sent) + _TAIL_FRAMES)]
    for index, packets in enumerate(sent):
        for packet in packets:
            for delay in _delays(index):
                arriving[min(index + delay, len(arriving) - 1)].append(
                    _damaged(codec, index, packet)
                )
    return arriving


def _delays(index: int) -> tuple[int, ...]:
    """After how many frames the packet of this frame comes: never, once or twice."""
    if index % 23 == 5 or index % 150 in range(60, 69):
        return ()  # a loss, and a hole longer than what is made up for
    if index % 150 in range(80, 110):
        return (110 - index % 150,)  # held up, then too many at once: the delay grows
    if index % 17 == 3:
        return (2,)  # overtaken
    if index % 31 == 7:
        return (0, 1)  # twice
    if index % 97 == 40:
        return (9,)  # too late
    return (0,)


def _damaged(codec: str, index: int, packet: bytes) -> bytes:
    """Some packets are damaged so that they still reach the decoder."""
    changed = bytearray(packet)
    if index % 41 == 11:
        for at in range(-8, 0):
            changed[at] ^= 0x5A  # the speech bits
    if codec in ("amrwb", "amrnb") and index % 43 == 13:
        changed[_RTP_HEADER_BYTES + 1] ^= 0x04  # the sender says: this frame is bad (Q)
    if codec == "opus" and index % 43 == 13:
        changed[_RTP_HEADER_BYTES] ^= 0x90  # the other half of Opus: CELT for SILK
    return bytes(changed)
