"""`make firmware` of each ESP32 board through real cmake and MicroPython's own CMake files.

ESP-IDF is a stand-in (fake_idf), so nothing here says that the firmware compiles or runs; it says
that every file, option and variable the build names is there and reaches the place it is for.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from idf_tree import BOARD_TOMLS, BOARDS, MICROPYTHON, ROOT, Built, build, read_options

from tools import partitions

PORT = ROOT / "firmware/ports/esp32"
VOICE = ROOT / "firmware/cmodules/voice"
VAULT = ROOT / "firmware/cmodules/vault"
EVERY_BOARD = [(board, "release") for board in BOARDS] + [("esp32_devkitc", "dev")]
EVERY_ID = ["-".join(one) for one in EVERY_BOARD]


def third_party_files() -> dict[str, int]:
    """When each file of MicroPython's port and each folder above it was last written."""
    paths = [*MICROPYTHON.iterdir(), *(MICROPYTHON / "ports/esp32").rglob("*")]
    return {str(path): path.stat().st_mtime_ns for path in paths}


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Built]:
    before = third_party_files()
    made = {
        (board, variant): build(board, variant, tmp_path_factory.mktemp(f"{board}-{variant}"))
        for board, variant in EVERY_BOARD
    }
    assert third_party_files() == before, "the build wrote into the fetched sources"
    return made


@pytest.fixture(params=EVERY_BOARD, ids=EVERY_ID)
def built(request: pytest.FixtureRequest, builds: dict[tuple[str, str], Built]) -> Built:
    return builds[request.param]


def test_the_build_ends_in_an_image_and_a_map_of_it(built: Built) -> None:
    facts = json.loads((built.out / "flash.json").read_text())
    assert (facts["board"], facts["variant"]) == (built.board, built.variant)
    image = (built.out / "firmware.bin").read_bytes()
    for part in facts["files"]:
        content = (built.out / part["file"]).read_bytes()
        assert image[part["offset"] : part["offset"] + part["size"]] == content, part["name"]
    table = partitions.read(BOARD_TOMLS[built.board])
    assert (built.out / "partition-table.bin").read_bytes() == partitions.binary(table)


def test_the_chip_is_the_one_of_board_toml(built: Built) -> None:
    assert built.variables["IDF_TARGET"] == BOARD_TOMLS[built.board]["chip"]
    lock = (built.out / "obj/build_properties.txt").read_text()
    lock_file = lock.strip().partition("=")[2]
    assert (built.out / "micropython/ports/esp32" / lock_file).is_file(), lock_file


def test_every_source_is_there_or_made_by_the_build(built: Built) -> None:
    sources = {}
    for target in ("__idf_main", "voice_core", "vault_core"):
        sources |= built.sources(target)
    missing = [path for path, made in sources.items() if not made and not Path(path).is_file()]
    assert missing == []
    assert sum(not made for made in sources.values()) > 200


def test_our_c_is_compiled_and_linked(built: Built) -> None:
    ours = [PORT / name for name in ("heap_limit.c", "datagram.c", "espnow_guard.c")]
    ours += [*VOICE.glob("io_esp32*.c"), VAULT / "modvault.c", VAULT / "modcustody.c"]
    assert {*map(str, ours), str(VOICE / "modvoice.c")} <= built.sources("__idf_main").keys()
    assert {str(path) for path in VOICE.glob("core/*.c")} <= built.sources("voice_core").keys()
    vault = {*map(str, VAULT.glob("core/*.c")), str(VAULT / "everest/curve25519.c")}
    vault |= {str(PORT / "entropy.c"), str(PORT / "device_secret.c")}
    assert vault == built.sources("vault_core").keys()
    for library in ("libvoice_core.a", "libcodecs.a", "libvault_core.a"):
        assert library in built.link_line()
    strangers = [path for path in built.sources("__idf_main") if re.search("io_(sim|qemu)", path)]
    assert strangers == [], "another port's audio device"


def test_the_generated_facts_are_found_by_our_c(built: Built) -> None:
    _, folders = built.compile_facts("heap_limit.c")
    assert any(Path(folder).resolve() == VAULT.parent for folder in folders), "vault/entropy.h"
    assert (built.out / "gen/board_facts.h").is_file()
    assert {str(built.out / "gen"), str(PORT), str(ROOT / "boards" / built.board)} <= folders


def test_only_a_release_is_without_prompt_and_compiler(built: Built) -> None:
    defines, _ = built.compile_facts("main.c")
    linked = built.link_line()
    assert "--wrap=gc_get_max_new_split" in linked
    assert "--wrap=esp_now_register_recv_cb" in linked
    in_release = built.variant == "release"
    assert ("HANDSET_RELEASE=1" in defines) is in_release
    assert (str(PORT / "no_prompt.c") in built.sources("__idf_main")) is in_release
    for prompt in ("pyexec_friendly_repl", "pyexec_raw_repl"):
        assert (f"--wrap={prompt}" in linked) is in_release


def test_what_is_frozen_is_the_whole_application_and_nothing_of_other_ports(built: Built) -> None:
    frozen = built.frozen()
    wanted = {"asyncio/core.py", "board.py", "board_facts.py", "build_info.py", "_boot.py"}
    for folder in ("handset", "hal", "ports/common"):
        base = ROOT / "firmware"
        wanted |= {str(path.relative_to(base)) for path in (base / folder).rglob("*.py")}
    wanted |= {f"ports/esp32/{path.name}" for path in PORT.glob("*.py")}
    assert wanted - frozen == set()
    for name in ("main.py", "protected.py", "development_keys.py", "working_tree.py"):
        assert (name in frozen) is (built.variant == "dev"), name
    strangers = [
        name for name in frozen if re.match(r"ports/(unix|qemu)/|ports/esp32/frozen", name)
    ]
    assert strangers == []


def test_boot_files_start_the_application(built: Built) -> None:
    release = built.variant == "release"
    development = ROOT / "firmware/development/protected.py"
    start = PORT / "frozen/release/_boot.py" if release else development
    assert "import handset.main" in start.read_text()


def test_options_end_up_as_the_board_needs_them(built: Built) -> None:
    options, board = built.options, BOARD_TOMLS[built.board]
    assert options["BOOTLOADER_APP_ROLLBACK_ENABLE"] == "y"
    assert options["PARTITION_TABLE_CUSTOM_FILENAME"] == "partitions.csv"
    assert options["ESP_TASK_WDT_PANIC"] == "y"
    assert "BT_ENABLED" not in options
    megabytes = board["flash"]["size_bytes"] >> 20
    sizes = {
        name
        for name, value in options.items()
        if re.match("ESPTOOLPY_FLASHSIZE_", name) and value == "y"
    }
    assert sizes == {f"ESPTOOLPY_FLASHSIZE_{megabytes}MB"}
    assert (options.get("SPIRAM") == "y") is ("external_bytes" in board["ram"])
    # Twice the fixed buffers is the most that ESP-IDF allows for this window.
    buffers = int(options["ESP_WIFI_STATIC_RX_BUFFER_NUM"])
    assert int(options["ESP_WIFI_RX_BA_WIN"]) <= 2 * buffers
    assert int(options["ESP_WIFI_RX_BA_WIN"]) <= int(options["ESP_WIFI_DYNAMIC_RX_BUFFER_NUM"])


def test_the_main_component_requires_what_micropython_says(built: Built) -> None:
    required = (built.out / "obj/requires.txt").read_text().split(";")
    assert {"app_update", "esp_wifi", "nvs_flash", "driver"} <= set(required)
    beneath = {"mbedtls", "esp_wifi", "esp_hw_support", "nvs_flash"}
    assert beneath <= set(required), "the vault is above these"


def option_names(paths: list[Path]) -> dict[str, Path]:
    return {name: path for path in paths for name in read_options(path)}


def test_every_option_is_one_of_esp_idf() -> None:
    upstream = option_names(sorted((MICROPYTHON / "ports/esp32/boards").rglob("sdkconfig*")))
    documented = Path(__file__).with_name("idf_options.txt").read_text()
    known = set(upstream) | set(re.findall(r"^([A-Z0-9_]+)\b", documented, re.MULTILINE))
    ours = option_names([*PORT.glob("sdkconfig.*"), *ROOT.glob("boards/*/sdkconfig.*")])
    assert len(ours) > 20
    assert {name: path for name, path in ours.items() if name not in known} == {}


def test_the_list_of_options_has_none_that_nobody_uses() -> None:
    documented = Path(__file__).with_name("idf_options.txt").read_text()
    listed = set(re.findall(r"^([A-Z0-9_]+)\b", documented, re.MULTILINE))
    ours = option_names([*PORT.glob("sdkconfig.*"), *ROOT.glob("boards/*/sdkconfig.*")])
    assert listed - set(ours) == set()


def cmake_variables_set(path: Path) -> set[str]:
    return set(
        re.findall(r"(?:set\(|list\(APPEND )\s*((?:MICROPY|IDF|SDKCONFIG)_\w+)", path.read_text())
    )


def test_every_variable_we_set_is_one_that_micropython_reads() -> None:
    folders = [MICROPYTHON / "py", MICROPYTHON / "extmod", MICROPYTHON / "ports/esp32"]
    read = "\n".join(
        path.read_text()
        for folder in folders
        for pattern in ("*.cmake", "CMakeLists.txt", "main/CMakeLists.txt")
        for path in folder.glob(pattern)
    )
    ours = [
        PORT / "board.cmake",
        *(ROOT / "boards" / board / "mpconfigboard.cmake" for board in BOARDS),
    ]
    for path in ours:
        for name in cmake_variables_set(path):
            if not name.startswith("MICROPY_MANIFEST_"):
                assert re.search(rf"\b{name}\b", read), f"{path.name} sets {name}, nobody reads it"
    assert "MICROPY_SOURCE_BOARD" in cmake_variables_set(PORT / "board.cmake")


def test_a_second_build_starts_from_the_first(builds: dict[tuple[str, str], Built]) -> None:
    built = builds["esp32_devkitc", "release"]
    cache = built.out / "obj/CMakeCache.txt"
    (built.out / "obj/kept").touch()
    build("esp32_devkitc", "release", built.out)
    assert cache.is_file() and (built.out / "obj/kept").exists()


def test_the_release_check_stops_a_build_with_a_prompt(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="a release can not have pyexec_raw_repl"):
        build("esp32c3_devkitm", "release", tmp_path, FAKE_IDF_PROGRAM="int pyexec_raw_repl;")
