"""The capture file, read back by the book."""

import struct
from pathlib import Path

from handsetctl.bench.pcap import PcapWriter, internet_checksum

TIME_NS = 1_700_000_000_123_456_789
MEDIA = bytes([0x80, 96]) + bytes(range(31))
FLOOR = bytes([0x80, 204, 0, 2]) + b"\0\0\0\1MCPT"


def records(path: Path) -> list[tuple[int, bytes]]:
    """(time in ns, packet) of each record of a nanosecond pcap of raw IP."""
    image = path.read_bytes()
    magic, major, minor, _, _, _, link = struct.unpack_from("<IHHiIII", image)
    assert (magic, major, minor, link) == (0xA1B23C4D, 2, 4, 101)
    found, at = [], 24
    while at < len(image):
        seconds, nanoseconds, kept, length = struct.unpack_from("<IIII", image, at)
        assert kept == length
        found.append((seconds * 1_000_000_000 + nanoseconds, image[at + 16 : at + 16 + kept]))
        at += 16 + kept
    return found


def capture(path: Path) -> list[tuple[int, bytes]]:
    with PcapWriter(path) as writer:
        writer.write(0, "media", MEDIA, TIME_NS)
        writer.write(1, "floor", FLOOR, TIME_NS + 1)
        return records(path)  # while the capture is still open


def test_each_datagram_is_there_at_once_with_its_time(tmp_path: Path) -> None:
    (media_ns, media), (floor_ns, floor) = capture(tmp_path / "air.pcap")
    assert (media_ns, floor_ns) == (TIME_NS, TIME_NS + 1)
    assert media[28:] == MEDIA and floor[28:] == FLOOR


def test_addresses_and_ports_tell_who_and_what(tmp_path: Path) -> None:
    (_, media), (_, floor) = capture(tmp_path / "air.pcap")
    assert media[12:20] == bytes([10, 77, 0, 1, 239, 77, 0, 1])
    assert floor[12:16] == bytes([10, 77, 0, 2])
    assert struct.unpack_from("!HH", media, 20) == (5004, 5004)
    assert struct.unpack_from("!HH", floor, 20) == (5005, 5005)


def test_lengths_and_checksums_are_right(tmp_path: Path) -> None:
    for _, packet in capture(tmp_path / "air.pcap"):
        assert struct.unpack_from("!H", packet, 2) == (len(packet),)
        assert struct.unpack_from("!H", packet, 24) == (len(packet) - 20,)
        assert internet_checksum(packet[:20]) == 0
        pseudo = packet[12:20] + bytes([0, 17]) + packet[24:26]
        assert internet_checksum(pseudo + packet[20:]) == 0


def test_the_checksum_of_rfc_1071_section_3() -> None:
    assert internet_checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2
    assert internet_checksum(b"\x01") == 0xFEFF  # an odd byte is the high one
