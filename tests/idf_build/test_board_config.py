"""MicroPython's configuration as each board ends up with it: real headers, preprocessed.

Declarations of ESP-IDF come from tests/idf; the C that the build adds is compiled against them too.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from idf_tree import BOARD_TOMLS, BOARDS, MICROPYTHON, ROOT
from micropython_port import DECLARATIONS, compile_errors

from tools import board_facts

PORT = ROOT / "firmware/ports/esp32"
# Chips with the USB serial port of their own (ESP-IDF: soc/<chip>/include/soc/soc_caps.h).
USB_SERIAL_CHIPS = ("esp32c3", "esp32s3")
# The prompt's name for it: MicroPython's console.
CONSOLES = ("MICROPY_HW_ENABLE_UART_REPL", "MICROPY_HW_ESP_USB_SERIAL_JTAG", "MICROPY_HW_USB_CDC")
SWITCHED_OFF = (
    *("MICROPY_PY_BLUETOOTH", "MICROPY_PY_NETWORK_LAN", "MICROPY_HW_ENABLE_USBDEV"),
    *("MICROPY_HW_ENABLE_SDCARD", "MICROPY_HW_ENABLE_MDNS_RESPONDER"),
)
# What only source code at run time needs, or offers.
COMPILING = (
    *("MICROPY_ENABLE_COMPILER", "MICROPY_PY_BUILTINS_EVAL_EXEC", "MICROPY_PY_BUILTINS_COMPILE"),
    *("MICROPY_PY_BUILTINS_EXECFILE",),
)


def switched_on(board: str, variant: str, folder: Path, conditions: list[str]) -> set[str]:
    """Those of the conditions (of #if) that hold in the firmware of this board."""
    board_facts.main([str(ROOT / "boards" / board / "board.toml"), str(folder)])
    probe = ['#include "py/mpconfig.h"', '#include "uart.h"']
    for number, condition in enumerate(conditions):
        probe += [f"#if {condition}", f"holds_{number}", "#endif"]
    chip = BOARD_TOMLS[board]["chip"]
    places = [
        *(DECLARATIONS, MICROPYTHON, MICROPYTHON / "ports/esp32"),
        *(ROOT / "boards" / board, PORT, folder),
    ]
    command = [
        "gcc",
        "-E",
        "-P",
        "-Werror",
        "-x",
        "c",
        "-",
        f"-DCONFIG_IDF_TARGET_{chip.upper()}=1",
    ]
    command += [f"-I{place}" for place in places]
    if chip in USB_SERIAL_CHIPS:
        command.append("-DSOC_USB_SERIAL_JTAG_SUPPORTED=1")
    if variant == "release":
        command.append("-DHANDSET_RELEASE=1")
    run = subprocess.run(
        command, input="\n".join(probe), capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    words = set(run.stdout.split())
    return {condition for i, condition in enumerate(conditions) if f"holds_{i}" in words}


@pytest.mark.parametrize("board", BOARDS)
def test_the_heap_starts_with_what_the_chip_has_in_one_piece(board: str, tmp_path: Path) -> None:
    facts = BOARD_TOMLS[board]
    budget = facts["heap"]["budget_bytes"] * facts["heap"]["word_factor"]
    # The ESP32 has one free piece of 113840 bytes (ESP-IDF's log: "3FFE4350 len 0001BCB0").
    first = min(budget, 96 * 1024) if facts["chip"] == "esp32" else budget
    right = f"MICROPY_GC_INITIAL_HEAP_SIZE == {first}"
    assert switched_on(board, "release", tmp_path, [right]) == {right}


HEAP_PROGRAM = """
#include <stdio.h>
#include "py/mpstate.h"
unsigned char ram[1000];
mp_state_mem_area_t second = {ram + 400, ram + 450, NULL}, first = {ram, ram + 300, NULL};
size_t free_bytes;
size_t __wrap_gc_get_max_new_split(void);
size_t __real_gc_get_max_new_split(void) { return free_bytes; }
int main(void) {
    free_bytes = 9999;
    printf("%zu ", __wrap_gc_get_max_new_split());
    first.next = &second;
    printf("%zu ", __wrap_gc_get_max_new_split());
    free_bytes = 7;
    printf("%zu ", __wrap_gc_get_max_new_split());
    free_bytes = 9999;
    second.gc_pool_end = ram + 1000;
    printf("%zu", __wrap_gc_get_max_new_split());
}
"""
MPSTATE_H = """
#include <stddef.h>
typedef struct area {
    unsigned char *gc_alloc_table_start, *gc_pool_end;
    struct area *next;
} mp_state_mem_area_t;
extern mp_state_mem_area_t first;
#define MP_STATE_MEM(x) first
"""


def test_the_heap_grows_to_its_budget_and_not_beyond(tmp_path: Path) -> None:
    (tmp_path / "py").mkdir()
    (tmp_path / "py/gc.h").touch()
    (tmp_path / "py/mpstate.h").write_text(MPSTATE_H)
    (tmp_path / "board_facts.h").write_text("#define HANDSET_HEAP_BYTES 400\n")
    (tmp_path / "main.c").write_text(HEAP_PROGRAM)
    sources = [tmp_path / "main.c", PORT / "heap_limit.c"]
    command = ["gcc", f"-I{tmp_path}", *map(str, sources), "-o", str(tmp_path / "heap")]
    subprocess.run(command, check=True)
    run = subprocess.run([tmp_path / "heap"], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["100", "50", "7", "0"]


GUARD_PROGRAM = """
#include <stdio.h>
#include "esp_now.h"
static esp_now_recv_cb_t driver;
esp_err_t __real_esp_now_register_recv_cb(esp_now_recv_cb_t cb) { driver = cb; return 7; }
esp_err_t __wrap_esp_now_register_recv_cb(esp_now_recv_cb_t cb);
static void got(const esp_now_recv_info_t *info, const uint8_t *frame, int n_bytes) {
    printf("%d:%c%c ", n_bytes, *info->src_addr, *frame);
}
int main(void) {
    uint8_t sender[] = "s", frame[1470] = "f";
    esp_now_recv_info_t info = {.src_addr = sender};
    printf("%d ", __wrap_esp_now_register_recv_cb(got));
    int lengths[] = {0, 1, 250, 251, 255, 256, 300, 1470};
    for (int i = 0; i < 8; i++) driver(&info, frame, lengths[i]);
}
"""


def test_espnow_frames_that_micropython_cannot_hold_are_dropped(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text(GUARD_PROGRAM)
    sources = [str(tmp_path / "main.c"), str(PORT / "espnow_guard.c")]
    subprocess.run(
        ["gcc", f"-I{DECLARATIONS}", *sources, "-o", str(tmp_path / "guard")], check=True
    )
    run = subprocess.run([tmp_path / "guard"], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["7", "0:sf", "1:sf", "250:sf"]


@pytest.mark.parametrize("board", BOARDS)
def test_no_table_of_everybody_who_ever_sent(board: str, tmp_path: Path) -> None:
    switch = "MICROPY_PY_ESPNOW_RSSI"
    off = f"defined({switch}) && !{switch}"
    assert switched_on(board, "release", tmp_path, [off]) == {off}
    # The switch is known where it counts, and the driver then wants a buffer of ours.
    driver = (MICROPYTHON / "ports/esp32/modespnow.c").read_text()
    assert f"#ifndef {switch}\n" in driver
    assert "peer_buf = _get_bytes_len_w(list->items[0], ESP_NOW_ETH_ALEN)" in driver


@pytest.mark.parametrize("board", BOARDS)
def test_there_is_one_console_where_the_cable_goes(board: str, tmp_path: Path) -> None:
    found = switched_on(board, "release", tmp_path, list(CONSOLES))
    # Espressif's own vendor id is that of the port inside the chip, others are bridges on a UART.
    inside = any(usb_id.startswith("303a:") for usb_id in BOARD_TOMLS[board]["usb"]["ids"])
    expected = "MICROPY_HW_ESP_USB_SERIAL_JTAG" if inside else "MICROPY_HW_ENABLE_UART_REPL"
    assert found == {expected}


@pytest.mark.parametrize("board", BOARDS)
def test_only_a_development_build_can_compile_python(board: str, tmp_path: Path) -> None:
    assert switched_on(board, "release", tmp_path, list(COMPILING)) == set()
    assert switched_on(board, "dev", tmp_path, list(COMPILING)) == set(COMPILING)


@pytest.mark.parametrize("board", BOARDS)
def test_what_the_handset_has_no_use_for_is_off(board: str, tmp_path: Path) -> None:
    assert switched_on(board, "release", tmp_path, list(SWITCHED_OFF)) == set()


@pytest.mark.parametrize("name", ["espnow_guard.c", "heap_limit.c", "no_prompt.c"])
@pytest.mark.parametrize("board", BOARDS)
def test_our_c_compiles(name: str, board: str, tmp_path: Path) -> None:
    board_facts.main([str(ROOT / "boards" / board / "board.toml"), str(tmp_path)])
    chip = BOARD_TOMLS[board]["chip"].upper()
    assert compile_errors(PORT / name, chip, tmp_path) == ""
