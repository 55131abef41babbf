"""Blocks of positions, as the handset's table has them (firmware/handset/records/entries.py)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from handsetctl import spec

_DEGREE_E7 = 10_000_000
_LAT_MAX_E7, _LON_MAX_E7 = 90 * _DEGREE_E7, 180 * _DEGREE_E7
_VARINT_BYTES_MAX = 5


class BlockError(ValueError):
    """What in a block is not as the table says, and at which byte."""


@dataclass(frozen=True)
class Position:
    """In 1e-7 degrees (WGS 84), and when it was fixed: -1 where the date was not known."""

    lat_e7: int
    lon_e7: int
    utc_ms: int

    @property
    def lat_deg(self) -> float:
        return self.lat_e7 / _DEGREE_E7

    @property
    def lon_deg(self) -> float:
        return self.lon_e7 / _DEGREE_E7


def positions_in(block: bytes) -> list[Position]:
    """All of a block, or BlockError: a block that is wrong somewhere may be wrong anywhere."""
    layout = spec.store_constant("POSITION")
    if len(block) < struct.calcsize(layout):
        raise BlockError(f"{len(block)} bytes are no position: at least {struct.calcsize(layout)}")
    first = Position(*struct.unpack_from(layout, block))
    return [_checked(position) for position in _from(first, block, struct.calcsize(layout))]


def _from(first: Position, block: bytes, at: int) -> Iterator[Position]:
    step_e7 = spec.store_constant("POSITION_STEP_E7")
    yield first
    lat, lon, seconds = 0, 0, 0
    while at < len(block):
        lat_step, at = _varint(block, at)
        lon_step, at = _varint(block, at)
        passed, at = _varint(block, at)
        lat, lon, seconds = lat + _signed(lat_step), lon + _signed(lon_step), seconds + passed
        utc_ms = first.utc_ms if first.utc_ms < 0 else first.utc_ms + 1000 * seconds
        yield Position(first.lat_e7 + step_e7 * lat, first.lon_e7 + step_e7 * lon, utc_ms)


def _varint(block: bytes, at: int) -> tuple[int, int]:
    """A number, and the offset behind it."""
    number = 0
    for i in range(_VARINT_BYTES_MAX):
        if at + i == len(block):
            raise BlockError(f"the block of {len(block)} bytes ends within a position")
        number |= (block[at + i] & 0x7F) << 7 * i
        if not block[at + i] & 0x80:
            return number, at + i + 1
    raise BlockError(f"the number at byte {at} has no end")


def _signed(zigzag: int) -> int:
    return zigzag >> 1 ^ -(zigzag & 1)


def _checked(position: Position) -> Position:
    # A step is half a unit off at most, also beside a pole.
    half = spec.store_constant("POSITION_STEP_E7") // 2
    if abs(position.lat_e7) > _LAT_MAX_E7 + half or abs(position.lon_e7) > _LON_MAX_E7 + half:
        raise BlockError(f"{position.lat_deg}, {position.lon_deg} is nowhere on Earth")
    return position
