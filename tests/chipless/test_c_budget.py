"""ROM, RAM and stack of the voice part on every board: measured, within budget, and meant."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tools import c_budget, c_size, c_stack, toml_subset

ROOT = Path(__file__).resolve().parents[2]
BOARDS = [
    path.parent
    for path in sorted(ROOT.glob("boards/*/board.toml"))
    if toml_subset.load(path)["architecture"] != "x64"
]


@pytest.mark.parametrize("folder", BOARDS, ids=lambda folder: folder.name)
def test_board_keeps_its_budgets(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert c_budget.main([str(folder)]) == 0
    assert folder.name in capsys.readouterr().out
    written = json.loads((ROOT / f"build/budget/{folder.name}.json").read_text())
    for figure in ("rom", "ram", "stack"):
        used = written[f"{folder.name}.voice_{figure}_bytes"]
        assert 1000 < used <= written[f"{folder.name}.voice_{figure}_budget_bytes"]


@pytest.fixture(scope="module")
def tight_board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A board whose budgets are exactly what it uses."""
    source = next(folder for folder in BOARDS if folder.name != "qemu_rv32")
    board = tmp_path_factory.mktemp("board") / "tight"
    board.mkdir()
    text = (source / "board.toml").read_text()
    for line in c_budget.check(toml_subset.load(source / "board.toml")):
        text = re.sub(
            rf"^{line.figure}_bytes = \d+", f"{line.figure}_bytes = {line.used}", text, flags=re.M
        )
    (board / "board.toml").write_text(text.replace(f'name = "{source.name}"', 'name = "tight"'))
    return board


def test_a_budget_may_be_used_up(tight_board: Path) -> None:
    assert c_budget.main([str(tight_board)]) == 0


@pytest.mark.parametrize("figure", ["rom", "ram", "stack"])
def test_a_byte_over_budget_fails(
    tight_board: Path, tmp_path: Path, figure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (tight_board / "board.toml").read_text()
    lowered = re.sub(
        rf"^({figure}_bytes) = (\d+)", lambda m: f"{m[1]} = {int(m[2]) - 1}", text, flags=re.M
    )
    (tmp_path / "board.toml").write_text(lowered)
    assert c_budget.main([str(tmp_path)]) == 1
    over = [line for line in capsys.readouterr().out.splitlines() if "OVER BUDGET" in line]
    assert len(over) == 1
    assert f" {figure} " in over[0]


def test_the_call_graph_bounds_what_is_measured_and_not_by_much() -> None:
    """Where every frame has a fixed size the bound must hold; a graph that lost calls would not."""
    build = c_size.build("rv32imac", c_size.CODECS, "stack_probe.elf")
    graph = c_stack.read_call_graphs(build.parent / "core", ROOT / "build/budget/rv32imc")
    bound = graph.deepest("amrwb")[0]
    measured = c_stack.measure(build)
    assert not graph.has_dynamic("amrwb")
    assert measured["amrwb"] <= bound <= 1.1 * measured["amrwb"]
    assert graph.has_dynamic("opus")
    assert measured["opus"] > graph.deepest("opus")[0]


def test_a_codec_a_board_does_without_costs_it_nothing() -> None:
    with_it = c_size.sizes(c_size.build("xtensa-lx6", ["amrwb", "opus"]).read_text())
    without = c_size.sizes(c_size.build("xtensa-lx6", ["amrwb"]).read_text())
    assert with_it["opus"].rom > 100_000
    assert "opus" not in without
    assert with_it["engine"].ram - without["engine"].ram > 30_000
    assert without["amrwb"].rom == pytest.approx(with_it["amrwb"].rom, rel=0.01)


def test_codec_tables_cost_no_ram() -> None:
    """As released, 22 kB of vo-amrwbenc's tables are variables; codecs.mk makes them constants."""
    sizes = c_size.sizes(c_size.build("xtensa-lx6", ["amrwb"]).read_text())
    assert sizes["amrwb"].ram < 4000


def test_a_board_that_does_not_read_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert c_budget.main([str(tmp_path)]) == 1
    assert "board.toml" in capsys.readouterr().err
