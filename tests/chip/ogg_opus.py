"""Opus payloads of 20 ms in an Ogg file (RFC 3533, RFC 7845), and back: as others take them."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

_CAPTURE = b"OggS"
_HEADER = struct.Struct("<4sBBqIIIB")
_FIRST_PAGE, _LAST_PAGE = 2, 4
_FRAME_TICKS = 960  # of 48 kHz
_CRC_POLYNOMIAL = 0x04C11DB7


def write_ogg(payloads: Sequence[bytes]) -> bytes:
    """A file with one payload a page: one channel, nothing to skip at the start."""
    head = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, 0, 16000, 0, 0)
    tags = struct.pack("<8sI0sI", b"OpusTags", 0, b"", 0)
    pages = [_page(head, 0, 0, _FIRST_PAGE), _page(tags, 0, 1, 0)]
    for index, payload in enumerate(payloads, start=1):
        kind = _LAST_PAGE if index == len(payloads) else 0
        pages.append(_page(payload, index * _FRAME_TICKS, index + 1, kind))
    return b"".join(pages)


def read_ogg(file: bytes) -> list[bytes]:
    """The payloads of a file, without the two headers."""
    return list(_packets(file))[2:]


def _page(packet: bytes, position: int, number: int, kind: int) -> bytes:
    lacing = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
    page = _HEADER.pack(_CAPTURE, 0, kind, position, 1, number, 0, len(lacing)) + lacing + packet
    return page[:22] + struct.pack("<I", _crc(page)) + page[26:]


def _crc(page: bytes) -> int:
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (_CRC_POLYNOMIAL if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc


def _packets(file: bytes) -> Iterator[bytes]:
    at, packet = 0, b""
    while at < len(file):
        n_segments = _HEADER.unpack_from(file, at)[-1]
        at += _HEADER.size
        lacing = file[at : at + n_segments]
        at += n_segments
        for n_bytes in lacing:
            packet += file[at : at + n_bytes]
            at += n_bytes
            if n_bytes < 255:
                yield packet
                packet = b""
