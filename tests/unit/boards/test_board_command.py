"""`handsetctl board`: what it prints, what it exits with."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from handsetctl.board import facts
from handsetctl.cli.main import app
from handsetctl.errors import HandsetError
from handsetctl.tree import BOARDS_DIR


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["board", *words])
    assert result.exit_code == 0, result.output
    return result.output


def test_list_names_every_board_in_full() -> None:
    text = run("list")
    assert all(name in text for name in facts.names())
    rows = {row["board"]: row for row in json.loads(run("list", "--json"))}
    assert list(rows) == facts.names()
    assert rows["sim"]["runs"] == "virtual"
    assert rows["lilygo_t_deck_plus"]["RAM"] == "512 KiB + 8 MiB"
    assert "geo" not in rows["m5stack_atom_echo"]["can"]


def test_show_draws_the_wiring() -> None:
    text = run("show", "esp32_devkitc")
    assert "mic_bclk           GPIO14 ├" in text
    assert "112 KiB" in text
    assert "No pins to draw" in run("show", "sim")


def test_show_as_json_has_the_pins() -> None:
    pins = json.loads(run("show", "esp32_devkitc", "--json"))["pins"]
    assert {"gnss_power": 25}.items() <= {pin["name"]: pin["gpio"] for pin in pins}.items()


def test_show_writes_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "wiring.svg"
    run("show", "esp32_devkitc", "--svg", str(path))
    assert path.read_text() == (BOARDS_DIR / "esp32_devkitc" / "wiring.svg").read_text()


def test_check_of_a_good_board() -> None:
    assert "wrong" not in run("check", "esp32c3_devkitm")
    results = json.loads(run("check", "esp32c3_devkitm", "--json"))
    assert [result["problems"] for result in results] == [[]] * len(results)


def test_check_of_a_bad_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(BOARDS_DIR, tmp_path / "boards")
    monkeypatch.setattr("handsetctl.cli.board.BOARDS_DIR", tmp_path / "boards")
    (tmp_path / "boards/esp32_devkitc/wiring.svg").unlink()
    result = CliRunner().invoke(app, ["board", "check", "esp32_devkitc"])
    assert "wiring.svg: does not show these facts" in result.output
    assert isinstance(result.exception, HandsetError) and result.exception.exit_code == 1
    fixed = CliRunner().invoke(app, ["board", "check", "esp32_devkitc", "--fix"])
    assert fixed.exit_code == 0, fixed.output


def test_a_board_that_is_not_there_is_wrong_usage() -> None:
    result = CliRunner().invoke(app, ["board", "show", "esp32_devkit"])
    assert result.exit_code == 2
    assert "esp32_devkitc" in result.output


def test_the_command_starts_without_the_heavy_libraries() -> None:
    heavy = "{'numpy', 'scipy', 'matplotlib', 'serial'}"
    program = f"import sys, handsetctl.cli.board; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
