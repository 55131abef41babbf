"""Do the C parts fit? ROM, static RAM and stack against board.toml's [voice] and [vault].

    python3 -m tools.c_budget [boards/esp32_devkitc ...]      default: every board with a budget

Prints a table and writes build/budget/<board>.json; exit code 1 when a budget is exceeded. ROM is
code, constants and the start values of variables; RAM is variables, the engine with the state of
the codec in use among them, without the stack. Counted is what a firmware links of the engine and
the board's codecs with -O2; not the audio driver, nor what libc and libgcc give. How the stack is
known: see c_stack; it is that of the codec that takes most, and of the task around the engine.

The vault is counted with our choice of mbedTLS. ESP32 boards link ESP-IDF's instead, which
MicroPython has in its image anyway: there its ROM is an upper bound. Its stack is that of its
deepest call, on the stack of whoever calls: MicroPython's, or the audio task's.
"""

import functools
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import c_size, c_stack, files, toml_subset
from tools.fetch import ROOT
from tools.toolchains import TOOLCHAINS

OUT = ROOT / "build" / "budget"
# Beneath the engine on the same stack: the audio task's loop, the driver's calls, and the registers
# of a task that is interrupted (with windows and FPU some 0.5 kB).
TASK_STACK_BYTES = 2048
_VAULT_ENTRIES = (
    *("vault_aead_init", "vault_aead_seal", "vault_aead_open", "vault_aes128_block"),
    *("vault_hkdf_extract", "vault_hkdf_expand", "vault_rng_fill"),
    *("vault_custody_begin", "vault_custody_create", "vault_custody_pin_begin"),
    *("vault_custody_pin_step", "vault_custody_wrap", "vault_custody_load"),
    *("vault_custody_unlock", "vault_custody_seal", "vault_custody_open"),
    *("vault_custody_seal_box", "vault_custody_open_box"),
)
# The virtual handset only stands for a chip: the size of its own machine code says nothing.
_NO_CHIP = "x64"


@dataclass(frozen=True)
class Line:
    """One figure of a board against its budget."""

    part: str
    figure: str
    used: int
    budget: int
    parts: dict[str, int]

    @property
    def fits(self) -> bool:
        """Whether the budget holds."""
        return self.used <= self.budget


def check(board: dict[str, Any]) -> list[Line]:
    """A board's figures; raises `BuildError` or `StackError`."""
    voice, architecture, codecs = board["voice"], board["architecture"], board["codecs"]
    link_map = c_size.build(architecture, codecs)
    sizes = c_size.sizes(link_map.read_text())
    rom = {owner: size.rom for owner, size in sizes.items()}
    ram = {owner: size.ram for owner, size in sizes.items()}
    stack = _stacks(link_map, architecture, codecs)
    deepest = max(stack.values()) + TASK_STACK_BYTES
    return [
        Line("voice", "rom", sum(rom.values()), voice["rom_bytes"], rom),
        Line("voice", "ram", sum(ram.values()), voice["ram_bytes"], ram),
        Line("voice", "stack", deepest, voice["stack_bytes"], {**stack, "task": TASK_STACK_BYTES}),
        *_check_vault(architecture, board["vault"]),
    ]


def _check_vault(architecture: str, budget: dict[str, int]) -> list[Line]:
    link_map = c_size.build_vault(architecture)
    sizes = c_size.sizes(link_map.read_text())
    sizes["vault"] = sizes.pop("engine")
    rom = {owner: size.rom for owner, size in sizes.items()}
    ram = {owner: size.ram for owner, size in sizes.items()}
    graph = c_stack.read_call_graphs(link_map.parent)
    stack = {entry: graph.deepest("mbedtls", entry)[0] for entry in _VAULT_ENTRIES}
    return [
        Line("vault", "rom", sum(rom.values()), budget["rom_bytes"], rom),
        Line("vault", "ram", sum(ram.values()), budget["ram_bytes"], ram),
        Line("vault", "stack", max(stack.values()), budget["stack_bytes"], stack),
    ]


def _stacks(link_map: Path, architecture: str, codecs: list[str]) -> dict[str, int]:
    graph = _graph(link_map, architecture)
    reference = _graph(c_size.build("rv32imac", c_size.CODECS), "rv32imac")
    measured = _measured(c_size.build("rv32imac", c_size.CODECS, "stack_probe.elf"))
    return {codec: c_stack.need(codec, graph, reference, measured) for codec in codecs}


def _graph(link_map: Path, architecture: str) -> c_stack.CallGraph:
    codecs = OUT / TOOLCHAINS[architecture].codecs_of
    vault = OUT / f"{architecture}-vault"
    return c_stack.read_call_graphs(link_map.parent / "core", codecs, vault)


@functools.cache
def _measured(probe: Path) -> dict[str, int]:
    return c_stack.measure(probe)


def table(lines: dict[str, list[Line]]) -> str:
    """What a person reads."""
    text = [f"{'board':<20} {'part':<5} {'figure':<6} {'bytes':>8} {'budget':>8}  of which"]
    for board, board_lines in lines.items():
        for line in board_lines:
            parts = ", ".join(
                f"{name} {n_bytes}" for name, n_bytes in line.parts.items() if n_bytes
            )
            text.append(
                f"{board:<20} {line.part:<5} {line.figure:<6} {line.used:>8} {line.budget:>8}"
                f"  {parts}" + ("" if line.fits else "   OVER BUDGET")
            )
            board = ""
    return "\n".join(text)


def results(board: str, lines: list[Line]) -> dict[str, int]:
    """The figures as results.json has them."""
    used = {f"{board}.{line.part}_{line.figure}_bytes": line.used for line in lines}
    budgets = {f"{board}.{line.part}_{line.figure}_budget_bytes": line.budget for line in lines}
    return used | budgets


def main(argv: list[str]) -> int:
    """The command: returns its exit code."""
    folders = [Path(name) for name in argv] or sorted((ROOT / "boards").glob("*/"))
    lines: dict[str, list[Line]] = {}
    for path in [folder / "board.toml" for folder in folders]:
        if not path.is_file() and not argv:
            continue  # a folder of something else
        try:
            board = toml_subset.load(path)
            if board["architecture"] != _NO_CHIP:
                lines[board["name"]] = check(board)
        except (OSError, ValueError, KeyError, c_size.BuildError, c_stack.StackError) as error:
            print(f"error: {path}: {type(error).__name__}: {error}", file=sys.stderr)
            return 1
    for name, board_lines in lines.items():
        text = json.dumps(results(name, board_lines), indent=1) + "\n"
        files.write_if_changed(OUT / f"{name}.json", text)
    print(table(lines))
    return 0 if all(line.fits for group in lines.values() for line in group) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
