"""The reader itself, on images written by hand."""

from __future__ import annotations

import pytest
from store_image_writer import PIN, SECRET, ImageWriter, SectorWriter
from store_reader import DELETE, KEYS, RELEASE, TRIES, WIPE, Reading, read

_SERVICE, _PROFESSIONAL, _PERSONAL = 0x10, 0x20, 0x30
_VALUE, _NAME, _ENTRY, _JOURNAL = 1, 2, 3, 8


def _put(image: ImageWriter, sector: SectorWriter, domain: int, name: str, text: bytes) -> None:
    id = image.device.name_id(domain >> 4, name)
    sector.add(domain | _NAME, id, name.encode(), last=False)
    sector.add(domain | _VALUE, id, text)


def _entry(journal: int, number: int) -> bytes:
    return journal.to_bytes(2, "little") + number.to_bytes(4, "little")


@pytest.fixture
def image() -> ImageWriter:
    """Two sectors: values in three domains, a box, a journal, keys."""
    image = ImageWriter()
    first = image.open_sector(2)
    first.add(KEYS, bytes(6), image.keys_body())
    first.add(KEYS, bytes(5) + b"\x01", image.keys_body())
    _put(image, first, _SERVICE, "group/1", b"g" * 16)
    _put(image, first, _PROFESSIONAL, "form/1", b"one")
    second = image.open_sector(0)
    _put(image, second, _PERSONAL, "diary", b"")
    for number in range(3):
        second.add(_PROFESSIONAL | _ENTRY, _entry(3, number), bytes([number]), box=True)
    return image


def _read(image: ImageWriter, pin: str | None = PIN) -> Reading:
    return read(bytes(image.image()), SECRET, pin)


_ALL = {(1, "group/1"): b"g" * 16, (2, "form/1"): b"one", (3, "diary"): b""}
_ENTRIES = {3: {0: b"\0", 1: b"\1", 2: b"\2"}}


def test_everything_is_read(image: ImageWriter) -> None:
    reading = _read(image)
    assert (reading.state, reading.damage, reading.tail) == ("open", [], "clean")
    assert reading.values == _ALL
    assert reading.entries == _ENTRIES
    digest = image.sectors[0].element().to_bytes(8, "little")
    head = image.device.mac(b"head", digest, image.sectors[-1].mac, bytes(8))
    assert reading.head == (image.version, head)
    assert not reading.locked and not reading.forged


@pytest.mark.parametrize("pin", [None, "2581"])
def test_without_the_pin_only_service_is_read(image: ImageWriter, pin: str | None) -> None:
    reading = _read(image, pin)
    assert reading.values == {(1, "group/1"): b"g" * 16}
    assert reading.entries == {} and reading.damage == []
    assert len(reading.locked) == 7


def test_no_pin_set(image: ImageWriter) -> None:
    other = ImageWriter()
    other.open_sector(0).add(KEYS, bytes(6), other.keys_body(rounds=0))
    assert _read(other, None).open_domains == {1, 2, 3}


def test_later_versions_and_deletions_count(image: ImageWriter) -> None:
    sector = image.sectors[-1]
    form, group = (image.device.name_id(*it) for it in ((2, "form/1"), (1, "group/1")))
    sector.add(_PROFESSIONAL | _VALUE, form, b"two")
    sector.add(DELETE, group, b"\0\0")
    sector.add(_SERVICE | _JOURNAL, b"\3\0" + b"\xff" * 4, bytes([2, 0, 0, 0, 3, 0, 0, 0]))
    sector.add(TRIES, bytes(6), b"\5\0")
    reading = _read(image)
    assert reading.values == {(2, "form/1"): b"two", (3, "diary"): b""}
    assert reading.entries == {3: {2: b"\2"}}
    assert reading.tries == 5 and reading.damage == []


def test_a_released_sector_does_not_count(image: ImageWriter) -> None:
    first, second = image.sectors
    body = image.digest_mac(image.version + 1, first).ljust(18, b"\0")
    second.add(RELEASE, b"\2\0\1\0\0\0", body)
    assert sorted(_read(image, None).values) == []
    raw = image.image()
    raw[2 * 4096 : 3 * 4096] = b"\xff" * 4096
    assert read(bytes(raw), SECRET).damage == []
    raw[2 * 4096 + 100 : 3 * 4096] = image.image()[2 * 4096 + 100 : 3 * 4096]
    assert read(bytes(raw), SECRET).damage == []


def test_a_wipe_is_seen(image: ImageWriter) -> None:
    image.sectors[-1].add(WIPE, bytes(6), b"\0\0")
    assert _read(image).state == "wiping"


def test_a_transaction_without_mark_is_not_there(image: ImageWriter) -> None:
    sector = image.sectors[-1]
    id = image.device.name_id(2, "form/1")
    sector.add(_PROFESSIONAL | _VALUE, id, b"two", last=False)
    reading = _read(image)
    assert reading.values == _ALL and reading.tail == "in doubt" and reading.damage == []
    sector.add(_PROFESSIONAL | _VALUE, id, b"three")
    reading = _read(image)
    assert reading.values[2, "form/1"] == b"three" and reading.tail == "clean"
    assert reading.damage == []


def test_each_altered_record_is_found_and_costs_itself_only(image: ImageWriter) -> None:
    raw = image.image()
    whole = read(bytes(raw), SECRET, PIN)
    for record in whole.records:
        for at in (0, 1, 4, 12, 15, len(record.data) - 1):
            altered = bytearray(raw)
            altered[record.sector * 4096 + record.offset + at] ^= 4
            reading = read(bytes(altered), SECRET, PIN)
            assert ("altered", record.sector, record.offset) in reading.damage
            rest = [r for r in whole.records if r != record]
            assert reading.records == rest


def test_a_sealed_text_that_was_altered_is_forged(image: ImageWriter) -> None:
    raw = image.image()
    record = next(r for r in _read(image).records if r.kind == _VALUE and r.domain == 2)
    raw[record.sector * 4096 + record.offset + 30] ^= 1
    reading = read(bytes(raw), SECRET, PIN)
    assert [r.id for r in reading.forged] == [record.id]
    assert (2, "form/1") not in reading.values


def test_sectors_that_are_missing_or_foreign(image: ImageWriter) -> None:
    raw = image.image()
    missing = raw[:8192] + b"\xff" * 4096 + raw[12288:]
    assert ("incomplete", 0, 0) in read(bytes(missing), SECRET, PIN).damage
    header = bytearray(raw)
    header[8192 + 24] ^= 1
    reading = read(bytes(header), SECRET, PIN)
    assert ("header", 2, 0) in reading.damage and reading.values == _ALL
    moved = raw[:4096] + raw[8192:12288] + raw[4096:8192] + raw[12288:]
    assert ("incomplete", 0, 0) in read(bytes(moved), SECRET, PIN).damage
    assert read(bytes(raw), bytes(32), PIN).state == "foreign"
    assert read(b"\xff" * 16384, SECRET).state == "blank"
