"""Per-chip pin tables, `boards/chips/*.toml`: what the makers' documents say of each pin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handsetctl.board.toml_file import load
from handsetctl.tree import BOARDS_DIR


@dataclass(frozen=True)
class Caution:
    """Pins that a board may use only with a reason."""

    kind: str
    gpios: frozenset[int]
    why: str
    document: str


@dataclass(frozen=True)
class Module:
    """A chip with its memory in one case: what comes out, what the memory takes."""

    name: str
    gpios: frozenset[int]
    taken: frozenset[int]
    document: str


@dataclass(frozen=True)
class Chip:
    """One table of boards/chips."""

    name: str
    title: str
    architecture: str
    sram_bytes: int
    hmac_keys: int
    """Blocks of eFuses that its HMAC peripheral can take a key from; 0: it has none."""
    gpios: frozenset[int]
    input_only: frozenset[int]
    high_impedance_at_reset: frozenset[int]
    adc1: frozenset[int]
    adc2: frozenset[int]
    uart0: tuple[int, ...]
    cautions: tuple[Caution, ...]
    modules: tuple[Module, ...]
    documents: Mapping[str, str]


def chips(boards_dir: Path = BOARDS_DIR) -> dict[str, Chip]:
    """Every chip that has a table, by name."""
    tables = [load(path) for path in boards_dir.glob("chips/*.toml")]
    return {table["name"]: _chip(table) for table in tables}


def _chip(raw: dict[str, Any]) -> Chip:
    return Chip(
        name=raw["name"],
        title=raw["title"],
        architecture=raw["architecture"],
        sram_bytes=raw["sram_bytes"],
        hmac_keys=raw["hmac_keys"],
        documents=raw["documents"],
        gpios=frozenset(raw["gpios"]),
        input_only=frozenset(raw["input_only"]),
        high_impedance_at_reset=frozenset(raw["high_impedance_at_reset"]),
        adc1=frozenset(raw["adc1"]),
        adc2=frozenset(raw["adc2"]),
        uart0=tuple(raw["uart0"]),
        cautions=tuple(
            Caution(c["kind"], frozenset(c["gpios"]), c["why"], c["document"])
            for c in raw["caution"]
        ),
        modules=tuple(
            Module(m["name"], frozenset(m["gpios"]), frozenset(m["taken"]), m["document"])
            for m in raw["module"]
        ),
    )
