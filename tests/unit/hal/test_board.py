"""A board with a missing part or method does not start."""

from __future__ import annotations

import pytest

from hal import contracts
from hal.board import Board, BoardError, methods_of, parts

PARTS = parts()


def driver_of(contract: type, without: str = "") -> object:
    methods = {name: lambda self: None for name in methods_of(contract) if name != without}
    return type("Driver", (), methods)()


def radio(without: str = "") -> object:
    made = driver_of(contracts.Radio)
    made.media = driver_of(contracts.Channel, without)  # type: ignore[attr-defined]
    made.floor = driver_of(contracts.Channel)  # type: ignore[attr-defined]
    return made


def drivers() -> dict[str, object]:
    return {name: driver_of(contract) for name, contract in PARTS}


def test_complete_board_starts() -> None:
    board = Board(object(), (radio(),), **drivers())
    assert all(hasattr(board, name) for name, _ in PARTS)


@pytest.mark.parametrize("name", [name for name, _ in PARTS])
def test_missing_part_is_named(name: str) -> None:
    parts = drivers()
    del parts[name]
    with pytest.raises(BoardError, match=name):
        Board(object(), (radio(),), **parts)


@pytest.mark.parametrize(
    ("name", "contract", "method"),
    [(name, contract, method) for name, contract in PARTS for method in methods_of(contract)],
)
def test_missing_method_is_named(name: str, contract: type, method: str) -> None:
    parts = drivers()
    parts[name] = driver_of(contract, without=method)
    with pytest.raises(BoardError, match=rf"{name}.*{method}"):
        Board(object(), (radio(),), **parts)


def test_radio_and_its_channels_are_checked_too() -> None:
    with pytest.raises(BoardError, match="radio"):
        Board(object(), (), **drivers())
    with pytest.raises(BoardError, match=r"radio\.media.*recv"):
        Board(object(), (radio(without="recv"),), **drivers())
