"""Ways to change an image: each bit, each record, each sector."""

from __future__ import annotations

import random
from collections.abc import Iterator

from store_reader import KEYS, LAST, SEALED, Record
from store_victim import SECTOR_BYTES, Victim

Image = bytes
# (what was done, the image)
Mangled = tuple[str, Image]


def flipped(image: Image, bit: int) -> Image:
    """One bit is another."""
    data = bytearray(image)
    data[bit // 8] ^= 1 << bit % 8
    return bytes(data)


def _span(record: Record) -> tuple[int, int]:
    """Of the record with its mark, in the image."""
    at = record.sector * SECTOR_BYTES
    return at + record.offset, at + record.end + 4 * record.last


def _replaced(image: Image, begin: int, end: int, data: bytes) -> Image:
    """What follows moves, within the sector."""
    sector_end = (begin // SECTOR_BYTES + 1) * SECTOR_BYTES
    rest = (data + image[end:sector_end]).ljust(sector_end - begin, b"\xff")
    return image[:begin] + rest[: sector_end - begin] + image[sector_end:]


def _over(image: Image, begin: int, data: bytes) -> Image:
    return image[:begin] + data + image[begin + len(data) :]


def each_record(victim: Victim, older: Victim, other: Victim) -> Iterator[Mangled]:
    """Moved, dropped, duplicated, replayed from an older image or another device's."""
    image = victim.image
    records = victim.records()
    for i, record in enumerate(records):
        begin, end = _span(record)
        yield f"record {i} dropped", _replaced(image, begin, end, b"")
        yield f"record {i} erased", _over(image, begin, b"\xff" * (end - begin))
        yield f"record {i} zeroed", _over(image, begin, bytes(end - begin))
        yield f"record {i} superseded", _over(image, begin + 2, b"\0\0")
        if record.data[1] < 255 and record.kind in SEALED and not record.box:
            # As keys that were overwritten, which nobody needs any more.
            as_keys = bytes([record.data[0] & LAST | KEYS, record.data[1] + 1, 0, 0])
            yield f"record {i} as old keys", _over(image, begin, as_keys)
        whole = image[begin:end]
        yield f"record {i} duplicated", _replaced(image, end, end, whole)
        yield f"record {i} cut off", _replaced(image, begin, SECTOR_BYTES * len(image), b"")
        for j, target in enumerate(records):
            at, its_end = _span(target)
            if i != j and its_end - at == len(whole):
                yield f"record {i} over {j}", _over(image, at, whole)
            if i != j:
                with_mac = image[begin - 8 : end]
                yield f"record {i} with its MAC before {j}", _replaced(image, at, at, with_mac)
    for name, source in (("older", older), ("other", other)):
        yield from _replayed(image, records, name, source)


def _replayed(image: Image, records: list[Record], name: str, source: Victim) -> Iterator[Mangled]:
    for i, record in enumerate(source.records()):
        begin, end = _span(record)
        if end - begin + 8 > SECTOR_BYTES:
            continue
        for j, target in enumerate(records):
            at, its_end = _span(target)
            whole = source.image[begin:end]
            if its_end - at == len(whole):
                yield f"{name} record {i} over {j}", _over(image, at, whole)
            if target.last:
                with_mac = source.image[begin - 8 : end]
                moved = _replaced(image, its_end, its_end, with_mac)
                yield f"{name} record {i} with its MAC behind {j}", moved


def each_sector(victim: Victim, older: Victim, other: Victim) -> Iterator[Mangled]:
    """The same with sectors."""
    image = victim.image
    starts = range(0, len(image), SECTOR_BYTES)
    for begin in starts:
        erased = image[begin : begin + 12] + b"\xff" * (SECTOR_BYTES - 12)
        yield f"sector {begin} erased", _over(image, begin, erased)
        yield f"sector {begin} gone", _over(image, begin, b"\xff" * SECTOR_BYTES)
        yield f"sector {begin} zeroed", _over(image, begin, bytes(SECTOR_BYTES))
        for head in (4, 12, 16, 52):
            yield f"sector {begin} without {head}", _over(image, begin, b"\xff" * head)
        for target in starts:
            data = image[begin : begin + SECTOR_BYTES]
            if target == begin:
                continue
            moved = _over(image, target, data)
            yield f"sector {begin} also at {target}", moved
            swapped = _over(moved, begin, image[target : target + SECTOR_BYTES])
            yield f"sectors {begin} and {target} swapped", swapped
        for name, source in (("older", older), ("other", other)):
            for target in starts:
                data = source.image[begin : begin + SECTOR_BYTES]
                yield f"{name} sector {begin} at {target}", _over(image, target, data)
    yield "older image", older.image
    yield "other device's image", other.image


def each_bit(victim: Victim, bit: int) -> Mangled:
    """By number, from 0 to 8 times the bytes."""
    return f"bit {bit}", flipped(victim.image, bit)


def mixed(chance: random.Random, victim: Victim, older: Victim, other: Victim) -> Mangled:
    """Several things at once, anywhere."""
    image = bytearray(victim.image)
    n = len(image)
    done = []
    for _ in range(chance.randint(1, 6)):
        kind = chance.choice(("bits", "fill", "noise", "copy", "older", "other", "program"))
        begin = chance.randrange(0, n, 4)
        size = min(chance.choice((4, 8, 64, 200, SECTOR_BYTES)), n - begin)
        done.append(f"{kind} {begin}+{size}")
        piece = slice(begin, begin + size)
        if kind == "bits":
            image[begin] ^= 1 << chance.randrange(8)
        elif kind == "fill":
            image[piece] = bytes([chance.choice((0, 255))]) * size
        elif kind == "noise":
            image[piece] = chance.randbytes(size)
        elif kind == "program":
            image[piece] = bytes(
                a & b for a, b in zip(image[piece], chance.randbytes(size), strict=True)
            )
        else:
            source = {"copy": victim, "older": older, "other": other}[kind].image
            at = begin if chance.random() < 0.5 else chance.randrange(0, n - size + 1, 4)
            image[piece] = source[at : at + size]
    return ", ".join(done), bytes(image)
