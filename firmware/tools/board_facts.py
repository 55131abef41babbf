"""Turn a board's `board.toml` into what firmware can read: `board_facts.py` and `board_facts.h`."""

import sys
from pathlib import Path
from typing import Any

from tools import files, toml_subset


def facts(board: dict[str, Any]) -> dict[str, Any]:
    """The facts firmware sees, by their names there. Raises KeyError when board.toml lacks one."""
    heap, flash, ram, voice = board["heap"], board["flash"], board["ram"], board["voice"]
    store = board["store"]
    values = {
        "NAME": board["name"],
        "TITLE": board["title"],
        "CHIP": board["chip"],
        "PORT": board["port"],
        "ARCHITECTURE": board["architecture"],
        "CAPABILITIES": tuple(board["capabilities"]),
        "CODECS": tuple(board["codecs"]),
        "BUTTONS": tuple(board["buttons"]),
        "HEAP_BYTES": heap["budget_bytes"] * heap["word_factor"],
        "RAM_TOTAL_BYTES": ram["total_bytes"],
        "RAM_SYSTEM_BYTES": ram["system_bytes"],
        "VOICE_ROM_BYTES": voice["rom_bytes"],
        "VOICE_RAM_BYTES": voice["ram_bytes"],
        "VOICE_STACK_BYTES": voice["stack_bytes"],
        "VOICE_OPUS_COMPLEXITY": voice.get("opus_complexity", 0),
        "STORE_RECORDS": store["records"],
        "FLASH_SIZE_BYTES": flash["size_bytes"],
        "FLASH_SECTOR_BYTES": flash["sector_bytes"],
        "PARTITIONS": tuple(
            (part["name"], part["offset_bytes"], part["size_bytes"]) for part in flash["partition"]
        ),
    }
    # The eFuse key that is its secret, on a chip that can.
    if "hmac_key" in board["vault"]:
        values["VAULT_HMAC_KEY"] = board["vault"]["hmac_key"]
    # What a board without pins does not have.
    if "pin" in board:
        values["PINS"] = {pin["name"]: pin["gpio"] for pin in board["pin"]}
    if "audio" in board:
        values["AUDIO"] = dict(board["audio"])
    if "gnss" in board:
        values["GNSS"] = dict(board["gnss"])
    if "keyboard" in board:
        values["KEYBOARD"] = dict(board["keyboard"])
    return values


def python_module(values: dict[str, Any], origin: str) -> str:
    """Source of the module `board_facts`."""
    lines = [f'"""Facts of the board, generated from {origin}."""\n']
    lines += [f"{name} = {value!r}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def c_header(values: dict[str, Any], origin: str) -> str:
    """The same for C: numbers, pins, how the audio parts are wired, and the name."""
    lines = [f"// Facts of the board, generated from {origin}.", "#pragma once", ""]
    for name, value in values.items():
        if isinstance(value, int):
            lines.append(f"#define HANDSET_{name} {value}")
    for codec in values["CODECS"]:
        lines.append(f"#define HANDSET_CODEC_{codec.upper()} 1")
    for name, gpio in values.get("PINS", {}).items():
        lines.append(f"#define HANDSET_PIN_{name.upper()} {gpio}")
    for name, value in values.get("AUDIO", {}).items():
        choice = "" if isinstance(value, bool) else f"_{value.upper()}"
        lines.append(f"#define HANDSET_AUDIO_{name.upper()}{choice} {int(value is not False)}")
    lines.append(f'#define HANDSET_BOARD_NAME "{values["NAME"]}"')
    return "\n".join(lines) + "\n"


def main(argv: list[str]) -> int:
    """`python3 -m tools.board_facts boards/<name>/board.toml OUT_DIR`."""
    source, out = Path(argv[0]), Path(argv[1])
    origin = f"boards/{source.parent.name}/board.toml"
    try:
        values = facts(toml_subset.load(source))
    except (KeyError, ValueError) as error:
        print(f"error: {source}: {error!r}", file=sys.stderr)
        return 1
    files.write_if_changed(out / "board_facts.py", python_module(values, origin))
    files.write_if_changed(out / "board_facts.h", c_header(values, origin))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
