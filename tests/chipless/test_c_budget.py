"""ROM, RAM and stack of the C parts on every board: measured, within budget, and meant."""

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
FIGURES = [f"{part}_{kind}" for part in ("voice", "vault") for kind in ("rom", "ram", "stack")]


@pytest.mark.parametrize("folder", BOARDS, ids=lambda folder: folder.name)
def test_board_keeps_its_budgets(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert c_budget.main([str(folder)]) == 0
    assert folder.name in capsys.readouterr().out
    written = json.loads((ROOT / f"build/budget/{folder.name}.json").read_text())
    for figure in FIGURES:
        used = written[f"{folder.name}.{figure}_bytes"]
        least = 10 if figure == "vault_ram" else 1000
        assert least < used <= written[f"{folder.name}.{figure}_budget_bytes"]


def with_budget(text: str, figure: str, n_bytes: int) -> str:
    """board.toml with another budget for "voice_rom" or the like."""
    part, _, kind = figure.partition("_")
    before, table, after = text.partition(f"[{part}]\n")
    changed, n = re.subn(
        rf"^{kind}_bytes = \d+", f"{kind}_bytes = {n_bytes}", after, count=1, flags=re.M
    )
    assert table and n == 1
    return before + table + changed


@pytest.fixture(scope="module")
def tight_board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A board whose budgets are exactly what it uses."""
    source = next(folder for folder in BOARDS if folder.name != "qemu_rv32")
    board = tmp_path_factory.mktemp("board") / "tight"
    board.mkdir()
    text = (source / "board.toml").read_text()
    for line in c_budget.check(toml_subset.load(source / "board.toml")):
        text = with_budget(text, f"{line.part}_{line.figure}", line.used)
    (board / "board.toml").write_text(text.replace(f'name = "{source.name}"', 'name = "tight"'))
    return board


def test_a_budget_may_be_used_up(tight_board: Path) -> None:
    assert c_budget.main([str(tight_board)]) == 0


@pytest.mark.parametrize("figure", FIGURES)
def test_a_byte_over_budget_fails(
    tight_board: Path, tmp_path: Path, figure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    part, _, kind = figure.partition("_")
    budget = toml_subset.load(tight_board / "board.toml")[part][f"{kind}_bytes"]
    text = with_budget((tight_board / "board.toml").read_text(), figure, budget - 1)
    (tmp_path / "board.toml").write_text(text)
    assert c_budget.main([str(tmp_path)]) == 1
    over = [line for line in capsys.readouterr().out.splitlines() if "OVER BUDGET" in line]
    assert len(over) == 1
    assert re.search(rf"\b{part} +{kind}\b", over[0])


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


@pytest.mark.parametrize("architecture", ["rv32imac", "rv32imc", "xtensa-lx6", "xtensa-lx7"])
def test_x25519_erases_all_the_stack_that_it_takes(architecture: str) -> None:
    """What the library leaves behind there is a private key."""
    graph = c_stack.read_call_graphs(c_size.build_vault(architecture).parent)
    deepest, _ = graph.deepest("mbedtls", "Hacl_Curve25519_crypto_scalarmult")
    source = (ROOT / "firmware/cmodules/vault/core/x25519.c").read_text()
    erased = re.search(r"^#define STACK_BYTES (\d+)u$", source, re.MULTILINE)
    assert erased and 1000 < deepest <= int(erased[1]) < deepest + 1000


def test_the_vaults_tables_cost_no_ram_and_its_stack_is_bounded() -> None:
    """AES's table is 1 kB, and nobody calls what a call graph does not show."""
    link_map = c_size.build_vault("rv32imc")
    assert c_size.sizes(link_map.read_text())["mbedtls"].ram < 64
    graph = c_stack.read_call_graphs(link_map.parent)
    assert not graph.has_dynamic("mbedtls") and not graph.has_dynamic("engine")
    n_bytes, path = graph.deepest("mbedtls", "vault_aead_seal")
    assert "mbedtls_internal_aes_encrypt" in path or "gcm_mult" in " ".join(path)
    assert n_bytes < 1000
