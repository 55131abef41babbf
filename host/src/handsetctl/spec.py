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

_IN_TREE = Path("firmware", "handset", "link", "spec.py")
_IN_PACKAGE = Path("_firmware", "spec.py")


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


def find_table() -> Path:
    """The firmware's spec.py. BuildError when neither a source tree nor a packaged copy has it."""
    here = Path(__file__).resolve().parent
    candidates = [here / _IN_PACKAGE, *(parent / _IN_TREE for parent in here.parents)]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise BuildError(
        "the handset's command table is missing",
        str(_IN_TREE),
        "run from a checkout of the repository, or install a complete package",
    )


@cache
def _table() -> dict[str, Any]:
    return runpy.run_path(str(find_table()), run_name="handset_link_spec")


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
        for raw in _table()["COMMANDS"]
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
