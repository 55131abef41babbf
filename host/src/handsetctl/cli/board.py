"""`handsetctl board`: the boards of this checkout, their wiring, and whether they hold together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from handsetctl.board import checks, drawing, facts
from handsetctl.board.svg import svg
from handsetctl.cli.output import JsonOption, console, option, plain, show_facts, show_rows, tell
from handsetctl.errors import HandsetError
from handsetctl.tree import BOARDS_DIR

app = typer.Typer(
    help="Boards: what there is, how each is wired, and whether its facts hold together.",
    no_args_is_help=True,
)


def _known(name: str) -> str:
    if name not in (known := facts.names()):
        raise typer.BadParameter(f"there is no board '{name}'; there is: {', '.join(known)}")
    return name


BoardArgument = Annotated[
    str, typer.Argument(metavar="BOARD", callback=_known, help="A folder of boards/.")
]


@app.command("list")
def list_boards(as_json: JsonOption = False) -> None:
    """List the boards: chip, capabilities, codecs, flash, RAM, and how each runs."""
    rows = [_row(_board(name)) for name in facts.names()]
    if as_json:
        show_rows("", rows, True, "")
        return
    table = Table(title="boards", title_justify="left")
    for title in rows[0]:
        # A name is there to be typed: what gives way on a narrow terminal are the lists.
        table.add_column(title, no_wrap=title not in ("can", "codecs", "RAM"))
    for row in rows:
        table.add_row(*(_words(value) for value in row.values()))
    console.print(table)


@app.command()
def show(
    name: BoardArgument,
    picture: Annotated[
        Path | None, option("--svg", help="Also write the wiring as an SVG picture.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show a board's facts and draw its wiring."""
    board = _board(name)
    if picture is not None:
        if not board.pins:
            raise typer.BadParameter(f"{name} has no pins: {board.runs}")
        picture.write_text(svg(board), encoding="utf-8")
    if as_json:
        show_facts(name, {**plain(board), "folder": str(board.folder)}, True)
        return
    show_facts(board.title, _summary(board), False)
    tell(drawing.text(board) if board.pins else f"No pins to draw: {board.runs}.")


@app.command()
def check(
    name: BoardArgument,
    fix: Annotated[
        bool, option("--fix", help="First bring wiring.svg and the README's table up to date.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a board against its chip's pin tables, its budgets and its own picture."""
    folder = BOARDS_DIR / name
    board, _ = facts.read(folder)
    if fix and board is not None and board.pins:
        drawing.draw(board)
    results = checks.check(folder)
    show_rows(name, [plain(r) if as_json else _verdict(r) for r in results], as_json, "")
    problems = [problem for result in results for problem in result.problems]
    for problem in [] if as_json else problems:
        tell(f"{problem.where}: {problem.what}: {problem.next_step}")
    if problems:
        raise HandsetError(f"{len(problems)} of the facts do not hold", name)


def _board(name: str) -> facts.Board:
    board, problems = facts.read(BOARDS_DIR / name)
    if board is None:
        first = problems[0]
        raise HandsetError(
            f"{first.where} {first.what}", name, f"see: handsetctl board check {name}"
        )
    return board


def _verdict(result: checks.Result) -> dict[str, Any]:
    count = len(result.problems)
    return {
        "check": result.check,
        "result": f"{count} wrong" if count else "holds",
        "what": result.about,
    }


def _words(value: Any) -> str:
    return ", ".join(value) if isinstance(value, (list, tuple)) else str(value)


def _kib(n_bytes: int) -> str:
    mib, rest = divmod(n_bytes, 1 << 20)
    return f"{n_bytes / 1024:.0f} KiB" if rest or not mib else f"{mib} MiB"


def _ram(board: facts.Board) -> str:
    outside = board.memory.external_bytes
    return _kib(board.memory.total_bytes) + (f" + {_kib(outside)}" if outside else "")


def _row(board: facts.Board) -> dict[str, Any]:
    """One line of the list. Every board can be managed, so that is not said."""
    return {
        "board": board.name,
        "chip": board.chip.split(" ")[0],
        "can": [name for name in board.capabilities if name != "management"],
        "codecs": board.codecs,
        "flash": _kib(board.flash_bytes),
        "RAM": _ram(board),
        "runs": board.runs,
    }


def _summary(board: facts.Board) -> dict[str, Any]:
    ram = board.memory
    return {
        **_row(board),
        "architecture": board.architecture,
        "buttons": board.buttons,
        "Python heap": _kib(ram.heap_bytes),
        "voice": f"{_kib(ram.voice_rom_bytes)} of flash, {_kib(ram.voice_ram_bytes)} of RAM, "
        f"{_kib(ram.voice_stack_bytes)} of stack",
        "partitions": {
            part.name: f"{part.size_bytes:#x} at {part.offset_bytes:#x}"
            for part in board.partitions
        },
        "USB": board.usb_ids,
        "folder": str(board.folder.relative_to(BOARDS_DIR.parent)),
    }
