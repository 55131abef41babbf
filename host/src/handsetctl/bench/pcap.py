"""Capture file of the air: classic pcap with synthesized IPv4 and UDP headers, for Wireshark.

Every datagram is written once, as it was put on the air: from its member's address to the group's.
Media goes to an even port and floor control to the odd one above, as RTP and RTCP do (RFC 3550,
section 11): ``tshark -d udp.port==5004,rtp -d udp.port==5005,rtcp``.
"""

from __future__ import annotations

import struct
from pathlib import Path
from types import TracebackType

GROUP_ADDRESS = bytes((239, 77, 0, 1))
PORTS = {"media": 5004, "floor": 5005}
_MAGIC_NANOSECONDS = 0xA1B23C4D
_LINKTYPE_RAW = 101
_SNAPLEN = 65535
_UDP = 17


class PcapWriter:
    """Writes datagrams; each is on disk when write returns."""

    def __init__(self, path: Path) -> None:
        """Start a file, replacing any. OSError if it cannot be written."""
        self._file = path.open("wb", buffering=0)
        self._file.write(
            struct.pack("<IHHiIII", _MAGIC_NANOSECONDS, 2, 4, 0, 0, _SNAPLEN, _LINKTYPE_RAW)
        )
        self._identification = 0

    def write(self, member_index: int, kind: str, datagram: bytes, time_ns: int) -> None:
        """Record a datagram of a member (index 0 is 10.77.0.1), sent at Unix time ``time_ns``."""
        source = bytes((10, 77, 0, 1 + member_index))
        packet = ipv4_udp(source, GROUP_ADDRESS, PORTS[kind], datagram, self._identification)
        self._identification = (self._identification + 1) & 0xFFFF
        seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
        header = struct.pack("<IIII", seconds, nanoseconds, len(packet), len(packet))
        self._file.write(header + packet)

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._file.close()

    def __enter__(self) -> PcapWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def ipv4_udp(
    source: bytes, destination: bytes, port: int, payload: bytes, identification: int
) -> bytes:
    """An IPv4 packet (RFC 791) with a UDP datagram (RFC 768) from ``port`` to ``port``."""
    length = 8 + len(payload)
    pseudo_header = source + destination + struct.pack("!BBH", 0, _UDP, length)
    udp_sum = internet_checksum(
        pseudo_header + struct.pack("!HHHH", port, port, length, 0) + payload
    )
    # A computed sum of zero is sent as all ones: zero would mean "no checksum".
    udp_header = struct.pack("!HHHH", port, port, length, udp_sum or 0xFFFF)
    fields = (0x45, 0, 20 + length, identification, 0x4000, 1, _UDP)
    ip_start = struct.pack("!BBHHHBB", *fields)
    ip_sum = internet_checksum(ip_start + b"\0\0" + source + destination)
    ip_header = ip_start + struct.pack("!H", ip_sum) + source + destination
    return ip_header + udp_header + payload


def internet_checksum(data: bytes) -> int:
    """Ones' complement sum of 16-bit words, complemented (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
