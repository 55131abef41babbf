"""Sectors, and the ends of those that are written, can not be taken away unnoticed."""

from __future__ import annotations

import struct
from functools import reduce
from itertools import combinations

from store_reader import LAST, MARK, RELEASE, Sector
from store_rig import Rig

_SERVICE = 1
_N_SECTORS, _SECTOR_BYTES = 12, 1024
_DIGEST = slice(36, 44)


def _sectors(rig: Rig) -> list[Sector]:
    """As the independent reader sees them, those that were opened."""
    image = rig.flash.image()
    device = rig.device_keys()
    starts = range(0, len(image), _SECTOR_BYTES)
    pieces = [image[at : at + _SECTOR_BYTES] for at in starts]
    sectors = [Sector(piece, position, device) for position, piece in enumerate(pieces)]
    return [sector for sector in sectors if sector.header_is_right]


def _used(n_turns: int) -> Rig:
    """Entries that stay, a value that changes, and all that compaction does with them. No names:
    what lacks its name would tell, too."""
    rig = Rig(_N_SECTORS, _SECTOR_BYTES)
    for n in range(16):
        rig.store.append("alarms", b"%d" % n + bytes(60))
    for n in range(n_turns):
        rig.store.put("changes", b"%d" % n + bytes(100), _SERVICE)
        rig.store.tidy()
    return rig


def _exclusive_or(parts: tuple[bytes, ...]) -> bytes:
    return reduce(lambda a, b: bytes(x ^ y for x, y in zip(a, b, strict=True)), parts)


def test_nothing_in_the_flash_tells_an_element() -> None:
    """Who knows some more than 64 of them finds sectors that add up to nothing."""
    rig = _used(60)
    sectors = _sectors(rig)
    elements = {s.element(s.end, s.last_mac).to_bytes(8, "little") for s in sectors}
    image = rig.flash.image()
    assert len(elements) > 4
    assert not any(element in image for element in elements)
    told = [sector.data[_DIGEST] for sector in sectors]
    told += [r.body[:8] for s in sectors for r in s.records if r.kind == RELEASE]
    assert any(r.kind == RELEASE for s in sectors for r in s.records)
    assert elements.isdisjoint(_exclusive_or(pair) for pair in combinations(told, 2))


def _ends(sector: Sector) -> list[int]:
    """Where its transactions begin, and with them what could be cut off."""
    ends = [r.end + len(MARK) for r in sector.records if r.data[0] & LAST]
    return [52, *ends[:-1]]


def test_the_end_of_the_other_head_can_not_be_cut_off() -> None:
    """What it had when the newest sector was opened."""
    n_cut = 0
    for n_turns in range(20, 60):
        rig = _used(n_turns)
        newest = max(_sectors(rig), key=lambda sector: sector.sequence)
        heads = {s.sequence: s for s in _sectors(rig) if s.is_cold != newest.is_cold}
        other = heads.get(newest.other_head)
        if other is None or newest.is_cold:
            continue
        image = rig.flash.image()
        for end in _ends(other):
            if end >= newest.other_end:
                continue
            begin, behind = (other.position * _SECTOR_BYTES + at for at in (end, _SECTOR_BYTES))
            rig.flash.load(image[:begin] + b"\xff" * (behind - begin) + image[behind:])
            rig.play("power")
            assert "incomplete" in [what for what, _, _ in rig.store.report.damage], (n_turns, end)
            n_cut += 1
    assert n_cut > 100


def test_what_the_header_says_of_the_other_head_is_where_that_ended() -> None:
    rig = _used(40)
    sectors = _sectors(rig)
    newest = max(sectors, key=lambda sector: sector.sequence)
    other = next(s for s in sectors if s.sequence == newest.other_head)
    assert newest.other_end in other.last_mac_at
    assert struct.unpack_from("<I", newest.data, 32)[0] == newest.other_end
