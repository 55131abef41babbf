"""What single deeds of the application take of the processor: programs/instructions.py, asked."""

from __future__ import annotations

from pathlib import Path

from counted_handset import BOARD, counted_handset
from program_output import figures_of

from handsetctl.bench.gnss import group_epochs
from handsetctl.demo.geolocation import WALK

PROGRAM = Path(__file__).parent / "programs" / "instructions.py"
_TIMEOUT_S = 60.0


def measure() -> dict[str, float]:
    """In thousand instructions: exact, and nearly the same on every run."""
    epoch = max(group_epochs(WALK.read_text("latin-1").splitlines()), key=len)
    store = len(epoch).to_bytes(2, "little") + epoch
    with counted_handset(PROGRAM, store) as handset:
        handset.power_on()
        counted = figures_of(handset, "done", _TIMEOUT_S)
    return {f"{BOARD}.{name}_kinstr": round(n[-1] / 1000, 1) for name, n in counted.items()}
