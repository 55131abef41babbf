"""The handset's own commands as the firmware defines them.

The table is not copied here: the firmware's own file is executed, from the source tree or from
the copy that an installed package carries.
"""

from __future__ import annotations

import runpy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from handsetctl.errors import BuildError

_IN_TREE = Path("firmware", "handset", "link")
_IN_PACKAGE = Path("_firmware")
_SPEC = "spec.py"
_STORE_SPEC = "store_spec.py"


@dataclass(frozen=True)
class FieldSpec:
    """One entry of a message. `of` is the kind of a list's items, or the fields of maps."""

    name: str
    kind: str
    unit: str
    doc: str
    of: str | tuple[FieldSpec, ...]
    null: bool


@dataclass(frozen=True)
class CommandSpec:
    """One command. `write` is None where the command cannot be written."""

    number: int
    name: str
    doc: str
    read: tuple[FieldSpec, ...]
    write: tuple[FieldSpec, ...] | None


@dataclass(frozen=True)
class StoreCommandSpec:
    """One command of the store: what it takes, what it answers."""

    number: int
    name: str
    is_write: bool
    doc: str
    takes: tuple[FieldSpec, ...]
    answers: tuple[FieldSpec, ...]


def find_table(name: str = _SPEC) -> Path:
    """The firmware's spec.py, or another table beside it. BuildError when neither a source tree nor
    a packaged copy has it."""
    here = Path(__file__).resolve().parent
    candidates = [
        here / _IN_PACKAGE / name,
        *(parent / _IN_TREE / name for parent in here.parents),
    ]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise BuildError(
        "the handset's command table is missing",
        str(_IN_TREE / name),
        "run from a checkout of the repository, or install a complete package",
    )


@cache
def _table() -> dict[str, Any]:
    return runpy.run_path(str(find_table()), run_name="handset_link_spec")


@cache
def _store_table() -> dict[str, Any]:
    return runpy.run_path(str(find_table(_STORE_SPEC)), run_name="handset_link_store_spec")


def group() -> int:
    """SMP group of the handset's own commands."""
    return int(_table()["GROUP"])


@cache
def commands() -> tuple[CommandSpec, ...]:
    """All commands, in the order of their numbers."""
    return tuple(
        CommandSpec(
            raw.number,
            raw.name,
            raw.doc,
            _fields(raw.read),
            None if raw.write is None else _fields(raw.write),
        )
        for raw in _table()["commands"]()
    )


def _fields(raw_fields: tuple[Any, ...]) -> tuple[FieldSpec, ...]:
    return tuple(
        FieldSpec(
            raw.name,
            raw.kind,
            raw.unit,
            raw.doc,
            raw.of if isinstance(raw.of, str) else _fields(raw.of),
            raw.null,
        )
        for raw in raw_fields
    )


def command(name: str) -> CommandSpec:
    """The command called `name`; KeyError if there is none."""
    for candidate in commands():
        if candidate.name == name:
            return candidate
    raise KeyError(name)


def answer_mismatch(name: str, message: Mapping[str, Any]) -> str:
    """What in an answer to command `name` does not follow the table; "" when all does."""
    table = _table()
    return str(table["mismatch"](table["command"](name).read, message))


def store_group() -> int:
    """SMP group of the store's commands."""
    return int(_store_table()["GROUP"])


def store_constant(name: str) -> Any:
    """Another constant of the store's table, such as NONCE_BYTES."""
    return _store_table()[name]


@cache
def store_commands() -> Mapping[str, StoreCommandSpec]:
    """The commands of the store by name, in the order of their numbers."""
    write = _store_table()["WRITE"]
    return {
        name: StoreCommandSpec(number, name, op == write, doc, _rows(takes), _rows(answers))
        for number, name, op, doc, takes, answers in _store_table()["COMMANDS"]
    }


def _rows(rows: tuple[tuple[Any, ...], ...]) -> tuple[FieldSpec, ...]:
    return tuple(
        FieldSpec(name, kind, unit, doc, _of(of[0]) if of else "", False)
        for name, kind, unit, doc, *of in rows
    )


def _of(of: Any) -> str | tuple[FieldSpec, ...]:
    return of if isinstance(of, str) else _rows(of)


def store_answer_mismatch(name: str, message: Mapping[str, Any]) -> str:
    """What in an answer to the store's command `name` does not follow its table; "" when all
    does."""
    return str(_table()["mismatch"](store_commands()[name].answers, message))
