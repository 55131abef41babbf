"""Figures of the build at hand, into build/bench/results.json and report.html: `make bench`.

`run.py --quick` only prints, and leaves out what takes minutes: the voice core, the hour, the call.
`run.py --voice` measures the voice core alone, and writes its part of the page to voice.html;
`run.py --store` the store alone, into store.html.
Ends with 1 when a figure is beyond its limit.
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
import call_figures  # noqa: E402
import heap_figures  # noqa: E402
import instruction_figures  # noqa: E402
import loss_jitter  # noqa: E402
import secure_figures  # noqa: E402
import size_figures  # noqa: E402
import store_figures  # noqa: E402
import voice_figures  # noqa: E402
from figure_limits import Figures, beyond, limits_of  # noqa: E402
from figures_page import page  # noqa: E402
from figures_text import table  # noqa: E402

RESULTS = ROOT / "build" / "bench" / "results.json"
PAGE = RESULTS.with_name("report.html")
PAGES_OF_PARTS = {part: RESULTS.with_name(f"{part[2:]}.html") for part in ("--voice", "--store")}
QEMU, SIM = "qemu_rv32", "sim"


Step = tuple[str, Callable[[], Figures]]


def measure(steps: list[Step], tell: Callable[[str], None]) -> Figures:
    """Everything, telling on the way what is being measured."""
    figures: Figures = {}
    for what, step in steps:
        tell(what)
        figures |= step()
    tell("done")
    return figures


def _steps(options: set[str], tell: Callable[[str], None]) -> list[Step]:
    voice: Step = (
        "voice core on every codec and mode, instructions counted",
        lambda: voice_figures.measure(tell),
    )
    if "--voice" in options:
        return [voice]
    store: Step = ("the store, beside littlefs", lambda: store_figures.measure(tell))
    if "--store" in options:
        return [store]
    short: list[Step] = [
        ("sizes of the firmware", _sizes),
        ("boots of the release, instructions counted", boot_figures.measure),
        ("single deeds, instructions counted", instruction_figures.measure),
    ]
    if "--quick" in options:
        return [*short, ("heap with the application up", _heaps)]
    return [
        voice,
        store,
        ("vault and SRTP, instructions counted", secure_figures.measure),
        ("speech through bad air, a few minutes", loss_jitter.measure_all),
        *short,
        ("heap with the application up, then an hour of use", lambda: _heaps_and_hour(tell)),
        ("a call between two virtual handsets, in real time", call_figures.measure),
    ]


def _teller() -> Callable[[str], None]:
    began_s = time.monotonic()

    def tell(what: str) -> None:
        print(f"[{time.monotonic() - began_s:4.0f} s] {what}", file=sys.stderr, flush=True)

    return tell


def _sizes() -> Figures:
    return {
        **size_figures.of_qemu_rv32(),
        **size_figures.of_voice_parts(),
        **size_figures.of_sim(),
    }


def _heaps() -> Figures:
    return heap_figures.at_boot(QEMU) | heap_figures.at_boot(SIM)


def _heaps_and_hour(tell: Callable[[str], None]) -> Figures:
    at_boot = _heaps()
    return at_boot | heap_figures.after_an_hour(at_boot[f"{QEMU}.heap_free_boot"], tell)


def main() -> int:
    """Measure, print, write."""
    options = set(sys.argv[1:])
    tell = _teller()
    figures = dict(sorted(measure(_steps(options, tell), tell).items()))
    limits = limits_of(figures)
    print(table(figures, limits))
    if not options:
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(figures, indent=1) + "\n")
        print(f"written to {RESULTS.relative_to(ROOT)}")
    if "--quick" not in options:
        path = next((PAGES_OF_PARTS[part] for part in PAGES_OF_PARTS if part in options), PAGE)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(figures, limits, path.parent))
        print(f"written to {path.relative_to(ROOT)}")
    broken = beyond(figures, limits)
    for name in broken:
        print(f"error: {name} is {figures[name]:,}, its limit {limits[name]}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
