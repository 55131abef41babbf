"""What comes out of the protection is RTP and RTCP to Wireshark, without a complaint."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from srtp_station import OK, Station, Use

from handset.floor import messages
from handsetctl.bench.pcap import PcapWriter

KEY = bytes(range(16))
SSRC = 0x11223344
NAME = "sip:a@sim.invalid"
FIRST, N_PACKETS = 65533, 5
AMR_WB_FRAME = bytes([0xF0, 0x14]) + bytes(range(32))


def floor_request() -> bytes:
    """As the handset sends it (TS 24.380 clause 8.2.4)."""
    memory = bytearray(messages.MAX_BYTES)
    message = messages.request(SSRC, NAME, 5, messages.NORMAL_CALL)
    return bytes(memory[: messages.encode(message, memory)])


def opened(station: Station, use: Use) -> list[bytes]:
    """What a receiver got of some packets, across a roll-over of the sequence number."""
    sender, receiver = station.sender(use, SSRC, b"epochA"), station.receiver(use)
    sender.start_at(FIRST)
    packets = []
    for _ in range(N_PACKETS):
        clear = sender.packet(AMR_WB_FRAME) if use == "media" else floor_request()
        protected = sender.protect(clear)
        assert protected is not None
        result, packet = receiver.unprotect(protected)
        assert result == OK
        packets.append(packet)
    return packets


def tshark(path: Path, *arguments: str) -> list[list[str]]:
    command = ["tshark", "-r", str(path), "-d", "udp.port==5004,rtp", "-d", "udp.port==5005,rtcp"]
    done = subprocess.run(
        [*command, "-T", "fields", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("use", "fields", "seen"),
    [
        (
            "media",
            ("rtp.seq", "rtp.p_type", "rtp.payload"),
            [
                [str(seq % 65536), "96", AMR_WB_FRAME.hex()]
                for seq in range(65533, 65533 + N_PACKETS)
            ],
        ),
        (
            "floor",
            ("rtcp.app.name", "rtcp.ssrc.identifier", "rtcp.length_check"),
            [["MCPT", f"0x{SSRC:08x}", "1"]] * N_PACKETS,
        ),
    ],
    ids=["media", "floor"],
)
def test_tshark_sees_what_was_sent(
    station: Station, tmp_path: Path, use: Use, fields: tuple[str, ...], seen: list[list[str]]
) -> None:
    station.set_keys((7, KEY))
    path = tmp_path / "opened.pcap"
    with PcapWriter(path) as writer:
        for i, packet in enumerate(opened(station, use)):
            writer.write(0, use, packet, 1_700_000_000_000_000_000 + 20_000_000 * i)
    assert tshark(path, *(part for field in fields for part in ("-e", field))) == seen
    assert tshark(path, "-e", "frame.number", "-Y", "_ws.malformed || _ws.expert") == []
