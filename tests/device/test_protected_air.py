"""A talk group with a key: handsets started with the development configuration, and strangers."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from allowances import warm_up
from libsrtp import Session
from srtp_reference import Source
from test_call import EDGE_TIMEOUT_S, rms, talk_tone
from test_hostile_air import PLAYED_OUT_S, Stranger

from handsetctl.bench.pcap import PORTS
from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.device import Device

ROOT = Path(__file__).resolve().parents[2]
DEVELOPMENT = ROOT / "firmware" / "development"
READY_TIMEOUT_S = 20.0
KEY_ID, GROUP_KEY = 1, b"development only"
IP_AND_UDP_BYTES = 28
RTP_HEADER_BYTES, MKI_BYTES = 12, 10


@pytest.fixture(scope="module")
def protected(board_name: str, state_dir: Path) -> Iterator[VirtualBench]:
    """Two handsets of a group that has a key."""
    main = DEVELOPMENT / "protected.py"
    with VirtualBench(state_dir, names=("A", "B"), board=board_name, main=main) as running:
        running.wait_ready(READY_TIMEOUT_S)
        warm_up(running)
        yield running


@pytest.fixture
def stranger(protected: VirtualBench) -> Iterator[Stranger]:
    joined = Stranger(protected)
    yield joined
    joined.close()
    protected.air.leave("stranger")


@pytest.fixture(scope="module")
def on_air(
    protected: VirtualBench, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[bytes]]:
    """What a call of A and one of B put on the air, by port."""
    path = tmp_path_factory.mktemp("air") / "call.pcap"
    protected.air.pcap(path)
    for talker, listener in (("A", "B"), ("B", "A")):
        start_s, end_s = talk_tone(protected, talker, listener, 0.6)
        assert rms(protected[listener].hear(start_s + 0.25, end_s)) > 1000
    protected.air.flush()
    protected.air.pcap(None)
    return datagrams(path)


def datagrams(capture: Path) -> dict[str, list[bytes]]:
    """Payloads of the captured UDP packets, by port."""
    data, at = capture.read_bytes(), 24
    found: dict[str, list[bytes]] = {"media": [], "floor": []}
    kinds = {port: kind for kind, port in PORTS.items()}
    while at < len(data):
        n_bytes = struct.unpack_from("<I", data, at + 8)[0]
        packet = data[at + 16 : at + 16 + n_bytes]
        port = struct.unpack_from(">H", packet, IP_AND_UDP_BYTES - 6)[0]
        found[kinds[port]].append(packet[IP_AND_UDP_BYTES:])
        at += 16 + n_bytes
    return found


def sources(packets: list[bytes], ssrc_at: int) -> set[tuple[int, int, bytes]]:
    """SSRC, key id and epoch of everybody who sent."""
    return {
        (
            int.from_bytes(packet[ssrc_at : ssrc_at + 4], "big"),
            int.from_bytes(packet[-MKI_BYTES : 2 - MKI_BYTES], "big"),
            packet[2 - MKI_BYTES : 8 - MKI_BYTES],
        )
        for packet in packets
    }


def session(use: str, senders: set[tuple[int, int, bytes]]) -> Session:
    """libsrtp with the keys of these senders."""
    known = [Source(GROUP_KEY, key_id, ssrc, epoch) for ssrc, key_id, epoch in senders]
    return Session([(source.master(use), source.mki()) for source in known])


def test_the_handsets_say_that_they_are_protected(protected: VirtualBench) -> None:
    for name in ("A", "B"):
        with Device.open(protected[name].port) as device:
            assert device.floor().protected is True


def test_another_implementation_opens_the_media(on_air: dict[str, list[bytes]]) -> None:
    senders = sources(on_air["media"], ssrc_at=8)
    assert len(senders) == 2
    assert {key_id for _, key_id, _ in senders} == {KEY_ID}
    judge = session("media", senders)
    opened = [judge.unprotect("media", packet) for packet in on_air["media"]]
    assert len(opened) > 50
    # One AMR-WB frame of 12.65 kbit/s each: no mode request, good, frame type 2.
    assert {packet[RTP_HEADER_BYTES : RTP_HEADER_BYTES + 2] for packet in opened} == {b"\xf0\x14"}


def test_another_implementation_opens_floor_control(on_air: dict[str, list[bytes]]) -> None:
    judge = session("floor", sources(on_air["floor"], ssrc_at=4))
    opened = [judge.unprotect("floor", packet) for packet in on_air["floor"]]
    assert {packet[8:12] for packet in opened} == {b"MCPT"}


def test_nothing_is_on_the_air_in_the_clear(on_air: dict[str, list[bytes]]) -> None:
    for packet in on_air["floor"]:
        assert b"MCPT" not in packet
        assert b"sip:" not in packet
    assert all(packet[12:14] != b"\xf0\x14" for packet in on_air["media"][:10])


def test_no_key_and_nonce_comes_twice(on_air: dict[str, list[bytes]]) -> None:
    """SSRC, key id, epoch and counter together make key and nonce."""
    media = [packet[2:4] + packet[8:12] + packet[-MKI_BYTES:] for packet in on_air["media"]]
    floor = [packet[4:8] + packet[-4 - MKI_BYTES :] for packet in on_air["floor"]]
    assert len(set(media)) == len(media)
    assert len(set(floor)) == len(floor)


def test_a_restart_sends_with_another_key(
    protected: VirtualBench, tmp_path: Path, on_air: dict[str, list[bytes]]
) -> None:
    before = sources(on_air["media"], ssrc_at=8)
    protected["A"].power_off()
    protected["A"].power_on()
    protected.wait_ready(READY_TIMEOUT_S)
    protected.air.pcap(tmp_path / "after.pcap")
    talk_tone(protected, "A", "B", 0.2)
    protected.air.flush()
    protected.air.pcap(None)
    after = sources(datagrams(tmp_path / "after.pcap")["media"], ssrc_at=8)
    assert len(after) == 1
    assert {epoch for _, _, epoch in after}.isdisjoint({epoch for _, _, epoch in before})


def test_strangers_are_counted_and_not_heard(
    protected: VirtualBench, stranger: Stranger, on_air: dict[str, list[bytes]]
) -> None:
    with Device.open(protected["B"].port) as device:
        protected.wait_until(protected.now_s() + PLAYED_OUT_S)
        before = device.statistics("voice")
        start_s = protected.now_s()
        in_clear = bytes([0x80, 0x80 | 96]) + bytes(10) + b"\xf0\x14" + bytes(32)
        foreign = bytearray(on_air["media"][0])
        foreign[-MKI_BYTES] ^= 0x40
        forged = bytearray(on_air["media"][0])
        forged[-1] ^= 0x01  # one roll-over later, wherever the sequence began: not stale
        for datagram in (in_clear, bytes(foreign), bytes(forged), on_air["media"][0][:30]):
            for _ in range(5):
                stranger.media(datagram)
        for packet in on_air["floor"]:
            stranger.floor(packet)
        stranger.floor(struct.pack(">BBHI4s", 0x82, 204, 2, 77, b"MCPT"))
        protected.air.flush()
        protected.wait_until(protected.now_s() + 0.3)
        after = device.statistics("voice")
        grown = {name: after[name] - before[name] for name in after}
        assert device.floor().state == "silence"
    assert grown["rx_unknown_key"] >= 5
    assert grown["rx_forged"] >= 5
    assert grown["rx_unknown_key"] + grown["rx_forged"] + grown["rx_bad"] == 20
    assert grown["decoded"] == 0
    # B has not been restarted: it knows A's and its own packets of before.
    assert grown["floor_replayed"] > 0
    assert grown["floor_opened"] == 0
    assert rms(protected["B"].hear(start_s, start_s + 0.2)) < 30


def test_what_was_said_before_is_not_heard_again(
    protected: VirtualBench, stranger: Stranger, tmp_path: Path
) -> None:
    protected.air.pcap(tmp_path / "call.pcap")
    talk_tone(protected, "A", "B", 0.4)
    protected.air.flush()
    protected.air.pcap(None)
    said = datagrams(tmp_path / "call.pcap")["media"]
    with Device.open(protected["B"].port) as device:
        protected.wait_until(protected.now_s() + PLAYED_OUT_S)
        before = device.statistics("voice")
        start_s = protected.now_s()
        for packet in said:
            # As fast as they were said: what comes faster may find the receiver's queue full.
            stranger.media(packet)
            protected.wait_until(protected.now_s() + 0.02)
        protected.air.flush()
        protected.wait_until(protected.now_s() + 0.3)
        after = device.statistics("voice")
        end_s = protected.now_s()
    refused = sum(after[name] - before[name] for name in ("rx_replayed", "rx_stale"))
    assert refused == len(said)
    assert np.abs(protected["B"].hear(start_s, end_s - 0.1)).max() < 100


def test_a_release_has_no_development_key(board_name: str) -> None:
    firmware = {"sim": "handset", "qemu_rv32": "handset.elf"}[board_name]
    image = (ROOT / "build" / board_name / firmware).read_bytes()
    assert b"group_keys" in image
    assert GROUP_KEY not in image
    assert b"development_keys" not in image


def test_a_handset_without_a_key_says_so(bench: VirtualBench, device_a: Device) -> None:
    assert device_a.floor().protected is False
    pressed_s = bench["A"].press("ptt")
    bench["B"].wait_output("led", "receive", EDGE_TIMEOUT_S, since=pressed_s)
    bench["A"].release("ptt")
    bench["B"].wait_output("led", "idle", EDGE_TIMEOUT_S, since=pressed_s)
