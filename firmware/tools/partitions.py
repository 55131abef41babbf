"""Partition table of an ESP32 board, from the [[flash.partition]] tables of its board.toml.

    python3 -m tools.partitions boards/<name>/board.toml OUT_DIR

writes `partitions.csv`, which ESP-IDF builds from, and `partitions.bin`, the table itself. Format
and rules: ESP-IDF Programming Guide v5.4, "Partition Tables" (CSV columns, alignment of app
partitions, MD5 entry EB EB), and components/partition_table/gen_esp32part.py (entries of 32 bytes).
"""

import hashlib
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import files, toml_subset

TABLE_OFFSET = 0x8000
FIRST_OFFSET = 0x9000
_TABLE_BYTES = 0xC00
_ENTRY = struct.Struct("<2sBBLL16sL")
_MAGIC = b"\xaa\x50"
_MD5_MAGIC = b"\xeb\xeb" + b"\xff" * 14
_APP_ALIGNMENT = 0x10000
_OTADATA_BYTES = 0x2000
_NVS_BYTES_MIN = 0x3000

TYPES = {"app": 0x00, "data": 0x01}
SUBTYPES = {
    "app": {"factory": 0x00, "test": 0x20, **{f"ota_{slot}": 0x10 + slot for slot in range(16)}},
    "data": {
        "ota": 0x00,
        "phy": 0x01,
        "nvs": 0x02,
        "coredump": 0x03,
        "nvs_keys": 0x04,
        "efuse": 0x05,
        "undefined": 0x06,
        "esphttpd": 0x80,
        "fat": 0x81,
        "spiffs": 0x82,
        "littlefs": 0x83,
    },
}
# What every board of this project has: settings and radio calibration, two images, and the store.
_NEEDED = ("nvs", "otadata", "phy_init", "ota_0", "ota_1", "store")


class PartitionError(ValueError):
    """The table can not be: the message names the partition."""


@dataclass(frozen=True)
class Partition:
    """One line of the table."""

    name: str
    type: str
    subtype: str
    offset_bytes: int
    size_bytes: int

    @property
    def end_bytes(self) -> int:
        return self.offset_bytes + self.size_bytes

    @property
    def subtype_number(self) -> int:
        """Of a named subtype, or of one of our own written as a number. Raises PartitionError."""
        named = SUBTYPES.get(self.type, {})
        if self.subtype in named:
            return named[self.subtype]
        try:
            number = int(self.subtype, 0)
        except ValueError:
            number = -1
        if not 0 <= number <= 0xFE:
            raise PartitionError(f"{self.name}: no subtype '{self.subtype}' of type '{self.type}'")
        return number


def read(board: dict[str, Any]) -> list[Partition]:
    """The checked table of a board; raises PartitionError, or KeyError for a missing key."""
    flash = board["flash"]
    table = [
        Partition(
            part["name"], part["type"], part["subtype"], part["offset_bytes"], part["size_bytes"]
        )
        for part in flash["partition"]
    ]
    check(table, flash["size_bytes"], flash["sector_bytes"])
    return table


def check(table: list[Partition], flash_bytes: int, sector_bytes: int) -> None:
    """Raise PartitionError for a table that ESP-IDF, its boot loader or the handset can not use."""
    end = FIRST_OFFSET
    names: set[str] = set()
    for part in table:
        _check_one(part, sector_bytes)
        if part.offset_bytes < end:
            raise PartitionError(f"{part.name}: starts at {part.offset_bytes:#x}, before {end:#x}")
        if part.name in names:
            raise PartitionError(f"{part.name}: is there twice")
        names.add(part.name)
        end = part.end_bytes
    if end > flash_bytes:
        raise PartitionError(f"{table[-1].name}: ends at {end:#x}, the flash at {flash_bytes:#x}")
    _check_what_the_handset_needs({part.name: part for part in table})


def _check_one(part: Partition, sector_bytes: int) -> None:
    if part.type not in TYPES:
        raise PartitionError(f"{part.name}: no type '{part.type}'")
    part.subtype_number  # noqa: B018 (raises)
    if not 0 < len(part.name.encode("ascii")) <= 16:
        raise PartitionError(f"{part.name}: a name has 1 to 16 characters")
    alignment = _APP_ALIGNMENT if part.type == "app" else sector_bytes
    if part.offset_bytes % alignment:
        raise PartitionError(f"{part.name}: offset is not a multiple of {alignment:#x}")
    if part.size_bytes <= 0 or part.size_bytes % sector_bytes:
        raise PartitionError(f"{part.name}: size is not a multiple of {sector_bytes:#x}")


def _check_what_the_handset_needs(parts: dict[str, Partition]) -> None:
    missing = [name for name in _NEEDED if name not in parts]
    if missing:
        raise PartitionError(f"missing: {', '.join(missing)}")
    kinds = {"nvs": "nvs", "otadata": "ota", "phy_init": "phy", "ota_0": "ota_0", "ota_1": "ota_1"}
    for name, subtype in kinds.items():
        if parts[name].subtype != subtype:
            raise PartitionError(f"{name}: subtype is '{parts[name].subtype}', not '{subtype}'")
    if parts["otadata"].size_bytes != _OTADATA_BYTES:
        raise PartitionError(f"otadata: size is not {_OTADATA_BYTES:#x}")
    if parts["nvs"].size_bytes < _NVS_BYTES_MIN:
        raise PartitionError(f"nvs: smaller than {_NVS_BYTES_MIN:#x}")
    if parts["ota_0"].size_bytes != parts["ota_1"].size_bytes:
        raise PartitionError("ota_1: not the size of ota_0, so an update may not fit")


def csv(table: list[Partition], origin: str) -> str:
    """The table as ESP-IDF's tools read it."""
    lines = [f"# Generated from {origin}.", "# Name, Type, SubType, Offset, Size, Flags"]
    lines += [
        f"{part.name}, {part.type}, {part.subtype}, {part.offset_bytes:#x}, {part.size_bytes:#x},"
        for part in table
    ]
    return "\n".join(lines) + "\n"


def binary(table: list[Partition]) -> bytes:
    """The table as the boot loader reads it at TABLE_OFFSET."""
    entries = b"".join(
        _ENTRY.pack(
            _MAGIC,
            TYPES[part.type],
            part.subtype_number,
            part.offset_bytes,
            part.size_bytes,
            part.name.encode("ascii"),
            0,
        )
        for part in table
    )
    return (entries + _MD5_MAGIC + hashlib.md5(entries).digest()).ljust(_TABLE_BYTES, b"\xff")


def main(argv: list[str]) -> int:
    """The command: returns its exit code."""
    source, out = Path(argv[0]), Path(argv[1])
    try:
        table = read(toml_subset.load(source))
    except KeyError as error:
        print(f"error: {source}: flash partition without {error}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"error: {source}: flash partitions: {error}", file=sys.stderr)
        return 1
    files.write_if_changed(
        out / "partitions.csv", csv(table, f"boards/{source.parent.name}/board.toml")
    )
    (out / "partitions.bin").write_bytes(binary(table))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
