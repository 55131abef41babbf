"""The ESP32 C files and the declarations they are compiled against: each vouches for the other."""

import re
import subprocess
from pathlib import Path

import pytest
from idf_boards import BOARDS, DECLARATIONS, THIRD_PARTY, VOICE, WIRINGS, IdfBoard
from micropython_port import MICROPYTHON, compile_errors

from tools import xtensa_compiler

_WARNINGS = [
    *["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wdouble-promotion", "-Wvla"],
    *["-Wstrict-prototypes", "-Werror"],
]
_SOURCES = sorted(VOICE.glob("io_esp32*.c"))
_CORE = sorted(VOICE.glob("core/*.c"))
_OPENCORE = THIRD_PARTY / "opencore-amr"
_AMR = _OPENCORE / "opencore" / "codecs_v2" / "audio" / "gsm_amr"
_CODECS = [
    *[THIRD_PARTY / "vo-amrwbenc" / "common" / "include", THIRD_PARTY / "opus" / "include"],
    *[_AMR / "amr_nb" / part for part in ("dec/src", "enc/src", "common/include", "dec/include")],
    *[_AMR / "amr_wb/dec/src", _AMR / "amr_wb/dec/include", _AMR / "common/dec/include"],
    *[_OPENCORE / "oscl", VOICE / "fixes" / "opencore-amr"],
]
_IDF_MINORS = (2, 3, 4)
_PORT_FILES = ("extmod/machine_i2s.c", "ports/esp32/mpthreadport.c", "ports/esp32/mphalport.c")
_NVS = MICROPYTHON / "ports/esp32/esp32_nvs.c"
_ESPNOW = MICROPYTHON / "ports/esp32/modespnow.c"


def _complaints(
    source: Path, board: IdfBoard, facts: Path, compiler: list[str], *options: str
) -> str:
    command = [*compiler, "-std=gnu99", "-O2", *_WARNINGS, *board.defines, *options]
    command += [f"-I{folder}" for folder in (facts, VOICE, VOICE.parent, DECLARATIONS)]
    command += ["-c", str(source), "-o", "/dev/null"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120).stderr


@pytest.mark.parametrize("minor", _IDF_MINORS)
@pytest.mark.parametrize("board", WIRINGS.values(), ids=WIRINGS)
def test_io_compiles_for_the_board(board: IdfBoard, minor: int) -> None:
    """With every warning an error, against ESP-IDF v5.2, v5.3 and v5.4."""
    assert len(_SOURCES) >= 3
    for source in _SOURCES:
        option = f"-DDECLARED_IDF_MINOR={minor}"
        assert _complaints(source, board, board.facts_folder(), ["gcc"], option) == ""


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.name)
def test_io_and_core_compile_for_the_processor(board: IdfBoard) -> None:
    """With the compiler of the board's architecture."""
    if "xtensa" in board.toml["architecture"]:
        xtensa_compiler.provide()
    compiler = [board.toolchain.cc, *board.toolchain.flags]
    system = [f"-isystem{folder}" for folder in _CODECS]
    for source in _SOURCES + _CORE:
        assert _complaints(source, board, board.facts_folder(), compiler, *system) == ""


def _changed(board: IdfBoard, folder: Path, *changes: tuple[str, str]) -> Path:
    header = board.facts_header()
    for old, new in changes:
        assert re.search(old, header), old
        header = re.sub(old, new, header)
    (folder / "board_facts.h").write_text(header)
    return folder


@pytest.mark.parametrize(
    ("base", "changes"),
    [
        ("esp32_devkitc", [("SLOT_LEFT", "SLOT_RIGHT")]),
        ("m5stack_atom_echo", [("SLOT_LEFT", "SLOT_RIGHT")]),
        # A PDM microphone that shares nothing: full duplex.
        ("m5stack_atom_echo", [(r"PIN_MIC_CLK \d+", "PIN_MIC_CLK 32"), ("DUPLEX 1", "DUPLEX 0")]),
        ("esp32_devkitc", [("DUPLEX 0", "DUPLEX 1")]),
        # One set of clocks for ES7210 and amplifier.
        ("lilygo_t_deck_plus", [(r"(PIN_AMP_(BCLK|WS)) \d+", r"\1 HANDSET_PIN_MIC_\2")]),
    ],
)
def test_wiring_of_no_board_yet(base: str, changes: list[tuple[str, str]], tmp_path: Path) -> None:
    board = BOARDS[base]
    facts = _changed(board, tmp_path, *changes)
    for source in _SOURCES:
        assert _complaints(source, board, facts, ["gcc"]) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("MICROPHONE_I2S", "MICROPHONE_CARBON"), "microphone must be"),
        ((r"PIN_AMP_WS \d+", "PIN_AMP_WS HANDSET_PIN_AMP_BCLK"), "share both clock pins"),
    ],
)
def test_wiring_that_cannot_be(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    """A board.toml that makes no sense stops the build and says why."""
    board = WIRINGS["shared_clocks"]
    facts = _changed(board, tmp_path, change)
    assert said in _complaints(VOICE / "io_esp32_i2s.c", board, facts, ["gcc"])


def test_a_typo_does_not_compile(tmp_path: Path) -> None:
    board = BOARDS["esp32_devkitc"]
    source = tmp_path / "io_esp32_i2s.c"
    source.write_text(
        (VOICE / source.name).read_text().replace("channel_enable(", "chanel_enable(")
    )
    complaints = _complaints(source, board, board.facts_folder(), ["gcc"])
    assert "i2s_chanel_enable" in complaints


@pytest.mark.parametrize("chip", ["ESP32", "ESP32S3", "ESP32C3"])
@pytest.mark.parametrize("name", _PORT_FILES)
def test_micropython_compiles_against_them(name: str, chip: str, tmp_path: Path) -> None:
    """MicroPython's own drivers use ESP-IDF as it is: they must find it as it is declared."""
    assert compile_errors(MICROPYTHON / name, chip, tmp_path) == ""


@pytest.mark.parametrize("chip", ["ESP32", "ESP32S3", "ESP32C3"])
def test_micropythons_nvs_compiles_against_them(chip: str, tmp_path: Path) -> None:
    assert compile_errors(_NVS, chip, tmp_path) == ""


@pytest.mark.parametrize("rssi", [0, 1])
@pytest.mark.parametrize("chip", ["ESP32", "ESP32S3", "ESP32C3"])
def test_micropythons_espnow_compiles_against_them(chip: str, rssi: int, tmp_path: Path) -> None:
    """With and without the signal strengths that our configuration switches off."""
    # These are off in ESP-IDF's own build (tools/cmake/build.cmake) and in the port's.
    off = ("-Wno-sign-compare", "-Wno-enum-conversion", "-Wno-missing-field-initializers")
    switch = f"-DMICROPY_PY_ESPNOW_RSSI={rssi}"
    assert compile_errors(_ESPNOW, chip, tmp_path, *off, switch) == ""


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.name)
def test_binding_compiles_with_the_ports_configuration(board: IdfBoard, tmp_path: Path) -> None:
    assert compile_errors(VOICE / "modvoice.c", board.chip, tmp_path) == ""


def test_audio_and_python_have_a_core_each() -> None:
    """What io_esp32.c says of MicroPython is so: core 1 where there are two, and a low priority."""
    port = MICROPYTHON / "ports" / "esp32"
    core = re.search(
        r"#if CONFIG_FREERTOS_UNICORE\s+#define MP_TASK_COREID \(0\)\s+#else\s+"
        r"#define MP_TASK_COREID \(1\)",
        (port / "mphalport.h").read_text(),
    )
    assert core
    assert (
        "#define MP_TASK_PRIORITY        (ESP_TASK_PRIO_MIN + 1)" in (port / "main.c").read_text()
    )
    assert "#define TASK_CORE 0\n" in (VOICE / "io_esp32.c").read_text()
