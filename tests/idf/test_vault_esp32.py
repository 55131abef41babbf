"""The vault on ESP32: its source of randomness, and its core above ESP-IDF's mbedTLS."""

import subprocess
from pathlib import Path

import pytest
from idf_boards import BOARDS, DECLARATIONS, ROOT, THIRD_PARTY, IdfBoard
from micropython_port import compile_errors

from tools import elf_symbols, xtensa_compiler

MODULES = ROOT / "firmware" / "cmodules"
VAULT = MODULES / "vault"
ENTROPY = ROOT / "firmware" / "ports" / "esp32" / "entropy.c"
HERE = ROOT / "tests" / "idf"
_WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wstrict-prototypes", "-Werror"]
_INCLUDES = [f"-I{MODULES}", f"-I{DECLARATIONS}"]
_MBEDTLS = [
    *[f"-isystem{THIRD_PARTY / 'mbedtls' / 'include'}", f"-isystem{HERE / 'mbedtls_port'}"],
    '-DMBEDTLS_CONFIG_FILE="esp_config.h"',
]


@pytest.fixture(params=BOARDS.values(), ids=BOARDS)
def board(request: pytest.FixtureRequest) -> IdfBoard:
    chosen: IdfBoard = request.param
    if "xtensa" in chosen.toml["architecture"]:
        xtensa_compiler.provide()
    return chosen


def compiled(board: IdfBoard, source: Path, out: Path, *options: str) -> bytes:
    """The object of the source for the board's processor."""
    command = [board.toolchain.cc, *board.toolchain.flags, "-std=gnu99", "-O2", *_WARNINGS]
    command += [*_INCLUDES, *options, "-c", str(source), "-o", str(out)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return out.read_bytes()


@pytest.mark.parametrize(
    ("radio", "said"),
    [
        ("on", "1 00 ee ee ee ee 00 esp_fill_random"),
        ("off", "0 00 00 00 00 00 00 esp_fill_random"),
        ("never", "0 00 00 00 00 00 00 esp_fill_random"),
    ],
)
def test_bytes_are_random_only_while_the_radio_is_on(radio: str, said: str, tmp_path: Path) -> None:
    program = tmp_path / "entropy"
    command = ["gcc", "-std=gnu99", *_WARNINGS, "-fsanitize=address,undefined", *_INCLUDES]
    command += [str(ENTROPY), str(HERE / "programs" / "entropy.c"), "-o", str(program)]
    subprocess.run(command, check=True, timeout=60)
    run = subprocess.run([str(program), radio], capture_output=True, text=True, timeout=20)
    assert run.stdout.strip() == said


def test_the_source_is_the_chips_generator_and_nothing_else(
    board: IdfBoard, tmp_path: Path
) -> None:
    """All that the object asks others for."""
    elf = compiled(board, ENTROPY, tmp_path / "entropy.o")
    assert elf_symbols.undefined(elf) == {"esp_fill_random", "esp_wifi_get_max_tx_power"}
    assert {"vault_entropy", "vault_entropy_name"} <= elf_symbols.defined(elf)


def test_the_generator_asks_the_source_and_nothing_else(board: IdfBoard, tmp_path: Path) -> None:
    asked = set()
    for name in ("rng", "health"):
        asked |= elf_symbols.undefined(
            compiled(board, VAULT / "core" / f"{name}.c", tmp_path / f"{name}.o")
        )
    ours = {"vault_health_watch", "vault_erase", "vault_entropy", "vault_entropy_name"}
    assert asked - {"memset"} == ours


@pytest.mark.parametrize("source", sorted(VAULT.glob("core/*.c")), ids=lambda path: path.stem)
def test_the_core_compiles_with_the_hardwares_contexts(
    board: IdfBoard, source: Path, tmp_path: Path
) -> None:
    """They fit the memory that callers give (VAULT_STATIC_ASSERT), and the core calls no more of
    mbedTLS than the hardware's drivers have."""
    elf = compiled(board, source, tmp_path / "core.o", *_MBEDTLS)
    drivers = {name for name in elf_symbols.undefined(elf) if "gcm" in name or "aes" in name}
    assert all(name.startswith(("esp_aes", "vault_")) for name in drivers)


def test_a_context_that_does_not_fit_stops_the_build(tmp_path: Path) -> None:
    """The assertion has teeth."""
    board = next(iter(BOARDS.values()))
    header = (HERE / "mbedtls_port" / "gcm_alt.h").read_text()
    (tmp_path / "gcm_alt.h").write_text(header.replace("ori_j0[16]", "ori_j0[600]"))
    with pytest.raises(AssertionError, match="vault_assert_gcm_context_fits"):
        compiled(
            board, VAULT / "core/aead.c", tmp_path / "aead.o", f"-isystem{tmp_path}", *_MBEDTLS
        )


def test_binding_compiles_with_the_ports_configuration(board: IdfBoard, tmp_path: Path) -> None:
    assert compile_errors(VAULT / "modvault.c", board.chip, tmp_path) == ""
