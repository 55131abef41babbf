#!/usr/bin/env python3
"""Stands in for ESP-IDF's idf.py: real cmake over the project, then images of a few bytes."""

import hashlib
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

BOOTLOADER_OFFSETS = {"esp32": 0x1000, "esp32c3": 0x0, "esp32s3": 0x0}
TYPES = {"app": 0, "data": 1}
SUBTYPES = {
    "nvs": 0x02, "ota": 0x00, "phy": 0x01, "undefined": 0x06, "ota_0": 0x10, "ota_1": 0x11,
}  # fmt: skip


def partition_table(csv: str) -> bytes:
    """The binary of such a table, written from ESP-IDF's documentation and not from our tool."""
    entries = b""
    for line in csv.splitlines():
        if line.strip() and not line.startswith("#"):
            name, kind, subtype, offset, size, _ = (field.strip() for field in line.split(","))
            entries += b"\xaa\x50" + bytes([TYPES[kind], SUBTYPES[subtype]])
            entries += struct.pack("<II", int(offset, 0), int(size, 0))
            entries += name.encode().ljust(16, b"\0") + bytes(4)
    entries += b"\xeb\xeb" + 14 * b"\xff" + hashlib.md5(entries).digest()
    return entries + b"\xff" * (0xC00 - len(entries))


def configure(source: Path, build: Path, definitions: list[str]) -> dict[str, str]:
    """Run cmake; returns the variables that project.cmake recorded."""
    build.mkdir(parents=True, exist_ok=True)
    for name in ("variables.txt", "build_properties.txt"):
        (build / name).unlink(missing_ok=True)
    query = build / ".cmake/api/v1/query"
    query.mkdir(parents=True, exist_ok=True)
    (query / "codemodel-v2").touch()
    options = [f"-D{definition}" for definition in definitions]
    command = ["cmake", "-G", "Unix Makefiles", "-S", str(source), "-B", str(build), *options]
    subprocess.run(command, check=True)
    lines = (build / "variables.txt").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def write_images(source: Path, build: Path, variables: dict[str, str]) -> None:
    """What a build leaves behind, with the options' own places and settings."""
    table = variables["CONFIG_PARTITION_TABLE_CUSTOM_FILENAME"].strip('"')
    target = variables["IDF_TARGET"]
    parts = {
        "bootloader": (BOOTLOADER_OFFSETS[target], "bootloader/bootloader.bin", b"boot loader"),
        "partition-table": (
            0x8000,
            "partition_table/partition-table.bin",
            partition_table((source / table).read_text()),
        ),
        "otadata": (0xD000, "ota_data_initial.bin", b"\xff" * 0x2000),
        "app": (0x10000, "micropython.bin", b"application of " + target.encode()),
    }
    record: dict[str, object] = {
        "flash_settings": {"flash_mode": "dio", "flash_size": "4MB", "flash_freq": "40m"},
        "extra_esptool_args": {"after": "hard_reset", "before": "default_reset", "chip": target},
    }
    for key, (offset, name, content) in parts.items():
        (build / name).parent.mkdir(parents=True, exist_ok=True)
        (build / name).write_bytes(content)
        record[key] = {"offset": f"{offset:#x}", "file": name, "encrypted": "false"}
    (build / "flasher_args.json").write_text(json.dumps(record))
    program = os.environ.get("FAKE_IDF_PROGRAM", "void mp_task(void) {}")
    subprocess.run(
        ["gcc", "-x", "c", "-", "-c", "-o", str(build / "micropython.elf")],
        input=program.encode(),
        check=True,
    )


def main(argv: list[str]) -> int:
    """idf.py -C SOURCE -B BUILD -D NAME=VALUE... build"""
    options: dict[str, list[str]] = {"-C": [], "-B": [], "-D": []}
    while len(argv) > 1:
        flag, value, *argv = argv
        options[flag].append(value)
    if argv != ["build"]:
        return 2
    source, build = Path(options["-C"][0]), Path(options["-B"][0])
    write_images(source, build, configure(source, build, options["-D"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
