"""Where the simulator's things are: its firmware, its board's facts, its state."""

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

DEFAULT_BINARY = BUILD_DIR / "sim" / "handset"


@dataclass(frozen=True)
class SimFacts:
    """What the sim board's facts say that the bench needs."""

    heap_bytes: int
    flash_bytes: int


def default_state_dir() -> Path:
    """State of the long-running bench: $HANDSETCTL_STATE, else build/sim-run of this checkout."""
    named = os.environ.get("HANDSETCTL_STATE")
    return Path(named) if named else BUILD_DIR / "sim-run"


def sim_facts(path: Path = BOARDS_DIR / "sim" / "board.toml") -> SimFacts:
    """The sim board's facts; BenchError names what is missing."""
    try:
        facts: dict[str, Any] = tomllib.loads(path.read_text())
        heap = facts["heap"]
        return SimFacts(
            heap_bytes=int(heap["budget_bytes"]) * int(heap["word_factor"]),
            flash_bytes=int(facts["flash"]["size_bytes"]),
        )
    except FileNotFoundError:
        raise BenchError(
            "there is no sim board", str(path), "run this inside a complete checkout"
        ) from None
    except KeyError as missing:
        raise BenchError(
            f"the board's facts lack {missing}", str(path), "add it, as the README beside it says"
        ) from None
