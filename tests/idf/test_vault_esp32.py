"""The vault on ESP32: its source of randomness, its secret, its core above ESP-IDF's mbedTLS."""

import subprocess
from pathlib import Path

import pytest
from idf_boards import BOARDS, DECLARATIONS, ROOT, THIRD_PARTY, IdfBoard
from micropython_port import compile_errors

from tools import elf_symbols, xtensa_compiler

MODULES = ROOT / "firmware" / "cmodules"
VAULT = MODULES / "vault"
PORT = ROOT / "firmware" / "ports" / "esp32"
ENTROPY = PORT / "entropy.c"
SECRET = PORT / "device_secret.c"
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


# --- the chip's secret --------------------------------------------------------------------------

# The board's own chip decides where it lies.
_BY_CHIP = {board.chip: board for board in BOARDS.values()}
_LABEL = f"{len('label'):02x} {ord('l'):02x}"
_FUSES = ("esp_get_flash_encryption_mode", "esp_secure_boot_enabled")
_NONE = "0 00 00 00 00 open 0"


def secret_says(chip: str, folder: Path, *happens: str, options: tuple[str, ...] = ()) -> list[str]:
    """Lines of programs/device_secret.c, built for that chip's way."""
    board, program = _BY_CHIP[chip], folder / "device_secret"
    command = ["gcc", "-std=gnu99", *_WARNINGS, "-fsanitize=address,undefined", *_INCLUDES]
    command += [f"-I{board.facts_folder()}", *board.defines, *options]
    command += [str(SECRET), str(HERE / "programs" / "device_secret.c"), "-o", str(program)]
    subprocess.run(command, check=True, timeout=60)
    run = subprocess.run(
        [str(program), *happens], capture_output=True, text=True, timeout=20, check=True
    )
    return run.stdout.splitlines()


def efuse(chip: str, folder: Path, *happens: str) -> list[str]:
    name, *said = secret_says(chip, folder, *happens)
    assert name == "eFuse"
    return said


@pytest.mark.parametrize("chip", ["ESP32C3", "ESP32S3"])
def test_the_secret_is_the_efuse_key_of_the_boards_block(chip: str, tmp_path: Path) -> None:
    assert efuse(chip, tmp_path, "burn", "5", "derive") == [f"1 05 {_LABEL} 77 open 0"]


@pytest.mark.parametrize("chip", ["ESP32C3", "ESP32S3"])
def test_an_efuse_that_is_not_burnt_is_no_secret(chip: str, tmp_path: Path) -> None:
    """Nor one that has another purpose or is another block's; nothing takes its place."""
    assert efuse(chip, tmp_path, "derive", "burn", "4", "derive") == [_NONE] * 2


def nvs(folder: Path, *happens: str) -> list[str]:
    name, *said = secret_says("ESP32", folder, *happens)
    assert name == "NVS"
    return said


def test_without_such_efuses_the_secret_is_drawn_once_and_kept(tmp_path: Path) -> None:
    said = nvs(tmp_path, "derive", "derive", "radio_off", "derive")
    assert said == [f"1 40 {_LABEL} 40 open 0"] * 3
    assert nvs(tmp_path, "derive", "lose", "derive")[1] == f"1 41 {_LABEL} 41 open 0"


def test_without_randomness_no_secret_is_made(tmp_path: Path) -> None:
    assert nvs(tmp_path, "radio_off", "derive") == [_NONE]


@pytest.mark.parametrize("harm", ["break", "cut"])
def test_a_secret_that_can_not_be_read_is_not_replaced(harm: str, tmp_path: Path) -> None:
    """The store that is sealed under it would be lost."""
    assert nvs(tmp_path, "derive", harm, "derive")[1] == _NONE


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("esp32c3_devkitm", "HMAC_KEY", "HMAC_KAY", "lacks hmac_key"),
        ("esp32_devkitc", "#pragma once", "#define HANDSET_VAULT_HMAC_KEY 1", "has no HMAC"),
    ],
)
def test_a_secret_in_the_wrong_place_stops_the_build(
    name: str, old: str, new: str, said: str, tmp_path: Path
) -> None:
    board = BOARDS[name]
    header = (board.facts_folder() / "board_facts.h").read_text()
    assert old in header
    (tmp_path / "board_facts.h").write_text(header.replace(old, new))
    with pytest.raises(AssertionError, match=said):
        compiled(board, SECRET, tmp_path / "secret.o", f"-I{tmp_path}", *board.defines)


def test_the_secret_asks_the_chip_and_nothing_else(board: IdfBoard, tmp_path: Path) -> None:
    options = [f"-I{board.facts_folder()}", *board.defines]
    elf = compiled(board, SECRET, tmp_path / "secret.o", *options)
    asked = elf_symbols.undefined(elf) - {"memset", "strlen", "vault_erase"}
    nvs_way = {f"nvs_{name}" for name in ("open", "close", "commit", "get_blob", "set_blob")}
    nvs_way |= {"vault_rng_fill", "vault_device_hmac"}
    if board.chip != "ESP32":
        assert asked == {"esp_hmac_calculate", *_FUSES}
    else:
        # Its secret is in the clear whatever the fuses say: no need to ask.
        assert asked == nvs_way
    assert {"vault_device_derive", "vault_device_secret_name"} <= elf_symbols.defined(elf)


@pytest.mark.parametrize("chip", ["ESP32", "ESP32C3", "ESP32S3"])
@pytest.mark.parametrize(
    ("fuses", "said"), [("0", "0"), ("1", "0"), ("2", "0"), ("4", "0"), ("5", "0"), ("6", "1")]
)
def test_the_flash_is_protected_when_all_fuses_say_so(
    chip: str, fuses: str, said: str, tmp_path: Path
) -> None:
    """Flash encryption in release mode, and secure boot."""
    options = ("-DCONFIG_NVS_ENCRYPTION=1",) if chip == "ESP32" else ()
    happens = ("fuses", fuses, "protected")
    assert secret_says(chip, tmp_path, *happens, options=options)[1:] == [said]


def test_fuses_do_not_protect_a_secret_that_nvs_keeps_in_the_clear(tmp_path: Path) -> None:
    assert nvs(tmp_path, "fuses", "6", "protected") == ["0"]


# --- the core above ESP-IDF ---------------------------------------------------------------------


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


@pytest.mark.parametrize("name", ["modvault", "modcustody"])
def test_binding_compiles_with_the_ports_configuration(
    board: IdfBoard, name: str, tmp_path: Path
) -> None:
    assert compile_errors(VAULT / f"{name}.c", board.chip, tmp_path) == ""
