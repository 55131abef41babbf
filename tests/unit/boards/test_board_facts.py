"""What firmware gets of `board.toml`: module and header say the same."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from handsetctl.tree import BOARDS_DIR
from tools import board_facts


def generate(board: str, out: Path) -> tuple[dict[str, Any], dict[str, str]]:
    assert board_facts.main([str(BOARDS_DIR / board / "board.toml"), str(out)]) == 0
    module = runpy.run_path(str(out / "board_facts.py"))
    header = (out / "board_facts.h").read_text()
    return module, dict(re.findall(r"^#define HANDSET_(\w+) (\S+)$", header, re.MULTILINE))


@pytest.mark.parametrize("board", ["esp32_devkitc", "lilygo_t_deck_plus", "m5stack_atom_echo"])
def test_pins_and_budgets_are_the_same_for_python_and_c(board: str, tmp_path: Path) -> None:
    module, header = generate(board, tmp_path)
    assert len(module["PINS"]) > 5
    pins = {f"PIN_{name.upper()}": str(gpio) for name, gpio in module["PINS"].items()}
    numbers = ["HEAP_BYTES", "RAM_TOTAL_BYTES", "RAM_SYSTEM_BYTES"]
    numbers += ["VOICE_ROM_BYTES", "VOICE_RAM_BYTES", "VOICE_STACK_BYTES", "VOICE_OPUS_COMPLEXITY"]
    numbers = {name: str(module[name]) for name in numbers}
    codecs = {f"CODEC_{name.upper()}": "1" for name in module["CODECS"]}
    assert {**pins, **numbers, **codecs}.items() <= header.items()
    assert {name for name in header if name.startswith("PIN_")} == set(pins)


def test_how_the_audio_parts_are_wired(tmp_path: Path) -> None:
    module, header = generate("m5stack_atom_echo", tmp_path)
    assert module["AUDIO"]["half_duplex"] is True
    audio = {name: value for name, value in header.items() if name.startswith("AUDIO_")}
    assert audio == {
        "AUDIO_MICROPHONE_PDM": "1",
        "AUDIO_MICROPHONE_SLOT_LEFT": "1",
        "AUDIO_AMPLIFIER_I2S": "1",
        "AUDIO_HALF_DUPLEX": "1",
    }
    assert generate("esp32_devkitc", tmp_path)[1]["AUDIO_HALF_DUPLEX"] == "0"


def test_facts_a_board_does_not_have_are_absent(tmp_path: Path) -> None:
    module, header = generate("sim", tmp_path)
    assert not {"PINS", "AUDIO", "GNSS", "KEYBOARD"} & set(module)
    assert not [name for name in header if name.startswith(("PIN_", "AUDIO_"))]
    assert (module["PORT"], module["ARCHITECTURE"]) == ("unix", "x64")
    assert generate("lilygo_t_deck_plus", tmp_path)[0]["KEYBOARD"] == {"geo": "g"}
