"""Turn what ESP-IDF built for a board into what one flashes: parts, one image, and a flash map.

    python3 -m tools.esp32_image boards/<name>/board.toml IDF_BUILD_DIR OUT_DIR release|dev

Writes OUT_DIR/*.bin (the parts), firmware.bin (all parts in one, for offset 0), flash_args (for
esptool: `esptool write_flash @flash_args`) and flash.json (for handsetctl and other programs).
Refuses an image that does not fit its slot, whose partition table is not the one of board.toml, or
that is a release and can still compile or prompt for Python.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from tools import elf_symbols, files, partitions, toml_subset

# Keys of ESP-IDF's flasher_args.json; names of the files we make of them.
_PARTS = {
    "bootloader": "bootloader.bin",
    "partition-table": "partition-table.bin",
    "otadata": "ota_data_initial.bin",
    "app": "application.bin",
}
_PROMPTS = {"mp_compile", "pyexec_friendly_repl", "pyexec_raw_repl", "pyexec_event_repl_init"}
ELF_NAME = "micropython.elf"


class ImageError(Exception):
    """What was built is not what this board may run; the message says why."""


def read_parts(idf_build: Path) -> tuple[dict[str, Any], dict[str, tuple[int, bytes]]]:
    """ESP-IDF's record of the build, and each part's offset and content."""
    record = json.loads((idf_build / "flasher_args.json").read_text(encoding="utf-8"))
    missing = [key for key in _PARTS if key not in record]
    if missing:
        raise ImageError(f"ESP-IDF made no {', '.join(missing)}; is the partition table custom?")
    return record, {
        key: (int(record[key]["offset"], 0), (idf_build / record[key]["file"]).read_bytes())
        for key in _PARTS
    }


def check_places(parts: dict[str, tuple[int, bytes]], table: list[partitions.Partition]) -> None:
    """Every part is where board.toml has it, and fits. Raises ImageError."""
    if parts["partition-table"] != (partitions.TABLE_OFFSET, partitions.binary(table)):
        raise ImageError("the partition table in the image is not the one of board.toml")
    if parts["bootloader"][0] + len(parts["bootloader"][1]) > partitions.TABLE_OFFSET:
        raise ImageError("the boot loader runs into the partition table")
    places = {part.name: part for part in table}
    for key, place in (("otadata", places["otadata"]), ("app", places["ota_0"])):
        offset, content = parts[key]
        if offset != place.offset_bytes:
            raise ImageError(
                f"{key} is at {offset:#x}, not in {place.name} ({place.offset_bytes:#x})"
            )
        if len(content) > place.size_bytes:
            over = len(content) - place.size_bytes
            raise ImageError(f"{key} is {over} bytes larger than {place.name} ({place.size_bytes})")


def check_release(elf: bytes) -> None:
    """No compiler and no prompt in this program. Raises ImageError."""
    found = sorted(_PROMPTS & elf_symbols.defined(elf))
    if found:
        raise ImageError(f"a release can not have {', '.join(found)}")


def merged(parts: dict[str, tuple[int, bytes]]) -> bytes:
    """All parts as they lie in flash from offset 0, erased bytes between them."""
    image = bytearray()
    for offset, content in sorted(parts.values()):
        image += b"\xff" * (offset - len(image)) + content
    return bytes(image)


def flash_map(
    board: dict[str, Any],
    variant: str,
    record: dict[str, Any],
    parts: dict[str, tuple[int, bytes]],
    out: Path,
) -> dict[str, Any]:
    """What flash.json says. Needs the part files in `out`."""
    return {
        "board": board["name"],
        "variant": variant,
        "chip": record["extra_esptool_args"]["chip"],
        "usb_ids": board["usb"]["ids"],
        "flash": record["flash_settings"],
        "image": "firmware.bin",
        "files": [
            {
                "name": key,
                "offset": offset,
                "size": len(content),
                "sha256": files.sha256_of(out / _PARTS[key]),
                "file": _PARTS[key],
            }
            for key, (offset, content) in sorted(parts.items(), key=lambda item: item[1][0])
        ],
        "partitions": [vars(part) for part in partitions.read(board)],
    }


def flash_args(facts: dict[str, Any]) -> str:
    """The same as arguments of esptool's write_flash."""
    settings = facts["flash"]
    lines = [" ".join(f"--{key} {settings[key]}" for key in sorted(settings))]
    lines += [f"{part['offset']:#x} {part['file']}" for part in facts["files"]]
    return "\n".join(lines) + "\n"


def make(board: dict[str, Any], idf_build: Path, out: Path, variant: str) -> dict[str, Any]:
    """Write everything into `out`; returns the flash map. Raises ImageError."""
    record, parts = read_parts(idf_build)
    check_places(parts, partitions.read(board))
    if variant == "release":
        check_release((idf_build / ELF_NAME).read_bytes())
    out.mkdir(parents=True, exist_ok=True)
    for key, (_, content) in parts.items():
        (out / _PARTS[key]).write_bytes(content)
    (out / "firmware.bin").write_bytes(merged(parts))
    facts = flash_map(board, variant, record, parts, out)
    files.write_if_changed(out / "flash_args", flash_args(facts))
    files.write_if_changed(out / "flash.json", json.dumps(facts, indent=1) + "\n")
    return facts


def main(argv: list[str]) -> int:
    """The command: returns its exit code."""
    source, idf_build, out, variant = Path(argv[0]), Path(argv[1]), Path(argv[2]), argv[3]
    try:
        facts = make(toml_subset.load(source), idf_build, out, variant)
    except (ImageError, OSError, ValueError, KeyError) as error:
        print(f"error: {source.parent.name}: no image: {error}", file=sys.stderr)
        return 1
    application = next(part["size"] for part in facts["files"] if part["name"] == "app")
    slot = next(part["size_bytes"] for part in facts["partitions"] if part["name"] == "ota_0")
    image = os.path.relpath(out / "firmware.bin")
    print(f"  image     {image}: application {application} of {slot} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
