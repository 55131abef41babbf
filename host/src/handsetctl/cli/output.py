"""How every command answers: a table for people, one JSON document with --json for programs."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from handsetctl.bench.faults import PathUnusable

# Without show_envvar=False, a wrong value's message ends in "(env var: 'None')".
option = partial(typer.Option, show_envvar=False)

JsonOption = Annotated[bool, option("--json", help="Answer with one JSON document.")]

console = Console()
err_console = Console(stderr=True)


def plain(value: Any) -> Any:
    """Dataclasses and the like as what JSON can hold."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {key: plain(item) for key, item in dataclasses.asdict(value).items()}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    return value


def tell(text: str) -> None:
    """Print text as it is: names and words of a device may look like markup or emoji codes."""
    console.print(words(text), soft_wrap=True)


def warn(text: str) -> None:
    """The same on standard error, where standard output is something else's."""
    err_console.print(words(text), soft_wrap=True)


def show_facts(title: str, facts: Any, as_json: bool) -> None:
    """One thing with named facts."""
    facts = plain(facts)
    if as_json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    table = Table(title=Text(title), show_header=False, title_justify="left")
    table.add_column("fact", style="bold")
    table.add_column("value")
    for name, value in facts.items():
        table.add_row(words(name), words(_cell(value)))
    console.print(table)


def show_rows(title: str, rows: Sequence[Mapping[str, Any]], as_json: bool, empty: str) -> None:
    """Several things of one kind; `empty` is said when there is none."""
    rows = [plain(row) for row in rows]
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not rows:
        tell(empty)
        return
    table = Table(title=Text(title), title_justify="left")
    for name in rows[0]:
        table.add_column(words(name))
    for row in rows:
        table.add_row(*(words(_cell(value)) for value in row.values()))
    console.print(table)


@contextmanager
def progress_bar(as_json: bool, after_s: float = 0.0) -> Iterator[Callable[[str, float], None]]:
    """A callback (what, fraction 0..1) that draws a bar on stderr; silent with --json. What ends
    within `after_s` gets no bar."""
    if as_json:
        yield lambda what, fraction: None
        return
    columns = (TextColumn("{task.description:<44}", markup=False), BarColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=err_console)
    task = progress.add_task("starting", total=1.0)
    began_s = time.monotonic()
    if not after_s:
        progress.start()

    def update(what: str, fraction: float) -> None:
        if time.monotonic() - began_s >= after_s:
            progress.start()  # again does nothing
        progress.update(task, description=what, completed=fraction)

    try:
        yield update
    finally:
        progress.stop()


@contextmanager
def usable_output() -> Iterator[None]:
    """Around writing to standard output: a full disk behind it is the user's to know. Nobody
    reading it is another matter, and left to the caller."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise PathUnusable(
            (error.strerror or str(error)).lower(), "standard output", "make room where it goes"
        ) from error


def words(value: str) -> Text:
    """What a device said, never as markup, nor as commands to the terminal."""
    return Text("".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in value))


def _cell(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(_cell(item) for item in value) or "-"
    if isinstance(value, dict):
        return "\n".join(f"{name}: {_cell(item)}" for name, item in value.items())
    return str(value)
