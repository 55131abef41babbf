"""The wiring as an SVG picture: the chip on the left, its parts on the right."""

from __future__ import annotations

from xml.sax.saxutils import escape

from handsetctl.board.facts import Board
from handsetctl.board.wiring import Block, Row, between, blocks

_ROW, _HEAD, _GAP, _MARGIN = 22, 42, 14, 16
_CHIP_X, _CHIP_WIDTH = 16, 230
_PART_X, _PART_WIDTH = 420, 360
_WIDTH = _PART_X + _PART_WIDTH + _MARGIN
_WIRES = {"in": "#0b7a4b", "out": "#1f5fbf", "inout": "#8a3ab9", "": "#777777"}
_STYLE = (
    "text{font-family:system-ui,sans-serif;font-size:13px;fill:#1b1f24}"
    ".small{font-size:11px;fill:#57606a}.title{font-size:14px;font-weight:600}"
    ".mono{font-family:ui-monospace,monospace;font-size:12px}"
)


def svg(board: Board) -> str:
    """The picture as a file's text; the same facts always give the same bytes."""
    made: list[str] = []
    y = _MARGIN + _HEAD
    for block in blocks(board):
        made += _part(block, y)
        y += _HEAD + _ROW * len(block.rows) + _GAP
    height = y + _MARGIN
    chip = [
        _box(_CHIP_X, _MARGIN, _CHIP_WIDTH, height - 2 * _MARGIN, "#eef3fb", "#1f5fbf"),
        _text(_CHIP_X + 10, _MARGIN + 20, board.module, "title"),
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="Wiring of {escape(board.name)}">'
    )
    paper = f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
    return "\n".join([head, f"<style>{_STYLE}</style>", paper, *chip, *made, "</svg>", ""])


def _part(block: Block, y: int) -> list[str]:
    height = _HEAD + _ROW * len(block.rows)
    lines = [
        _box(_PART_X, y, _PART_WIDTH, height, "#f6f8fa", "#8c959f"),
        _text(_PART_X + 10, y + 19, block.part.title, "title"),
        _text(_PART_X + 10, y + 35, block.part.model, "small"),
    ]
    for number, row in enumerate(block.rows):
        lines += _row(row, y + _HEAD + _ROW * number + _ROW // 2)
    return lines


def _row(row: Row, y: int) -> list[str]:
    lines = [_text(_PART_X + 12, y + 4, row.signal, "mono")]
    if row.note:
        lines.append(_text(_PART_X + 100, y + 4, row.note, "small"))
    if row.pin is None:
        lines.append(_wire(_PART_X - 40, y, ""))
        lines.append(_text(_PART_X - 46, y + 4, row.to, "mono", "end"))
        return lines
    right = _CHIP_X + _CHIP_WIDTH
    lines.append(_wire(right, y, row.pin.direction))
    lines.append(_text(_CHIP_X + 10, y + 4, row.pin.name, "mono"))
    lines.append(_text(right - 8, y + 4, f"GPIO{row.pin.gpio}", "mono", "end"))
    if between(row.pin):
        lines.append(_text((right + _PART_X) // 2, y - 3, between(row.pin), "small", "middle"))
    return lines


def _wire(x: int, y: int, direction: str) -> str:
    colour = _WIRES[direction]
    line = f'<path d="M{x} {y}H{_PART_X}" stroke="{colour}" stroke-width="2"/>'
    if direction in ("out", "inout"):
        line += _arrow(_PART_X, y, -8, colour)
    if direction in ("in", "inout"):
        line += _arrow(x, y, 8, colour)
    return line


def _arrow(x: int, y: int, back: int, colour: str) -> str:
    return f'<path d="M{x} {y}l{back} -5v10z" fill="{colour}"/>'


def _box(x: int, y: int, width: int, height: int, fill: str, line: str) -> str:
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" '
        f'fill="{fill}" stroke="{line}"/>'
    )


def _text(x: int, y: int, words: str, kind: str, anchor: str = "start") -> str:
    where = f'x="{x}" y="{y}"' + ("" if anchor == "start" else f' text-anchor="{anchor}"')
    return f'<text {where} class="{kind}">{escape(words)}</text>'
