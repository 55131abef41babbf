"""A board's wiring as pictures: text for a terminal, SVG, and the table in its README."""

from __future__ import annotations

from pathlib import Path

from handsetctl.board.facts import Board
from handsetctl.board.svg import svg
from handsetctl.board.wiring import Block, Row, between, blocks

TABLE_BEGIN, TABLE_END = "<!-- wiring: made by handsetctl -->", "<!-- end of wiring -->"
_CHIP_COLUMNS, _WIRE_COLUMNS, _PART_COLUMNS = 27, 19, 33


def text(board: Board) -> str:
    """The chip on the left, its parts on the right, a line for each wire."""
    title = f"─ {board.module} "
    lines = ["┌" + title + "─" * (_CHIP_COLUMNS - len(title)) + "┐"]
    edge = "│" + " " * _CHIP_COLUMNS + "│"
    for block in blocks(board):
        head = f"┌─ {block.part.title} "
        lines.append(
            edge + " " * _WIRE_COLUMNS + head + "─" * (_PART_COLUMNS - len(head) + 1) + "┐"
        )
        lines += [_line(row) for row in block.rows]
        foot = f" {_short(block.part.model, _PART_COLUMNS - 4)} ─┘"
        left = edge + " " * _WIRE_COLUMNS + "└"
        lines.append(left + "─" * (_PART_COLUMNS - len(foot) + 1) + foot)
    return "\n".join([*lines, "└" + "─" * _CHIP_COLUMNS + "┘"])


def _line(row: Row) -> str:
    signal = _short(f"{row.signal:<9} {row.note}".strip(), _PART_COLUMNS - 2)
    part = f"┤ {signal:<{_PART_COLUMNS - 2}} │"
    if row.pin is None:
        return "│" + " " * _CHIP_COLUMNS + "│" + f"{row.to + ' ──':>{_WIRE_COLUMNS}}" + part
    gpio = f"GPIO{row.pin.gpio}"
    name = f" {row.pin.name:<{_CHIP_COLUMNS - len(gpio) - 2}}{gpio} "
    return "│" + name + "├" + _wire(row.pin.direction, between(row.pin)) + part


def _wire(direction: str, inside: str) -> str:
    middle = f" {inside} " if inside else ""
    start = "◄" if direction in ("in", "inout") else "─"
    end = "►" if direction in ("out", "inout") else "─"
    return start + f"{middle:─^{_WIRE_COLUMNS - 2}}" + end


def _short(words: str, columns: int) -> str:
    return words if len(words) <= columns else words[: columns - 1] + "…"


def table(board: Board) -> str:
    """The same as a table for the README, with the document of each pin."""
    lines = ["| part | signal | to | name | |", "| --- | --- | --- | --- | --- |"]
    for block in blocks(board):
        lines += [_table_row(block, row) for row in block.rows]
    return "\n".join(lines)


def _table_row(block: Block, row: Row) -> str:
    notes = [row.note]
    if row.pin is not None:
        notes = [between(row.pin), row.note, row.pin.document]
    to, name = (f"GPIO{row.pin.gpio}", f"`{row.pin.name}`") if row.pin else (row.to, "")
    cells = (block.part.title, row.signal, to, name, "; ".join(note for note in notes if note))
    return "| " + " | ".join(cells) + " |"


def wanted(board: Board) -> dict[Path, str]:
    """The files that show the wiring, as they should be."""
    found = {board.folder / "wiring.svg": svg(board)}
    readme = board.folder / "README.md"
    before, begin, rest = _read(readme).partition(TABLE_BEGIN)
    _, end, after = rest.partition(TABLE_END)
    if begin and end:
        found[readme] = f"{before}{begin}\n{table(board)}\n{end}{after}"
    return found


def has_table(board: Board) -> bool:
    """Whether the board's README has a place for the table."""
    return len(wanted(board)) > 1


def stale(board: Board) -> list[Path]:
    """Files that do not show the wiring as board.toml has it."""
    return [path for path, content in wanted(board).items() if _read(path) != content]


def draw(board: Board) -> list[Path]:
    """Bring those files up to date; returns the ones that were not."""
    changed = stale(board)
    for path in changed:
        path.write_text(wanted(board)[path], encoding="utf-8")
    return changed


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
