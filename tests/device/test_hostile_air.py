"""A stranger on the air: floods and nonsense are counted, keys keep their turn, nothing dies."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import numpy as np
import pytest
from allowances import REACTION_LIMIT_S

from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.device import Device

EDGE_TIMEOUT_S = 3.0
T203_S = 4.0
PLAYED_OUT_S = 0.5
TAKEN, DENY, RELEASE = 2, 3, 4


class Stranger:
    """A member of the air that is no handset."""

    def __init__(self, bench: VirtualBench) -> None:
        self._media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._floor = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for sock, port in (
            (self._media, bench.air.media_port),
            (self._floor, bench.air.floor_port),
        ):
            sock.bind(("127.0.0.1", 0))
            sock.connect(("127.0.0.1", port))
        bench.air.join("stranger", self._media.getsockname()[1], self._floor.getsockname()[1])

    def floor(self, datagram: bytes) -> None:
        self._floor.send(datagram)

    def media(self, datagram: bytes) -> None:
        self._media.send(datagram)

    def close(self) -> None:
        self._media.close()
        self._floor.close()


@pytest.fixture
def stranger(bench: VirtualBench) -> Iterator[Stranger]:
    joined = Stranger(bench)
    yield joined
    joined.close()
    bench.air.leave("stranger")


def bare(subtype: int, ssrc: int) -> bytes:
    """The shortest floor control message."""
    return struct.pack(">BBHI4s", 0x80 | subtype, 204, 2, ssrc, b"MCPT")


@pytest.mark.parametrize(
    "datagram",
    [
        b"".join(bare(TAKEN, 1000 + i) for i in range(85)),
        b"".join(bare(RELEASE, 0) for _ in range(85)),
        b"".join(bare(TAKEN, 5000 + i) + bare(RELEASE, 5000 + i) for i in range(40)),
        b"\x80" * 1000,
    ],
    ids=["many takers", "releases of nobody", "take and release", "no message at all"],
)
def test_one_datagram_kills_nobody(
    bench: VirtualBench, stranger: Stranger, device_a: Device, datagram: bytes
) -> None:
    boots = {name: handset.boots for name, handset in bench.handsets.items()}
    for _ in range(20):
        stranger.floor(datagram)
    bench.air.flush()
    assert device_a.echo("alive") == "alive"
    for name, handset in bench.handsets.items():
        handset.check()
        assert handset.boots == boots[name]
    assert device_a.statistics("floor")["malformed"] > 0


def test_release_of_the_key_is_obeyed_within_a_flood(
    board_name: str, bench: VirtualBench, stranger: Stranger
) -> None:
    pressed_s = bench["A"].press("ptt")
    bench["A"].wait_output("led", "talk", EDGE_TIMEOUT_S, since=pressed_s)
    flood = b"".join(bare(DENY, 7) for _ in range(85))
    released_s = 0.0
    for i in range(3000):
        stranger.floor(flood)
        if i == 1000:
            released_s = bench["A"].release("ptt")
    idle_s = bench["A"].wait_output("led", "idle", EDGE_TIMEOUT_S, since=released_s)
    assert idle_s - released_s < REACTION_LIMIT_S[board_name]
    bench["A"].check()


def test_fast_taps_of_the_key_kill_nobody(bench: VirtualBench, device_a: Device) -> None:
    for _ in range(100):
        bench["A"].press("ptt")
        released_s = bench["A"].release("ptt")
    assert device_a.echo("alive") == "alive"
    bench["A"].wait_output("led", "idle", EDGE_TIMEOUT_S, since=released_s)
    bench["A"].check()


def test_media_of_nobody_is_not_played(
    bench: VirtualBench, stranger: Stranger, device_b: Device
) -> None:
    # What the test before this one said must have been played out.
    bench["B"].wait_output("led", "idle", T203_S + EDGE_TIMEOUT_S)
    bench.wait_until(bench.now_s() + PLAYED_OUT_S)
    before = device_b.statistics("voice")
    start_s = bench.now_s()
    for i in range(20):
        header = struct.pack(">BBHII", 0x80, 96, i, 320 * i, 0)
        stranger.media(header + b"\xf0\x44" + bytes(range(32)) + b"\x50")
    bench.air.flush()
    heard = bench["B"].hear(start_s, start_s + 0.5)
    assert not np.any(heard)
    after = device_b.statistics("voice")
    assert after["rx_bad"] - before["rx_bad"] == 20
    assert after["decoded"] == before["decoded"]


def test_position_of_a_stranger_with_a_long_name_does_not_hide_the_others(
    bench: VirtualBench, stranger: Stranger, device_b: Device
) -> None:
    for length in (64, 65, 252):
        words = 2 + 8 + (length + 3) // 4
        report = struct.pack(">BBHI4sBB", 0x80, 204, words, 99, b"HGEO", 1, length)
        stranger.floor(report + bytes(4 * words + 4 - len(report)))
    bench.air.flush()
    assert isinstance(device_b.geo().heard, tuple)
