"""Each esp32 board's board.py and the drivers it wires find their pins in its board.toml."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools import lint_firmware, toml_subset

ROOT = Path(__file__).resolve().parents[3]
BOARDS = lint_firmware.boards_by_port(ROOT / "boards")
# The console of board.toml -> the name that board.py hands to the driver.
CONSOLES = {"uart0": "UART0", "usb_serial_jtag": "USB_SERIAL_JTAG"}


def board_facts(name: str) -> dict[str, Any]:
    facts: dict[str, Any] = toml_subset.load(ROOT / "boards" / name / "board.toml")
    return facts


def wiring(name: str) -> ast.Module:
    return ast.parse((ROOT / "boards" / name / "board.py").read_text(encoding="utf-8"))


def pins_of(tree: ast.Module) -> set[str]:
    """Names in `pins["..."]`, and those handed to set_outputs()."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "pins":
            if isinstance(node.slice, ast.Constant):
                found.add(str(node.slice.value))
        elif isinstance(node, ast.keyword) and node.arg == "high":
            found |= set(ast.literal_eval(node.value))
    return found


def drivers_of(tree: ast.Module) -> Iterator[Path]:
    """Files of the drivers that board.py imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("ports.esp32"):
            module = ROOT / "firmware" / str(node.module).replace(".", "/")
            if module.is_dir():
                yield from (module / f"{alias.name}.py" for alias in node.names)
            else:
                yield module.with_suffix(".py")


@pytest.mark.parametrize("name", BOARDS["esp32"])
def test_every_pin_a_board_wires_is_in_its_board_toml(name: str) -> None:
    tree = wiring(name)
    wanted = pins_of(tree)
    for driver in drivers_of(tree):
        wanted |= pins_of(ast.parse(driver.read_text(encoding="utf-8")))
    assert wanted <= {pin["name"] for pin in board_facts(name)["pin"]}
    assert wanted


@pytest.mark.parametrize("name", BOARDS["esp32"])
def test_every_button_of_a_board_has_a_pin_or_a_letter(name: str) -> None:
    facts = board_facts(name)
    pins = {pin["name"] for pin in facts["pin"]}
    for button in facts["buttons"]:
        has_pin = {f"button_{button}", f"key_{button}"} & pins
        assert has_pin or button in facts.get("keyboard", {}), button


@pytest.mark.parametrize("name", BOARDS["esp32"])
def test_the_console_is_the_one_of_board_toml(name: str) -> None:
    calls = [
        node
        for node in ast.walk(wiring(name))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Console"
    ]
    assert [ast.unparse(call.args[0]) for call in calls] == [CONSOLES[board_facts(name)["console"]]]


@pytest.mark.parametrize("name", BOARDS["esp32"])
def test_a_receiver_is_switched_where_the_board_can(name: str) -> None:
    """With a load switch it is used; without a receiver there is none to wire."""
    facts = board_facts(name)
    source = (ROOT / "boards" / name / "board.py").read_text(encoding="utf-8")
    has_switch = "gnss_power" in {pin["name"] for pin in facts["pin"]}
    assert ('pins["gnss_power"]' in source) == has_switch
    assert ("NoGnss()" in source) == ("gnss" not in facts)
    if "gnss" in facts and not has_switch:
        assert "sleep=" in source


@pytest.mark.parametrize("name", BOARDS["esp32"])
def test_the_radio_is_made_before_what_needs_randomness(name: str) -> None:
    source = (ROOT / "boards" / name / "board.py").read_text(encoding="utf-8")
    assert source.index("radio = radios.make(") < source.index("rng=Rng()")


def test_boards_without_a_known_port_are_no_silent_gap(tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "board.toml").write_text('name = "odd"\nport = "avr"\n')
    with pytest.raises(lint_firmware.LintError, match="'avr'"):
        lint_firmware.boards_by_port(tmp_path)
    assert {"sim"} <= set(BOARDS["unix"]) and len(BOARDS["esp32"]) == 4


def test_each_board_is_checked_with_its_own_wiring() -> None:
    runs = lint_firmware.commands("esp32", ["one", "two"])
    assert [
        [file for file in arguments if file.endswith("/board.py")] for arguments, _ in runs
    ] == [
        ["boards/one/board.py"],
        ["boards/two/board.py"],
    ]
    assert all("stubs-esp32" in path for _, path in runs)
    assert any(file.endswith("wifi_udp.py") for file in runs[0][0])
