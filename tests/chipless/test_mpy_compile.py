"""All Python of the boards' firmware compiles for their processors."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import mpy_compile, toml_subset

ROOT = Path(__file__).resolve().parents[2]
BOARDS = [path.parent for path in sorted(ROOT.glob("boards/*/board.toml"))]


@pytest.mark.parametrize("folder", BOARDS, ids=lambda folder: folder.name)
def test_firmware_compiles(folder: Path) -> None:
    board = toml_subset.load(folder / "board.toml")
    files = mpy_compile.sources(folder, board["port"])
    names = {str(path.relative_to(ROOT)) for path in files}
    assert f"boards/{folder.name}/board.py" in names
    assert {"firmware/handset/app.py", "firmware/hal/contracts.py"} <= names
    assert any(name.startswith(f"firmware/ports/{board['port']}/") for name in names)
    assert mpy_compile.failures(files, board["architecture"]) == []


@pytest.mark.parametrize(
    ("source", "architecture", "compiles"),
    [
        ("def f(:\n    pass\n", "xtensa-lx6", False),
        ("async def f():\n    return [x async for x in y]\n", "rv32imc", False),
        ("@micropython.native\ndef f(a):\n    return a + 1\n", "xtensa-lx7", True),
        ("@micropython.viper\ndef f(a: int) -> int:\n    return a + 1\n", "rv32imc", True),
        # Inline assembly of one processor does not go into another's firmware.
        ("@micropython.asm_rv32\ndef f():\n    c_nop()\n", "rv32imac", True),
        ("@micropython.asm_rv32\ndef f():\n    c_nop()\n", "xtensa-lx6", False),
    ],
)
def test_a_file_that_is_not_for_this_board_is_found(
    tmp_path: Path, source: str, architecture: str, compiles: bool
) -> None:
    path = tmp_path / "module.py"
    path.write_text(source)
    assert (mpy_compile.failures([path], architecture) == []) == compiles
