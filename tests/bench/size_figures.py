"""Bytes: flash and RAM of the virtual boards' firmware, and of every board's C part."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tools import toml_subset

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
BOARDS = ROOT / "boards"

# Imported and not run: what the application's code alone takes of the heap.
_IMPORT_PROGRAM = """
import gc
gc.collect(); print(gc.mem_alloc())
import handset.app
gc.collect(); print(gc.mem_alloc())
"""


def of_sim() -> dict[str, int]:
    """The virtual handset: its sections, and the bytecode in it."""
    binary = BUILD / "sim" / "handset"
    wanted = ("text", "rodata", "data.rel.ro", "data", "bss")
    sections = {name: n for name, n in _sections("size", binary).items() if name in wanted}
    output = subprocess.run(
        [str(binary), "-c", _IMPORT_PROGRAM], capture_output=True, text=True, check=True
    ).stdout
    before, after = map(int, output.split())
    figures = {f"{name.replace('.', '_')}_bytes": n for name, n in sections.items()}
    figures["heap_imported"] = after - before
    frozen = _frozen_bytes(BUILD / "sim" / "obj" / "frozen_mpy")
    figures |= {f"frozen_bytes.{package}": n for package, n in frozen.items()}
    return _named("sim", figures)


def of_qemu_rv32() -> dict[str, int]:
    """The release on bare metal, in the RAM of a chip: what is ours, and what is the chip's own."""
    found = _sections("riscv64-unknown-elf-size", BUILD / "qemu_rv32" / "handset.elf")
    board = _facts("qemu_rv32")
    main = sum(found[name] for name in ("stack", "data", "tbss", "bss"))
    ram = main + found["voice_stack"]
    total, system = board["ram"]["total_bytes"], board["ram"]["system_bytes"]
    figures = {
        "rom_bytes": found["text"] + found["data"],
        "ram_bytes": ram,
        "ram_main_bytes": main,
        "ram_main_stack_bytes": found["stack"],
        "ram_python_heap_bytes": board["heap"]["budget_bytes"],
        "ram_voice_stack_bytes": found["voice_stack"],
        "ram_total_bytes": total,
        "ram_system_bytes": system,
        "ram_system_used_bytes": found["system"],
        "ram_free_bytes": total - system - ram,
    }
    return _named("qemu_rv32", figures)


def of_voice_parts() -> dict[str, int]:
    """ROM, RAM and stack of every board's C part, as tools.c_budget left them."""
    figures: dict[str, int] = {}
    for board in sorted(path.parent.name for path in BOARDS.glob("*/board.toml")):
        path = BUILD / "budget" / f"{board}.json"
        if path.exists():  # sim only stands for a chip and has no budget
            figures |= json.loads(path.read_text())
    return figures


def _named(board: str, figures: dict[str, int]) -> dict[str, int]:
    return {f"{board}.{name}": value for name, value in figures.items()}


def _facts(board: str) -> dict[str, Any]:
    return toml_subset.load(BOARDS / board / "board.toml")


def _sections(size: str, binary: Path) -> dict[str, int]:
    """Bytes of each section (GNU size, System V format), without the leading dots."""
    output = subprocess.run(
        [size, "-A", str(binary)], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split() for line in output.splitlines() if line.startswith("."))
    return {row[0].lstrip("."): int(row[1]) for row in rows}


def _frozen_bytes(folder: Path) -> dict[str, int]:
    """Bytecode by package, two levels deep."""
    sizes: dict[str, int] = {}
    for path in sorted(folder.rglob("*.mpy")):
        package = "/".join(path.relative_to(folder).parts[:-1][:2]) or path.stem
        sizes[package] = sizes.get(package, 0) + path.stat().st_size
    return sizes
