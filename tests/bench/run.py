"""Figures of the build at hand, written to build/bench/results.json: `make bench`.

Sizes of what goes into the firmware, and what its heap has left once everything is imported.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIM = ROOT / "build" / "sim"
RESULTS = ROOT / "build" / "bench" / "results.json"

_HEAP_PROGRAM = """
import gc
gc.collect(); print(gc.mem_free(), gc.mem_alloc())
import handset.app
gc.collect(); print(gc.mem_free(), gc.mem_alloc())
"""


def section_bytes(binary: Path) -> dict[str, int]:
    """Bytes per section that is loaded (GNU size, System V format)."""
    output = subprocess.run(
        ["size", "-A", str(binary)], capture_output=True, text=True, check=True
    ).stdout
    wanted = (".text", ".rodata", ".data", ".data.rel.ro", ".bss")
    rows = [line.split() for line in output.splitlines()]
    return {row[0].lstrip("."): int(row[1]) for row in rows if row and row[0] in wanted}


def heap_bytes(binary: Path) -> dict[str, int]:
    """Heap free at boot and after importing the application, garbage collected."""
    output = subprocess.run(
        [str(binary), "-c", _HEAP_PROGRAM], capture_output=True, text=True, check=True
    ).stdout
    boot, application = [[int(word) for word in line.split()] for line in output.splitlines()]
    return {
        "total": sum(boot),
        "free_at_boot": boot[0],
        "free_with_application": application[0],
        "application": application[1] - boot[1],
    }


def frozen_bytes(folder: Path) -> dict[str, int]:
    """Bytecode of the application by package."""
    sizes: dict[str, int] = {}
    for path in folder.rglob("*.mpy"):
        package = "/".join(
            path.relative_to(folder).parts[:2][: len(path.relative_to(folder).parts) - 1]
        )
        sizes[package or path.stem] = sizes.get(package or path.stem, 0) + path.stat().st_size
    return dict(sorted(sizes.items()))


def main() -> int:
    """Measure, print, write."""
    binary = SIM / "handset"
    results = {
        "sections_bytes": section_bytes(binary),
        "heap_bytes": heap_bytes(binary),
        "frozen_bytes": frozen_bytes(SIM / "obj" / "frozen_mpy"),
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    for group, values in results.items():
        print(group.replace("_", " "))
        for name, value in values.items():
            print(f"  {name:<28} {value:>9,}")
    print(f"written to {RESULTS.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
