"""Which pin goes to which part, in the order a picture shows it."""

from __future__ import annotations

from dataclasses import dataclass

from handsetctl.board.facts import Board, Part, Pin, Wire


@dataclass(frozen=True)
class Row:
    """One signal of a part and where it goes: to a pin of the chip, or elsewhere."""

    signal: str
    pin: Pin | None
    to: str
    note: str
    """What stands beside the signal: the other ends of the same terminal."""


@dataclass(frozen=True)
class Block:
    """A part with its signals."""

    part: Part
    rows: tuple[Row, ...]


def blocks(board: Board) -> list[Block]:
    """Every part that has wires, in the order of board.toml."""
    made = [Block(part, tuple(_rows(board, part.name))) for part in board.parts]
    return [block for block in made if block.rows]


def _rows(board: Board, part: str) -> list[Row]:
    pins = [pin for pin in board.pins if pin.part == part]
    wires = [wire for wire in board.wires if wire.part == part]
    rows = []
    for pin in pins:
        extra = [_end(wire) for wire in wires if wire.signal == pin.signal]
        if pin.shares:
            extra.append(f"same wire as {pin.shares}")
        rows.append(Row(pin.signal, pin, "", ", ".join(extra)))
    drawn = {pin.signal for pin in pins}
    for wire in wires:
        if wire.signal not in drawn:
            via = f"via {wire.via}" if wire.via else ""
            rows.append(Row(wire.signal, None, _to(board, wire), via))
    return rows


def _end(wire: Wire) -> str:
    return f"{wire.via} to {wire.to}" if wire.via else f"to {wire.to}"


def _to(board: Board, wire: Wire) -> str:
    pin = board.pin(wire.to)
    return f"GPIO{pin.gpio} {pin.name}" if pin else wire.to.replace("gnss_switch.", "switch ")


def between(pin: Pin) -> str:
    """What sits in the wire of a pin: a resistor, a pull."""
    pull = f"pull-{pin.pull}" if pin.pull else ""
    outer = pin.outer_pull and f"pull-{pin.outer_pull.split(',')[0]} outside"
    return pin.via or pull or outer
