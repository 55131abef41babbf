"""The capture file as Wireshark sees it (needs tshark)."""

import subprocess
from pathlib import Path

from handsetctl.bench.pcap import PcapWriter


def rtp(sequence: int) -> bytes:
    """An RTP packet of an AMR-WB call: version 2, payload type 96, one octet-aligned frame."""
    header = bytes([0x80, 96]) + sequence.to_bytes(2, "big") + (320 * sequence).to_bytes(4, "big")
    return header + b"\x11\x22\x33\x44" + bytes([0xF0, 0x14]) + bytes(32)


# RTCP APP, subtype 0 (Floor Request), name MCPT (TS 24.380), no fields.
FLOOR_REQUEST = bytes([0x80, 204, 0, 2]) + b"\x11\x22\x33\x44" + b"MCPT"


def test_tshark_decodes_media_as_rtp_and_floor_as_rtcp(tmp_path: Path) -> None:
    path = tmp_path / "air.pcap"
    with PcapWriter(path) as writer:
        writer.write(0, "floor", FLOOR_REQUEST, 1_700_000_000_000_000_000)
        for number in range(3):
            writer.write(0, "media", rtp(number), 1_700_000_000_020_000_000 + number)
    command = ["tshark", "-r", str(path), "-d", "udp.port==5004,rtp", "-d", "udp.port==5005,rtcp"]
    command += ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-T", "fields"]
    for field in ("_ws.col.Protocol", "ip.src", "rtp.seq", "rtp.p_type", "rtcp.app.name"):
        command += ["-e", field]
    command += ["-e", "ip.checksum.status", "-e", "udp.checksum.status"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [line[2:4] for line in lines[1:]] == [[str(number), "96"] for number in range(3)]
    assert lines[0][4] == "MCPT"
    assert [line[0] for line in lines[1:]] == ["RTP"] * 3
    assert {line[1] for line in lines} == {"10.77.0.1"}
    assert {tuple(line[5:7]) for line in lines} == {("1", "1")}  # 1 is "good"
