"""Copies of real board folders, to be spoilt."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from handsetctl.tree import BOARDS_DIR

Spoil = Callable[..., Path]


@pytest.fixture
def spoilt(tmp_path: Path) -> Spoil:
    """spoilt(board, (old, new), ...): a copy of a board whose facts have each `old` replaced."""

    def make(board: str, *changes: tuple[str, str]) -> Path:
        folder = tmp_path / board
        shutil.copytree(BOARDS_DIR / board, folder)
        path = folder / "board.toml"
        text = path.read_text()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        path.write_text(text)
        return folder

    return make
