"""Where the virtual handsets' things are: their boards' facts, their firmware, their state."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handsetctl.errors import BenchError
from handsetctl.tree import BOARDS_DIR, BUILD_DIR

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEFAULT_BOARD = "sim"


@dataclass(frozen=True)
class BoardFacts:
    """What a board's facts say that the bench needs."""

    name: str
    title: str
    port: str
    """The folder of firmware/ports that serves it: what kind of machine it is."""
    heap_bytes: int
    flash_bytes: int


def default_state_dir() -> Path:
    """State of the long-running bench: $HANDSETCTL_STATE, else build/sim-run of this checkout."""
    named = os.environ.get("HANDSETCTL_STATE")
    return Path(named) if named else BUILD_DIR / "sim-run"


def build_dir(board: str) -> Path:
    """Where the firmware of a board is built."""
    return BUILD_DIR / board


def board_facts(board: str, boards_dir: Path = BOARDS_DIR) -> BoardFacts:
    """A board's facts; BenchError names what is missing."""
    path = boards_dir / board / "board.toml"
    try:
        facts: dict[str, Any] = tomllib.loads(path.read_text())
        heap = facts["heap"]
        return BoardFacts(
            name=facts["name"],
            title=facts["title"],
            port=facts["port"],
            heap_bytes=int(heap["budget_bytes"]) * int(heap["word_factor"]),
            flash_bytes=int(facts["flash"]["size_bytes"]),
        )
    except FileNotFoundError:
        raise BenchError(
            f"there is no board {board!r}",
            str(path),
            f"choose one of: {', '.join(ports_of_boards(boards_dir)) or 'none here'}",
        ) from None
    except KeyError as missing:
        raise BenchError(
            f"the board's facts lack {missing}", str(path), "add it, as the README beside it says"
        ) from None


def ports_of_boards(boards_dir: Path = BOARDS_DIR) -> dict[str, str]:
    """All boards of this checkout: name to the port that serves it, in order of names."""
    paths = sorted(boards_dir.glob("*/board.toml"))
    return {path.parent.name: tomllib.loads(path.read_text()).get("port", "") for path in paths}
