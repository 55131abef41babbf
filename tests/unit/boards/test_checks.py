"""Every board of the tree holds together; a board that does not is told where and what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from handsetctl.board import checks, facts
from handsetctl.board.chips import chips
from handsetctl.board.schema import (
    ARRAYS,
    OPTIONAL_TABLES,
    TABLES,
    TOP,
    Problem,
)
from handsetctl.tree import BOARDS_DIR

Spoil = Callable[..., Path]
DEVKIT, DEVKITM, ECHO, DECK = (
    *["esp32_devkitc", "esp32c3_devkitm"],
    *["m5stack_atom_echo", "lilygo_t_deck_plus"],
)


def problems(folder: Path, check: str) -> list[Problem]:
    """What one check says of a board; the drawings of a spoilt copy are stale, of course."""
    return [
        problem
        for result in checks.check(folder)
        if result.check == check
        for problem in result.problems
        if "does not show" not in problem.what
    ]


@pytest.mark.parametrize("name", facts.names())
def test_a_board_of_the_tree_holds_together(name: str) -> None:
    results = checks.check(BOARDS_DIR / name)
    assert [problem for result in results for problem in result.problems] == []


def test_boards_on_chips_have_their_pins_checked() -> None:
    on_chips = [DEVKIT, DEVKITM, ECHO, DECK]
    assert set(on_chips) <= set(facts.names())
    for name in on_chips:
        assert [r.check for r in checks.check(BOARDS_DIR / name)][-1] == "pins"


def pin(name: str, gpio: int) -> str:
    return f'name = "{name}"\ngpio = {gpio}\n'


# The check that should speak, where, and words of what it should say.
PINS = [
    (DEVKIT, pin("mic_ws", 13), pin("mic_ws", 14), "mic_ws", "GPIO14 is mic_bclk already"),
    (DEVKIT, pin("mic_ws", 13), pin("mic_ws", 24), "mic_ws", "no GPIO24"),
    (DEVKIT, pin("mic_ws", 13), pin("mic_ws", 37), "mic_ws", "does not bring out GPIO37"),
    (DEVKIT, pin("mic_ws", 13), pin("mic_ws", 9), "mic_ws", "belongs to the flash"),
    (DEVKIT, pin("mic_ws", 13), pin("mic_ws", 12), "mic_ws", "needs care (strapping)"),
    (DEVKIT, pin("amp_dout", 23), pin("amp_dout", 39), "amp_dout", "GPIO39 is an input only"),
    (DEVKIT, pin("amp_dout", 23), pin("amp_dout", 1), "amp_dout", "GPIO1 is the console's"),
    (DEVKIT, pin("console_tx", 1), pin("console_tx", 23), "console_tx", "speaks on GPIO1"),
    (DEVKIT, pin("gnss_power", 25), pin("gnss_power", 4), "gnss_power", "could be on"),
    (DEVKIT, pin("button_ptt", 33), pin("button_ptt", 34), "button_ptt", "no pull resistor"),
    (DEVKIT, 'name = "led"', 'name = "battery_adc"', "battery_adc", "while Wi-Fi is on"),
    (DEVKIT, 'WROOM-32E"\nport', 'WROVER-E"\nport', "key_up", "flash or PSRAM"),
    (DEVKITM, pin("mic_ws", 5), pin("mic_ws", 18), "mic_ws", "needs care (usb_jtag)"),
    (DEVKITM, pin("mic_ws", 5), pin("mic_ws", 13), "mic_ws", "belongs to the flash"),
    (DECK, pin("mic_din", 14), pin("mic_din", 35), "mic_din", "belongs to the flash or PSRAM"),
    (DECK, pin("battery_adc", 4), pin("battery_adc", 13), "battery_adc", "while Wi-Fi is on"),
    (ECHO, "half_duplex = true", "half_duplex = false", "amp_ws", "both directions"),
    (ECHO, 'shares = "mic_clk"\n', "", "amp_ws", "GPIO33 is mic_clk already"),
    (ECHO, "interrupt_ok", "strapping_ok", "button_ptt", "needs care (interrupt)"),
    (ECHO, "interrupt_ok", "strapping_ok", "button_ptt", "is no strapping pin"),
]


@pytest.mark.parametrize(("board", "old", "new", "where", "what"), PINS)
def test_a_pin_misused(
    spoilt: Spoil, board: str, old: str, new: str, where: str, what: str
) -> None:
    found = problems(spoilt(board, (old, new)), "pins")
    assert [p for p in found if p.where == f"[[pin]] {where}" and what in p.what], found
    assert all(problem.next_step for problem in found)


@pytest.mark.parametrize(
    ("board", "old", "new", "what"),
    [
        (DEVKITM, "hmac_key = 5\n", "", "lacks hmac_key: ESP32-C3"),
        (DECK, "hmac_key = 5\n", "hmac_key = 6\n", "ESP32-S3 has 6 such blocks"),
        (DEVKIT, "[store]\n", "hmac_key = 0\n[store]\n", "ESP32 has 0 such blocks"),
    ],
)
def test_a_secret_in_the_wrong_place(
    spoilt: Spoil, board: str, old: str, new: str, what: str
) -> None:
    found = problems(spoilt(board, (old, new)), "secret")
    assert [p for p in found if p.where == "[vault]" and what in p.what and p.next_step], found


OTHERS = [
    ("facts", 'name = "esp32_devkitc"', 'name = "devkit"', "name is 'devkit'"),
    ("facts", "[heap]\nbudget_bytes = 114688\nword_factor = 1", "", "has no table [heap]"),
    ("facts", "rom_bytes = 163840\n", "", "lacks rom_bytes"),
    ("facts", "gpio = 14", 'gpio = "14"', "it takes a whole number"),
    ("facts", "word_factor = 1", "word_factor = true", "it takes a whole number"),
    ("facts", "gpio = 14", "gpio = -1", "from 0 up"),
    ("facts", 'direction = "out"', 'direction = "output"', "choose from in, out, inout"),
    ("facts", 'direction = "out"', 'directoin = "out"', "is it direction?"),
    ("facts", 'name = "mic_ws"', 'name = "mic_bclk"', "is there twice"),
    ("facts", '["amrwb"]', '["amrxb"]', "choose from amrwb, opus, amrnb"),
    ("facts", "console =", "consol =", "lacks console"),
    ("facts", "gpio = 14", "gpio = ", "is not TOML"),
    ("memory", "budget_bytes = 114688", "budget_bytes = 131072", "bytes wanted of 174080"),
    ("memory", "stack_bytes = 16384", "stack_bytes = 0", "voice_stack_bytes is 0"),
    ("flash", "offset_bytes = 0x1e0000", "offset_bytes = 0x1d0000", "overlaps"),
    ("flash", "offset_bytes = 0x1e0000", "offset_bytes = 0x1e1000", "not aligned"),
    ("flash", "size_bytes = 0x50000", "size_bytes = 0x60000", "ends at 0x410000 of 0x400000"),
    ("flash", 'name = "store"', 'name = "files"', "no partition store"),
    ("flash", "size_bytes = 0x50000", "size_bytes = 0x1f000", "31 sectors are too few"),
    ("flash", "size_bytes = 0x1d0000", "size_bytes = 0x1c0000", "differ in size"),
    ("parts", 'name = "gnss_tx"', 'name = "gnss_out"', "lacks its pin gnss_tx"),
    ("parts", 'name = "mic_ws"', 'name = "mic_lr"', "lacks its pin mic_ws"),
    ("parts", 'name = "lamp"\ntitle', 'name = "light"\ntitle', "a part nobody lists"),
    ("parts", 'to = "gnss_switch.VOUT"\nwhy = "the', 'to = "3V3"\nwhy = "the', "would not be off"),
    ("parts", 'to = "GND"\nvia = "100 kohm"\nwhy = "off', 'to = "GND"\nwhy = "off', "ON floats"),
    ("parts", 'to = "5V"', 'to = "12V"', "goes to 12V, which is nowhere"),
    ("buttons", 'name = "key_ok"', 'name = "key_enter"', "button ok has neither pin nor key"),
    ("buttons", 'name = "key_ok"', 'name = "key_enter"', "belongs to no button enter"),
    ("buttons", '["ptt", "geo", "up"', '["geo", "up"', "ptt without a button ptt"),
    ("buttons", 'pull = "up"\n', "", "floats"),
    ("documents", 'document = "guide, J3 pin 4: TX"', 'document = "a forum"', "cites 'a forum'"),
    ("documents", "[documents]\n", '[documents]\nnovel = "War and Peace"\n', "novel is cited"),
]


@pytest.mark.parametrize(("check", "old", "new", "what"), OTHERS)
def test_a_fact_that_does_not_hold(
    spoilt: Spoil, check: str, old: str, new: str, what: str
) -> None:
    found = problems(spoilt(DEVKIT, (old, new)), check)
    assert [p for p in found if what in f"{p.what}. {p.next_step}"], found
    assert all(problem.where and problem.next_step for problem in found)


def test_a_capability_needs_its_part(spoilt: Spoil) -> None:
    folder = spoilt(ECHO, ('"voice", "ptt"]', '"voice", "ptt", "geo"]'))
    assert [p.what for p in problems(folder, "parts")] == ["geo without a part gnss"]


def test_a_button_may_be_a_key_of_the_keyboard(spoilt: Spoil) -> None:
    folder = spoilt(DECK, ('geo = "g"', 'panic = "p"'))
    assert {p.what for p in problems(folder, "buttons")} == {
        "button geo has neither pin nor key",
        "panic is no button",
    }


def test_a_chip_without_a_table(spoilt: Spoil) -> None:
    [problem] = problems(spoilt(DEVKIT, ('chip = "esp32"', 'chip = "esp33"')), "pins")
    assert "no table" in problem.what and "esp32c3" in problem.next_step


def test_a_folder_without_facts(tmp_path: Path) -> None:
    [result] = checks.check(tmp_path)
    assert "is not there" in result.problems[0].what


def test_a_folder_lacks_a_file(spoilt: Spoil) -> None:
    folder = spoilt(DEVKIT)
    (folder / "board.py").unlink()
    assert [p.where for p in problems(folder, "files")] == ["board.py"]


def test_chip_tables_are_consistent() -> None:
    tables = chips()
    assert set(tables) == {"esp32", "esp32c3", "esp32s3"}
    for chip in tables.values():
        subsets = [chip.input_only, chip.high_impedance_at_reset, chip.adc1, chip.adc2]
        subsets += [caution.gpios for caution in chip.cautions]
        assert all(subset <= chip.gpios for subset in subsets), chip.name
        assert not chip.adc1 & chip.adc2
        assert set(chip.uart0) <= chip.gpios
        for module in chip.modules:
            assert module.gpios | module.taken <= chip.gpios, module.name
            assert not module.gpios & module.taken, module.name
        cited = [caution.document for caution in chip.cautions]
        cited += [module.document for module in chip.modules]
        for text in cited:
            assert text.replace(",", ":").partition(":")[0] in chip.documents, text


def test_every_key_is_explained() -> None:
    readme = (BOARDS_DIR / "README.md").read_text()
    tables = [*TABLES, *OPTIONAL_TABLES]
    wanted = [*TOP, *(f"[{name}]" for name in tables), *(f"[[{name}]]" for name in ARRAYS)]
    wanted += [key for key in ARRAYS["pin"] if key != "name"]
    assert [name for name in wanted if f"`{name}`" not in readme] == []
