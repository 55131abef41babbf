"""What programs on the handset have found out: lines "figure <name> <value>" of its console."""

from __future__ import annotations

import time
from collections.abc import Iterable

from handsetctl.bench.handset import VirtualHandset
from handsetctl.errors import BenchError

_POLL_S = 0.1
_MARK = "figure "


def figures_of(handset: VirtualHandset, last_line: str, timeout_s: float) -> dict[str, list[int]]:
    """All figures, once the program has printed `last_line`; a name may have several values.

    HandsetCrashed; BenchError with what the program said when that line does not come.
    """
    return figures_in(lines_until(handset, last_line, timeout_s))


def figures_in(lines: Iterable[str]) -> dict[str, list[int]]:
    """All figures among what a program said."""
    figures: dict[str, list[int]] = {}
    for line in lines:
        if line.startswith(_MARK):
            name, value = line.removeprefix(_MARK).split()
            figures.setdefault(name, []).append(int(value))
    return figures


def lines_until(handset: VirtualHandset, last_line: str, timeout_s: float) -> list[str]:
    """What the console has said, once `last_line` is among it.

    HandsetCrashed; BenchError with what the program said when that line does not come.
    """
    deadline_s = time.monotonic() + timeout_s
    while last_line not in (lines := _console_lines(handset)):
        handset.check()
        if time.monotonic() > deadline_s or "Traceback (most recent call last):" in lines:
            raise BenchError(
                f"the program did not come to '{last_line}' within {timeout_s:g} s; it said:\n"
                + "\n".join(lines[-30:]),
                f"handset {handset.name}",
                "run it by hand on a VirtualBench(main=...)",
            )
        time.sleep(_POLL_S)
    return lines


def _console_lines(handset: VirtualHandset) -> list[str]:
    log = handset.state_dir / "console.log"
    return log.read_text("utf-8", "replace").splitlines() if log.exists() else []
