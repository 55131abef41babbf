"""Build helpers: board facts, build record, Python environment, unpacked programs."""

from __future__ import annotations

import importlib.metadata
import runpy
import subprocess
from pathlib import Path

import pytest

from tools import board_facts, build_info, files, step, system_packages, toml_subset, venv

ROOT = Path(__file__).resolve().parents[2]
BOARD_FILES = sorted(ROOT.glob("boards/*/board.toml"))


@pytest.mark.parametrize("path", BOARD_FILES, ids=lambda path: path.parent.name)
def test_board_facts_hold_together(path: Path) -> None:
    values = board_facts.facts(toml_subset.load(path))
    assert values["NAME"] == path.parent.name
    sector = values["FLASH_SECTOR_BYTES"]
    end = 0
    for name, offset, size in values["PARTITIONS"]:
        assert offset >= end, f"{name} overlaps"
        assert offset % sector == 0 and size % sector == 0, name
        end = offset + size
    assert end <= values["FLASH_SIZE_BYTES"]


def test_sim_has_twice_the_heap_of_the_chip_because_its_words_are_twice_as_long() -> None:
    values = board_facts.facts(toml_subset.load(ROOT / "boards/sim/board.toml"))
    assert values["HEAP_BYTES"] == 2 * 128 * 1024


def test_generated_module_and_header_say_the_same(tmp_path: Path) -> None:
    assert board_facts.main([str(ROOT / "boards/sim/board.toml"), str(tmp_path)]) == 0
    module = runpy.run_path(str(tmp_path / "board_facts.py"))
    header = (tmp_path / "board_facts.h").read_text()
    assert f"#define HANDSET_HEAP_BYTES {module['HEAP_BYTES']}\n" in header
    assert module["BUTTONS"] == ("ptt", "geo")


def test_generated_files_keep_their_time_when_nothing_changed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    assert files.write_if_changed(path, "one")
    assert not files.write_if_changed(path, "one")
    assert files.write_if_changed(path, "two")


def test_board_without_a_fact_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    board = tmp_path / "board.toml"
    board.write_text('name = "x"\n')
    assert board_facts.main([str(board), str(tmp_path)]) == 1
    assert "heap" in capsys.readouterr().err


def test_build_record_names_whole_fetches_only(tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole/.fetched.json").write_text('{"version": "1", "sha256": "ab"}')
    values = build_info.collect(tmp_path)
    assert values["THIRD_PARTY"] == (("whole", "1", "ab"),)
    installed = importlib.metadata.version("handsetctl")
    assert values["VERSION"] == installed


def test_environment_is_stale_when_a_pin_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("build", "run", "test"):
        path = tmp_path / "requirements" / f"{name}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text("a==1\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    monkeypatch.setattr(venv, "ROOT", tmp_path)
    before = venv.wanted_stamp(["run"])
    assert before.items() <= venv.wanted_stamp(["run", "test"]).items()
    (tmp_path / "requirements/run.txt").write_text("a==2\n")
    assert venv.wanted_stamp(["run"]) != before


def test_every_requirement_is_pinned() -> None:
    for name in ("build", *venv.SETS):
        lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
        pins = [line for line in lines if line and not line.startswith("#")]
        assert pins
        assert [line for line in pins if "==" not in line.split(";")[0]] == []


def test_unpacked_program_finds_its_own_libraries(tmp_path: Path) -> None:
    program = tmp_path / "unpacked/usr/bin/judge"
    library = tmp_path / "unpacked/usr/lib/x86_64-linux-gnu/libjudge.so.1"
    for path in (program, library):
        path.parent.mkdir(parents=True)
    library.write_text("")
    program.write_text('#!/bin/sh\necho "$LD_LIBRARY_PATH $1"\n')
    program.chmod(0o755)
    system_packages.write_wrapper("judge", tmp_path / "unpacked", tmp_path / "bin")
    run = subprocess.run(
        [tmp_path / "bin/judge", "two words"], capture_output=True, text=True, check=True
    )
    assert run.stdout == f"{library.parent} two words\n"


def test_failing_step_shows_its_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log/x.log"
    assert step.run_step("x", "a thing", log, ["sh", "-c", "echo because; exit 3"]) == 3
    err = capfd.readouterr().err
    assert "because" in err
    assert str(log) in err
    assert log.read_text() == "because\n"
