"""Who has the flash but not the keys sees that there are records, and how long to 16 bytes."""

from __future__ import annotations

import hashlib
import itertools

import pytest
from store_reader import NAME, VALUE, Record
from store_rig import PIN, Rig

SERVICE, PROFESSIONAL, PERSONAL = 1, 2, 3
_PIECE = 6


class Tapped(Rig):
    """Keeps every byte that was ever programmed, erased or not since."""

    def __init__(self, *args: int) -> None:
        super().__init__(*args)
        self.programmed = bytearray()
        self.flash.observer = lambda _n, kind, _offset, data: self.programmed.extend(data)
        assert self.play("power") == ["open", [], "clean"]
        assert self.play("unlock", PIN, True) is True


def _text(label: str, n_bytes: int) -> bytes:
    """Bytes that cannot stand anywhere by chance."""
    return hashlib.shake_256(label.encode()).digest(n_bytes)


def _pieces(text: bytes) -> set[bytes]:
    return {text[at : at + _PIECE] for at in range(max(1, len(text) - _PIECE + 1))}


def _written(rig: Tapped) -> list[bytes]:
    """Names and values of all domains, unlocked and locked, rewritten until it is compacted."""
    texts = []
    for turn in range(12):
        if turn == 6:
            rig.play("lock")
        for domain in (SERVICE, PROFESSIONAL, PERSONAL):
            for i in range(5):
                name = "secret name %d of %d" % (i, domain)
                value = _text(f"{turn} {domain} {i}", 7 + 9 * i)
                assert rig.play("put", domain, name, value.hex()) is None
                texts += [name.encode(), value]
        for journal in ("positions", "alarms"):
            value = _text(f"{turn} {journal}", 40)
            assert rig.play("append", journal, value.hex()) == turn
            texts.append(value)
        rig.play("tidy", 50)
    return texts


def test_no_text_is_ever_programmed_in_the_clear() -> None:
    rig = Tapped(12, 1024)
    texts = _written(rig)
    assert rig.flash.n_erases > 20, "compaction was at work"
    programmed = bytes(rig.programmed)
    found = [t for t in texts if any(piece in programmed for piece in _pieces(t))]
    assert found == []
    device_secret, pin = rig.device_secret, PIN.encode()
    assert device_secret[:8] not in programmed and pin * 2 not in programmed


def test_the_search_finds_what_is_there() -> None:
    text = _text("anything", 40)
    assert any(piece in b"...." + text[20:30] + b"...." for piece in _pieces(text))


@pytest.mark.parametrize("is_locked", [False, True])
def test_equal_texts_look_different(is_locked: bool) -> None:
    rig = Tapped(8, 4096)
    if is_locked:
        rig.play("lock")
    text = b"the same thing, again and again!"
    for i in range(20):
        assert rig.play("put", PROFESSIONAL, "one name", text.hex()) is None
        assert rig.play("put", PERSONAL, "name %d" % i, text.hex()) is None
        assert rig.play("append", "positions", text.hex()) == i
    sealed = [r for r in rig.independent().records if r.domain]
    assert len(sealed) >= 60
    blocks = [block for record in sealed for block in _blocks(record)]
    assert len(set(blocks)) == len(blocks)
    assert len({record.salt for record in sealed}) == len(sealed)


def _blocks(record: Record) -> list[bytes]:
    """Pieces of 8 bytes of body and tag, at their places."""
    sealed = record.body[2:] + record.tag
    return [sealed[at : at + 8] for at in range(0, len(sealed), 8)]


def test_lengths_show_in_steps_of_16_only() -> None:
    rig = Tapped(16, 4096)
    sizes = range(70)
    for n_bytes in sizes:
        name = "n" * (1 + n_bytes % 50) + "%02d" % n_bytes
        assert rig.play("put", PROFESSIONAL, name, ("%02x" % n_bytes) * n_bytes) is None
    reading = rig.independent()
    lengths: dict[int, set[int]] = {}
    for record in reading.records:
        if record.kind in (VALUE, NAME):
            text = _size_of(record, reading.values, rig)
            lengths.setdefault(-(-text // 16), set()).add(len(record.data))
    assert sorted(lengths) == [0, 1, 2, 3, 4, 5]
    each = [lengths[n] for n in sorted(lengths)]
    assert all(len(it) == 1 for it in each)
    steps = {b - a for (a,), (b,) in itertools.pairwise(map(tuple, each))}
    assert steps == {16}


def _size_of(record: Record, values: dict[tuple[int, str], bytes], rig: Rig) -> int:
    for (domain, name), value in values.items():
        if rig.custody.name_id(domain, name.encode()) == record.id:
            return len(value) if record.kind == VALUE else len(name.encode())
    raise AssertionError("a record of nothing")
