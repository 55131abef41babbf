"""Figures of the build at hand, into build/bench/results.json and report.html: `make bench`.

`run.py --quick` only prints, and leaves out what takes minutes: the hour, and the voice loop on
other chips. Ends with 1 when a figure is beyond its limit.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "firmware"), str(ROOT / "tests" / "chip")]
os.environ["PATH"] = f"{ROOT / 'build' / 'bin'}{os.pathsep}{os.environ['PATH']}"

import boot_figures  # noqa: E402
import chip_figures  # noqa: E402
import heap_figures  # noqa: E402
import instruction_figures  # noqa: E402
import loss_jitter  # noqa: E402
import size_figures  # noqa: E402
from figure_limits import Figures, beyond, limits_of  # noqa: E402
from figures_page import page  # noqa: E402
from figures_text import table  # noqa: E402

RESULTS = ROOT / "build" / "bench" / "results.json"
PAGE = RESULTS.with_name("report.html")
QEMU, SIM = "qemu_rv32", "sim"


def measure(quick: bool) -> Figures:
    """Everything, telling on the way what is being measured."""
    figures: Figures = {}
    began_s = time.monotonic()

    def tell(what: str) -> None:
        print(f"[{time.monotonic() - began_s:4.0f} s] {what}", file=sys.stderr, flush=True)

    steps: list[tuple[str, Callable[[], Figures]]] = [
        ("sizes of the firmware", _sizes),
        ("boots of the release, instructions counted", boot_figures.measure),
        ("single deeds, instructions counted", instruction_figures.measure),
        ("heap with the application up", _heaps),
    ]
    if not quick:
        steps.append(("voice loop on other chips, instructions counted", chip_figures.measure))
        steps.append(("speech through bad air, a few minutes", loss_jitter.measure_all))
    for what, step in steps:
        tell(what)
        figures |= step()
    if not quick:
        figures |= heap_figures.after_an_hour(figures[f"{QEMU}.heap_free_boot"], tell)
    tell("done")
    return figures


def _sizes() -> Figures:
    return {
        **size_figures.of_qemu_rv32(),
        **size_figures.of_voice_parts(),
        **size_figures.of_sim(),
    }


def _heaps() -> Figures:
    return heap_figures.at_boot(QEMU) | heap_figures.at_boot(SIM)


def main() -> int:
    """Measure, print, write."""
    quick = "--quick" in sys.argv[1:]
    figures = dict(sorted(measure(quick).items()))
    limits = limits_of(figures)
    print(table(figures, limits))
    if not quick:
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(figures, indent=1) + "\n")
        PAGE.write_text(page(figures, limits))
        print(f"written to {RESULTS.relative_to(ROOT)} and {PAGE.relative_to(ROOT)}")
    broken = beyond(figures, limits)
    for name in broken:
        print(f"error: {name} is {figures[name]:,}, its limit {limits[name]}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
