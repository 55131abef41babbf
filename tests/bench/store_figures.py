"""What the store costs: of the flash, beside littlefs in the same run; of a chip; of RAM.

On the virtual handset's own firmware with the flash in RAM that counts (programs/ram_flash.py), and
on bare metal where instructions count. Everything is in it: sealing, chain, marks, compaction.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import littlefs_program
from counted_handset import counted_handset
from program_output import figures_in, figures_of

from handsetctl.bench.machines import firmware_of
from handsetctl.errors import BenchError

PROGRAMS = Path(__file__).parent / "programs"
PAYLOAD_BYTES = 64
N_RECORDS_MOUNTED = 10_000
_SECRET = bytes(range(32))
_N_SECTORS = 256
"""Of 4 KiB: the partition of the virtual handset."""
_N_MEASURED = 6000
_TIMEOUT_S = 600.0
_CHIP_HZ = 160_000_000
_CHIP_SHIFT = 3
"""8 ns an instruction: the clock of a chip a little slower than that."""
_ERASE_MS, _PAGE_MS = 45.0, 0.4
"""Typical of a serial NOR flash of this size (W25Q32JV data sheet, AC characteristics)."""
_READ_BYTES_PER_MS = 20_000
"""Four wires at 40 MHz."""

Figures = dict[str, float]
Counted = dict[str, int]


def measure(progress: Callable[[str], None]) -> Figures:
    """All of it; a few minutes."""
    progress("store: wear, beside littlefs")
    figures = _wear()
    progress("store: instructions of bare metal, RAM")
    figures |= _costs()
    figures |= _pin()
    progress(f"store: opening {N_RECORDS_MOUNTED:,} records")
    figures |= _mount()
    return {f"store.{name}": value for name, value in figures.items()}


def _wear() -> Figures:
    sizes = [str(_N_SECTORS), str(_N_MEASURED)]
    ours = run(firmware_of("sim"), "store_wear.py", sizes)
    theirs = run(littlefs_program.build(), "littlefs_wear.py", sizes)
    figures: Figures = {
        "update.records": ours["update_records"],
        "update.fill": ours["update_fill"] / 1000,
        "littlefs.update.files": theirs["littlefs_update_files"],
        "littlefs.update.fill": theirs["littlefs_update_fill"] / 1000,
    }
    for use in ("update", "journal"):
        of_ours = per_record(ours, use)
        of_theirs = per_record(theirs, f"littlefs_{use}")
        figures |= {f"{use}.{name}": value for name, value in of_ours.items()}
        figures |= {f"littlefs.{use}.{name}": value for name, value in of_theirs.items()}
        for name, figure in (("program", "program_ratio"), ("erase", "erases_per_1000")):
            if of_ours[figure]:
                figures[f"{use}.vs_littlefs.{name}"] = round(of_theirs[figure] / of_ours[figure], 2)
    for use in ("tidy", "put"):
        figures |= _pause(f"pause.{use}", ours, f"longest_{use}")
    return figures


def per_record(counted: Counted, use: str) -> Figures:
    """What one record took of the flash, on average."""
    n = counted[f"{use}_n"]
    return {
        "program_ratio": round(counted[f"{use}_program_bytes"] / n / PAYLOAD_BYTES, 3),
        "programs": round(counted[f"{use}_programs"] / n, 2),
        "reads": round(counted[f"{use}_reads"] / n, 2),
        "read_bytes": round(counted[f"{use}_read_bytes"] / n, 1),
        "erases_per_1000": round(counted[f"{use}_erases"] / n * 1000, 1),
    }


def _pause(name: str, counted: Counted, of: str) -> Figures:
    """The longest of them, by what a flash would take for it."""
    reads, pages, erases = (counted[f"{of}_{what}"] for what in ("read_bytes", "pages", "erases"))
    return {
        f"{name}.programs": counted[f"{of}_programs"],
        f"{name}.program_bytes": counted[f"{of}_program_bytes"],
        f"{name}.reads": counted[f"{of}_reads"],
        f"{name}.read_bytes": reads,
        f"{name}.erases": erases,
        f"{name}.flash_ms": round(flash_ms(reads, pages, erases), 1),
    }


def flash_ms(read_bytes: int, pages: int, erases: int) -> float:
    """An estimate by the data sheet: what the flash alone takes."""
    return read_bytes / _READ_BYTES_PER_MS + pages * _PAGE_MS + erases * _ERASE_MS


def _costs() -> Figures:
    with tempfile.TemporaryDirectory(prefix="handset-figures-") as name:
        program = joined(Path(name), ("ram_flash.py", "store_at_hand.py", "store_cost.py"))
        counted = on_bare_metal(program, b"")
    figures: Figures = {}
    for what, value in counted.items():
        if what.endswith("_instructions"):
            what, value = f"{what.removesuffix('_instructions')}_kinstr", round(value / 1000, 1)
        figures[what.replace("_", ".", 1)] = value
    return figures


def _pin() -> Figures:
    """How long a PIN takes, and the longest that others wait for it meanwhile."""
    counted = on_bare_metal(PROGRAMS / "pin_check.py", b"", _CHIP_SHIFT)
    return {f"pin.{name}_ms": round(us / 1000, 1) for name, us in counted.items()}


def _mount() -> Figures:
    """A store of this many records, written by one firmware and opened by the other."""
    with tempfile.TemporaryDirectory(prefix="handset-figures-") as name:
        image = Path(name) / "image"
        filled = run(firmware_of("sim"), "store_fill.py", [str(N_RECORDS_MOUNTED), str(image)])
        counted = on_bare_metal(PROGRAMS / "store_mount.py", image.read_bytes())
    if counted["records"] < N_RECORDS_MOUNTED:
        raise BenchError(f"only {counted['records']} records were found again")
    instructions = counted["instructions"]
    flash = flash_ms(filled["mount_read_bytes"], filled["mount_pages"], filled["mount_erases"])
    return {
        "mount.records": counted["records"],
        "mount.reads": filled["mount_reads"],
        "mount.read_bytes": filled["mount_read_bytes"],
        "mount.programs": filled["mount_programs"],
        "mount.minstr": round(instructions / 1e6, 1),
        "mount.ms": round(instructions / _CHIP_HZ * 1000 + flash),
    }


def on_bare_metal(program: Path, flash: bytes, shift: int = 0) -> Counted:
    """The figures of a program in place of the application of qemu_rv32; see counted_handset."""
    with counted_handset(program, flash, _SECRET, shift) as handset:
        handset.power_on()
        return {name: n[-1] for name, n in figures_of(handset, "done", _TIMEOUT_S).items()}


def joined(folder: Path, names: Sequence[str]) -> Path:
    """One program of several files: bare metal has none to import from."""
    text = "\n".join((PROGRAMS / name).read_text() for name in names)
    for name in names:
        text = text.replace(f"from {name.removesuffix('.py')} import", "# above:")
    path = folder / names[-1]
    path.write_text(text)
    return path


def run(firmware: Path, program: str, arguments: Sequence[str]) -> Counted:
    """The figures of a program on a MicroPython of this machine."""
    with tempfile.TemporaryDirectory(prefix="handset-figures-") as folder:
        secret = Path(folder) / "device_secret"
        secret.touch(mode=0o600)
        secret.write_bytes(_SECRET)
        ended = subprocess.run(
            [str(firmware), "-X", "heapsize=64M", program, *arguments],
            cwd=PROGRAMS,
            env={**os.environ, "HANDSET_DEVICE_SECRET": str(secret)},
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    lines = ended.stdout.splitlines()
    if ended.returncode or "done" not in lines:
        raise BenchError(
            f"it ended with {ended.returncode}: {(ended.stdout + ended.stderr)[-2000:]}",
            program,
            f"run it by hand: cd {PROGRAMS}; {firmware} {program}",
        )
    return {name: n[-1] for name, n in figures_in(lines).items()}
