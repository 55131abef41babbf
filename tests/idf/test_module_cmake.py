"""The module's CMake files, taken in by MicroPython's: they build, and what they build works."""

import subprocess
from functools import cache
from pathlib import Path

import pytest
from idf_boards import BOARDS, OUT, ROOT, THIRD_PARTY, VOICE, IdfBoard

VAULT = VOICE.parent / "vault"
_MODULES = ROOT / "firmware" / "cmodules" / "micropython.cmake"
# Opus and no Opus.
_BOARDS = {"opus" in board.toml["codecs"]: board for board in BOARDS.values()}


def _cmake(board: IdfBoard, folder: Path, **changes: str) -> "subprocess.CompletedProcess[str]":
    settings = {
        "MICROPY_DIR": str(THIRD_PARTY / "micropython"),
        "USER_C_MODULES": str(_MODULES),
        "HANDSET_THIRD_PARTY": str(THIRD_PARTY),
        "HANDSET_GENERATED": str(board.facts_folder()),
        "IDF_TESTS": str(ROOT / "tests" / "idf"),
        "CHECK": str(ROOT / "tests" / "unit" / "voice_core" / "programs"),
        "DEFINES": ";".join(option for option in board.defines if "TARGET" in option),
        "CMAKE_C_FLAGS": "-O1",  # quicker to compile; comes after the codecs' own -O2
        **changes,
    }
    command = ["cmake", "-S", str(ROOT / "tests" / "idf" / "cmake"), "-B", str(folder)]
    command += [f"-D{name}={value}" for name, value in settings.items()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@cache
def _built(board: IdfBoard) -> Path:
    folder = OUT / board.name / "cmake"
    configured = _cmake(board, folder)
    assert configured.returncode == 0, configured.stderr
    command = ["cmake", "--build", str(folder), "-j", "2"]
    built = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.fixture(params=_BOARDS.values(), ids=lambda board: board.name)
def board(request: pytest.FixtureRequest) -> IdfBoard:
    chosen: IdfBoard = request.param
    return chosen


def test_sources_are_the_modules(board: IdfBoard) -> None:
    """What MicroPython scans for names and compiles: the bindings and this port's device."""
    sources = (_built(board) / "sources.txt").read_text().split(";")
    expected = [VOICE / "modvoice.c", *VOICE.glob("io_esp32*.c")]
    expected += [VAULT / "modvault.c", VAULT / "modcustody.c"]
    assert sorted(sources) == sorted(str(path) for path in expected)


def test_the_vault_is_a_library_for_other_modules(board: IdfBoard) -> None:
    """With the chip's source of randomness and its secret in it."""
    (library,) = _built(board).rglob("libvault_core.a")
    command = ["nm", "--defined-only", "--format=just-symbols", str(library)]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    wanted = {"vault_aead_seal", "vault_aes128_block", "vault_rng_fill", "vault_entropy"}
    wanted |= {"vault_custody_begin", "vault_device_derive", "Hacl_Curve25519_crypto_scalarmult"}
    assert wanted <= set(names)


def test_all_agree_on_the_codecs(board: IdfBoard) -> None:
    """The engine's layout depends on it: whoever sees engine.h gets the definition."""
    definitions = (_built(board) / "definitions.txt").read_text()
    for codec in ("opus", "amrnb"):
        without = f"VOICE_WITHOUT_{codec.upper()}" in definitions
        assert without == (codec not in board.toml["codecs"])


@pytest.mark.parametrize("case", ["circuit_with_amrwb", "circuit_with_amrnb", "circuit_with_opus"])
def test_what_is_built_works(board: IdfBoard, case: str) -> None:
    ended = subprocess.run(
        [str(_built(board) / "circuit"), case], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stdout


def test_second_build_compiles_nothing(board: IdfBoard) -> None:
    command = ["cmake", "--build", str(_built(board))]
    built = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0
    assert "CC " not in built.stdout and "Building C" not in built.stdout


@pytest.mark.parametrize("variable", ["HANDSET_THIRD_PARTY", "HANDSET_GENERATED"])
def test_a_missing_folder_is_named(variable: str, tmp_path: Path) -> None:
    ended = _cmake(_BOARDS[False], tmp_path, **{variable: ""})
    assert ended.returncode != 0
    assert variable in ended.stderr
