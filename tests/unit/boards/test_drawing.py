"""Pictures of a board show its facts, each wire once, and say when they are out of date."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest

from handsetctl.board import drawing, facts
from handsetctl.board.svg import svg
from handsetctl.tree import BOARDS_DIR

Spoil = Callable[..., Path]


def board_of(folder: Path) -> facts.Board:
    board, problems = facts.read(folder)
    assert board is not None, problems
    return board


WITH_PINS = [name for name in facts.names() if board_of(BOARDS_DIR / name).pins]


@pytest.mark.parametrize("name", WITH_PINS)
def test_the_terminal_shows_every_pin_in_lines_of_one_width(name: str) -> None:
    board = board_of(BOARDS_DIR / name)
    lines = drawing.text(board).splitlines()
    for pin in board.pins:
        [line] = [line for line in lines if line.startswith(f"│ {pin.name} ")]
        assert f"GPIO{pin.gpio} ├" in line and f"┤ {pin.signal}" in line
        assert ("►" in line) == (pin.direction != "in")
        assert ("◄" in line) == (pin.direction != "out")
    chip, drawn = len(lines[0]), {len(line) for line in lines[1:-1] if "─" in line or "┤" in line}
    assert {len(line) for line in lines} <= {chip, *drawn}
    assert len(drawn - {chip}) == 1 and max(drawn) <= 84


@pytest.mark.parametrize("name", WITH_PINS)
def test_the_svg_is_well_formed_and_shows_every_pin(name: str) -> None:
    board = board_of(BOARDS_DIR / name)
    words = [
        element.text
        for element in ElementTree.fromstring(svg(board)).iter("{http://www.w3.org/2000/svg}text")
    ]
    for pin in board.pins:
        assert pin.name in words and pin.signal in words
        assert words.count(f"GPIO{pin.gpio}") == len(
            [other for other in board.pins if other.gpio == pin.gpio]
        )


def test_pictures_follow_the_facts(spoilt: Spoil) -> None:
    folder = spoilt("esp32_devkitc", ("gpio = 25", "gpio = 26"))
    board = board_of(folder)
    assert sorted(path.name for path in drawing.stale(board)) == ["README.md", "wiring.svg"]
    drawing.draw(board)
    assert drawing.stale(board) == []
    readme = (folder / "README.md").read_text()
    assert "| Load switch | ON | GPIO26 | `gnss_power` |" in readme
    assert readme.startswith("# esp32_devkitc") and "esptool" in readme


def test_a_wire_between_parts_is_drawn() -> None:
    text = drawing.text(board_of(BOARDS_DIR / "esp32_devkitc"))
    assert "switch VOUT ──┤ VCC" in text
    assert "ON        100 kohm to GND" in text
    text = drawing.text(board_of(BOARDS_DIR / "m5stack_atom_echo"))
    assert "same wire as mic_clk" in text
