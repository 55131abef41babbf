"""Partition tables of ESP32 boards: what is refused, and what the boot loader would read."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from tools import partitions, toml_subset
from tools.partitions import Partition, PartitionError

ROOT = Path(__file__).resolve().parents[3]
BOARD_FILES = [
    path
    for path in sorted(ROOT.glob("boards/*/board.toml"))
    if toml_subset.load(path).get("port") == "esp32"
]
GOOD = [
    Partition("nvs", "data", "nvs", 0x9000, 0x4000),
    Partition("otadata", "data", "ota", 0xD000, 0x2000),
    Partition("phy_init", "data", "phy", 0xF000, 0x1000),
    Partition("ota_0", "app", "ota_0", 0x10000, 0x100000),
    Partition("ota_1", "app", "ota_1", 0x110000, 0x100000),
    Partition("store", "data", "0x40", 0x210000, 0x10000),
]


def check(table: list[Partition]) -> None:
    partitions.check(table, 0x400000, 4096)


def changed(name: str, /, **changes: object) -> list[Partition]:
    return [replace(part, **changes) if part.name == name else part for part in GOOD]  # type: ignore[arg-type]


def test_a_good_table_passes() -> None:
    check(GOOD)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (changed("ota_0", offset_bytes=0x11000), "ota_0: offset is not a multiple of 0x10000"),
        (changed("store", offset_bytes=0x210800), "store: offset is not a multiple of 0x1000"),
        (changed("store", size_bytes=0x10001), "store: size is not"),
        (changed("store", size_bytes=0), "store: size is not"),
        (changed("nvs", offset_bytes=0x8000), "nvs: starts at 0x8000, before 0x9000"),
        (changed("nvs", size_bytes=0x5000), "otadata: starts at 0xd000, before 0xe000"),
        (changed("store", size_bytes=0x200000), "store: ends at 0x410000, the flash at 0x400000"),
        (changed("otadata", size_bytes=0x1000), "otadata: size is not 0x2000"),
        (changed("nvs", size_bytes=0x2000), "nvs: smaller than 0x3000"),
        (changed("ota_1", size_bytes=0xF0000), "ota_1: not the size of ota_0"),
        (changed("ota_1", subtype="ota_2"), "ota_1: subtype is 'ota_2'"),
        (changed("store", subtype="shop"), "store: no subtype 'shop'"),
        (changed("store", subtype="0x1ff"), "store: no subtype '0x1ff'"),
        (changed("store", type="store"), "store: no type 'store'"),
        (changed("store", name="a_name_far_too_long"), "1 to 16 characters"),
        (changed("store", name="nvs"), "nvs: is there twice"),
        (GOOD[:-1], "missing: store"),
    ],
)
def test_what_can_not_be_is_refused_by_name(table: list[Partition], complaint: str) -> None:
    with pytest.raises(PartitionError, match=complaint):
        check(table)


def test_binary_has_the_entries_the_boot_loader_expects() -> None:
    image = partitions.binary(GOOD)
    assert len(image) == 0xC00
    assert image[:32] == bytes.fromhex("aa500102 00900000 00400000") + b"nvs".ljust(
        16, b"\0"
    ) + bytes(4)
    assert image[3 * 32 : 3 * 32 + 12] == bytes.fromhex("aa500010 00000100 00001000")
    assert image[5 * 32 + 3] == 0x40
    checksum = image[6 * 32 : 7 * 32]
    assert checksum == b"\xeb\xeb" + 14 * b"\xff" + hashlib.md5(image[: 6 * 32]).digest()
    assert set(image[7 * 32 :]) == {0xFF}


@pytest.mark.parametrize("path", BOARD_FILES, ids=lambda path: path.parent.name)
def test_csv_and_binary_of_a_board_say_what_its_board_toml_says(path: Path, tmp_path: Path) -> None:
    assert partitions.main([str(path), str(tmp_path)]) == 0
    told = [
        (part["name"], part["offset_bytes"], part["size_bytes"])
        for part in toml_subset.load(path)["flash"]["partition"]
    ]
    lines = (tmp_path / "partitions.csv").read_text().splitlines()
    rows = [[field.strip() for field in line.split(",")] for line in lines if line[0] != "#"]
    assert [(row[0], int(row[3], 0), int(row[4], 0)) for row in rows] == told
    entries = struct.iter_unpack("<HBBII16sI", (tmp_path / "partitions.bin").read_bytes())
    found = [
        (name.rstrip(b"\0").decode(), offset, size)
        for magic, _, _, offset, size, name, _ in entries
        if magic == 0x50AA
    ]
    assert found == told


def test_there_are_boards_to_check() -> None:
    assert len(BOARD_FILES) >= 4


def test_a_broken_board_is_an_error_that_names_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = BOARD_FILES[0].read_text().replace('subtype = "ota_1"', 'subtype = "ota_9"')
    (tmp_path / "board.toml").write_text(text)
    assert partitions.main([str(tmp_path / "board.toml"), str(tmp_path)]) == 1
    assert "board.toml: flash partitions: ota_1: subtype is 'ota_9'" in capsys.readouterr().err
    (tmp_path / "board.toml").write_text(text.replace('type = "app"', ""))
    assert partitions.main([str(tmp_path / "board.toml"), str(tmp_path)]) == 1
    assert "flash partition without 'type'" in capsys.readouterr().err
