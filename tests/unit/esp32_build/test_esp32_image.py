"""From ESP-IDF's output to what one flashes: places, the merged image, and what is refused."""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools import elf_symbols, esp32_image, files, partitions, toml_subset
from tools.esp32_image import ImageError

ROOT = Path(__file__).resolve().parents[3]
BOARD = toml_subset.load(ROOT / "boards/esp32_devkitc/board.toml")
TABLE = partitions.read(BOARD)
RELEASE_C = "int __wrap_pyexec_friendly_repl(void) { return 0; } int pyexec_frozen_module;"
PROMPT_C = "int pyexec_friendly_repl(void) { return 0; }"
CALLER_C = "int pyexec_raw_repl(void); int main(void) { return pyexec_raw_repl(); }"


def elf(source: str, path: Path) -> bytes:
    command = ["gcc", "-x", "c", "-", "-c", "-o", str(path)]
    subprocess.run(command, input=source.encode(), check=True)
    return path.read_bytes()


@pytest.fixture
def idf_build(tmp_path: Path) -> Path:
    """What ESP-IDF leaves for a program without a prompt."""
    folder = tmp_path / "obj"
    folder.mkdir()
    record: dict[str, Any] = {
        "flash_settings": {"flash_mode": "dio", "flash_size": "4MB", "flash_freq": "40m"},
        "extra_esptool_args": {"after": "hard_reset", "before": "default_reset", "chip": "esp32"},
    }
    contents = {
        "bootloader": (0x1000, b"boot loader"),
        "partition-table": (0x8000, partitions.binary(TABLE)),
        "otadata": (0xD000, b"\xff" * 0x2000),
        "app": (0x10000, b"application"),
    }
    for key, (offset, content) in contents.items():
        (folder / f"{key}.bin").write_bytes(content)
        record[key] = {"offset": f"{offset:#x}", "file": f"{key}.bin"}
    (folder / "flasher_args.json").write_text(json.dumps(record))
    elf(RELEASE_C, folder / esp32_image.ELF_NAME)
    return folder


def move(idf_build: Path, key: str, offset: int) -> None:
    path = idf_build / "flasher_args.json"
    record = json.loads(path.read_text())
    record[key]["offset"] = f"{offset:#x}"
    path.write_text(json.dumps(record))


def test_the_merged_image_has_every_part_in_its_place(idf_build: Path, tmp_path: Path) -> None:
    esp32_image.make(BOARD, idf_build, tmp_path, "release")
    image = (tmp_path / "firmware.bin").read_bytes()
    assert image[:0x1000] == b"\xff" * 0x1000
    assert image[0x1000:].startswith(b"boot loader\xff")
    assert image[0x8000:0x8C00] == partitions.binary(TABLE)
    assert image[0xD000:0x10000] == b"\xff" * 0x3000
    assert image[0x10000:] == b"application"


def test_flash_map_and_flash_args_lead_to_the_files(idf_build: Path, tmp_path: Path) -> None:
    esp32_image.make(BOARD, idf_build, tmp_path, "release")
    facts = json.loads((tmp_path / "flash.json").read_text())
    assert (facts["board"], facts["chip"], facts["variant"]) == (
        "esp32_devkitc",
        "esp32",
        "release",
    )
    assert facts["flash"]["flash_size"] == "4MB"
    for part in facts["files"]:
        assert files.sha256_of(tmp_path / part["file"]) == part["sha256"]
        assert (tmp_path / part["file"]).stat().st_size == part["size"]
    assert [part["name"] for part in facts["partitions"]] == [part.name for part in TABLE]
    settings, *lines = (tmp_path / "flash_args").read_text().splitlines()
    assert settings == "--flash_freq 40m --flash_mode dio --flash_size 4MB"
    assert lines == [f"{part['offset']:#x} {part['file']}" for part in facts["files"]]


def test_an_application_too_large_for_its_slot_is_refused(idf_build: Path, tmp_path: Path) -> None:
    slot = next(part for part in TABLE if part.name == "ota_0")
    (idf_build / "app.bin").write_bytes(bytes(slot.size_bytes + 1))
    with pytest.raises(ImageError, match="app is 1 bytes larger than ota_0"):
        esp32_image.make(BOARD, idf_build, tmp_path, "release")
    assert not (tmp_path / "firmware.bin").exists()


@pytest.mark.parametrize(
    ("key", "offset", "complaint"),
    [
        ("app", 0x20000, "app is at 0x20000, not in ota_0"),
        ("otadata", 0xE000, "otadata is at 0xe000"),
        ("partition-table", 0x9000, "partition table in the image is not the one"),
        ("bootloader", 0x7FFC, "boot loader runs into the partition table"),
    ],
)
def test_a_part_in_the_wrong_place_is_refused(
    idf_build: Path, tmp_path: Path, key: str, offset: int, complaint: str
) -> None:
    move(idf_build, key, offset)
    with pytest.raises(ImageError, match=complaint):
        esp32_image.make(BOARD, idf_build, tmp_path, "release")


def test_another_partition_table_than_board_toml_is_refused(
    idf_build: Path, tmp_path: Path
) -> None:
    (idf_build / "partition-table.bin").write_bytes(partitions.binary(TABLE[:-1]))
    with pytest.raises(ImageError, match="partition table"):
        esp32_image.make(BOARD, idf_build, tmp_path, "release")


def test_a_release_with_a_prompt_is_refused_and_a_development_build_is_not(
    idf_build: Path, tmp_path: Path
) -> None:
    elf(PROMPT_C, idf_build / esp32_image.ELF_NAME)
    with pytest.raises(ImageError, match="a release can not have pyexec_friendly_repl"):
        esp32_image.make(BOARD, idf_build, tmp_path, "release")
    esp32_image.make(BOARD, idf_build, tmp_path, "dev")


def test_a_build_without_otadata_is_refused(idf_build: Path, tmp_path: Path) -> None:
    record = json.loads((idf_build / "flasher_args.json").read_text())
    del record["otadata"]
    (idf_build / "flasher_args.json").write_text(json.dumps(record))
    with pytest.raises(ImageError, match="made no otadata"):
        esp32_image.make(BOARD, idf_build, tmp_path, "release")


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = str(ROOT / "boards/esp32_devkitc/board.toml")
    assert esp32_image.main([source, str(tmp_path), str(tmp_path), "release"]) == 1
    assert "esp32_devkitc: no image" in capsys.readouterr().err


def test_symbols_are_those_defined_not_those_called(tmp_path: Path) -> None:
    found = elf_symbols.defined(elf(CALLER_C, tmp_path / "caller.o"))
    assert "main" in found and "pyexec_raw_repl" not in found
    assert "__wrap_pyexec_friendly_repl" in elf_symbols.defined(elf(RELEASE_C, tmp_path / "r.o"))


def test_symbols_of_32_bit_programs_as_the_chips_have_them() -> None:
    names = b"\0called\0mp_compile\0"
    symbols = bytes(16)
    symbols += struct.pack("<LLLBBH", 1, 0, 0, 0x10, 0, 0)
    symbols += struct.pack("<LLLBBH", 8, 0x400D0000, 4, 0x12, 0, 1)
    at, end = 52, 52 + len(symbols) + len(names)
    header = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
    header += struct.pack("<HHLLLLLHHHHHH", 2, 94, 1, 0, 0, end, 0, 52, 0, 0, 40, 3, 0)
    sections = bytes(40)
    sections += struct.pack("<10L", 0, 2, 0, 0, at, len(symbols), 2, 1, 4, 16)
    sections += struct.pack("<10L", 0, 3, 0, 0, at + len(symbols), len(names), 0, 0, 1, 0)
    program = (header + symbols + names) + sections
    assert elf_symbols.defined(program) == {"mp_compile"}


def test_a_stripped_program_proves_nothing(tmp_path: Path) -> None:
    elf(PROMPT_C, tmp_path / "a.o")
    subprocess.run(["strip", str(tmp_path / "a.o")], check=True)
    with pytest.raises(ValueError, match="stripped"):
        elf_symbols.defined((tmp_path / "a.o").read_bytes())
    with pytest.raises(ValueError, match="not a little-endian ELF"):
        elf_symbols.defined(b"\x00" * 64)
