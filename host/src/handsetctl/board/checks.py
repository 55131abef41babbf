"""Does a board hold together? One function a check; each yields what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from handsetctl.board import drawing
from handsetctl.board.chips import Chip, chips
from handsetctl.board.facts import Board, read
from handsetctl.board.part_checks import buttons, parts
from handsetctl.board.pin_checks import pins
from handsetctl.board.schema import Problem
from handsetctl.tree import BOARDS_DIR

_APP_ALIGNMENT = 0x10000
# A full store with fewer may refuse a PIN some day: `firmware/handset/store/room.py`.
_STORE_SECTORS_MIN = 32

Problems = Iterator[Problem]


@dataclass(frozen=True)
class Result:
    """One check of one board."""

    check: str
    about: str
    problems: tuple[Problem, ...]


def check(folder: Path, tables: Mapping[str, Chip] | None = None) -> list[Result]:
    """Run every check on one board folder; with unreadable facts only the first one."""
    tables = chips(BOARDS_DIR) if tables is None else tables
    board, unreadable = read(folder)
    if board is None:
        return [Result("facts", "board.toml has every key, of the right kind", tuple(unreadable))]
    chip = tables.get(board.chip)
    results = [Result(name, about, tuple(run(board))) for name, about, run in _OF_ANY_BOARD]
    if board.port == "esp32":
        known = [] if chip else [_no_chip(board, tables)]
        about = "the handset's secret is where its chip keeps it best"
        results.append(Result("secret", about, tuple(secret(board, chip) if chip else ())))
        about = "every pin is there, free, and fit for its use (boards/chips)"
        results.append(Result("pins", about, tuple(pins(board, chip) if chip else known)))
    return results


def _no_chip(board: Board, tables: Mapping[str, Chip]) -> Problem:
    return Problem(
        "board.toml",
        f"chip is {board.chip!r}, which has no table in boards/chips",
        f"write one, or choose from {', '.join(sorted(tables))}",
    )


def facts(board: Board) -> Problems:
    """The folder and what its file says are the same board."""
    if board.name != board.folder.name:
        yield Problem(
            "board.toml", f"name is {board.name!r}", f"name it as its folder, {board.folder.name}"
        )
    if not board.capabilities or "management" not in board.capabilities:
        yield Problem("board.toml", "a handset nobody can manage", "add management to capabilities")
    if "voice" in board.capabilities and not board.codecs:
        yield Problem("board.toml", "voice without a codec", "name its codecs")


def memory(board: Board) -> Problems:
    """Heap, engine and stack fit the RAM that the system leaves."""
    ram = board.memory
    for name in ("heap_bytes", "voice_rom_bytes", "voice_ram_bytes", "voice_stack_bytes"):
        if getattr(ram, name) <= 0:
            yield Problem("board.toml", f"{name} is 0", "give it a budget")
    if board.port == "unix":
        return  # a process on a PC: only the heap is held to a chip's
    inside = ram.voice_ram_bytes + ram.voice_stack_bytes + ram.vault_ram_bytes
    free = ram.total_bytes - ram.system_bytes
    if ram.external_bytes:
        if ram.heap_bytes > ram.external_bytes:
            yield _too_much("[heap]", ram.heap_bytes, ram.external_bytes)
    else:
        inside += ram.heap_bytes
    if inside > free:
        yield _too_much("[ram]", inside, free)


def _too_much(where: str, wanted: int, free: int) -> Problem:
    what = f"{wanted} bytes wanted of {free}"
    return Problem(where, what, f"give heap or voice {wanted - free} bytes less")


def secret(board: Board, chip: Chip) -> Problems:
    """A chip that can keep a key from its own programs does so."""
    if board.hmac_key is None:
        if chip.hmac_keys:
            what = f"lacks hmac_key: {chip.title} keeps its secret in an eFuse"
            yield Problem("[vault]", what, "name a block, 0 to 5: boards/README.md")
    elif board.hmac_key >= chip.hmac_keys:
        what = f"hmac_key is {board.hmac_key}, {chip.title} has {chip.hmac_keys} such blocks"
        yield Problem("[vault]", what, "choose another" if chip.hmac_keys else "take it out")


def flash(board: Board) -> Problems:
    """The partitions lie one after the other in the flash; a chip has two images and a store."""
    end, sector = 0, board.sector_bytes
    for part in board.partitions:
        where = f"[[flash.partition]] {part.name}"
        alignment = _APP_ALIGNMENT if part.type == "app" else sector
        if part.offset_bytes % alignment or part.size_bytes % sector or not part.size_bytes:
            yield Problem(
                where,
                f"{part.size_bytes:#x} bytes at {part.offset_bytes:#x} are not aligned",
                f"use multiples of {alignment:#x} for the offset, of {sector:#x} for the size",
            )
        if part.offset_bytes < end:
            yield Problem(where, f"overlaps what ends at {end:#x}", f"move it to {end:#x}")
        end = max(end, part.offset_bytes + part.size_bytes)
    if end > board.flash_bytes:
        yield Problem("[flash]", f"ends at {end:#x} of {board.flash_bytes:#x}", "make one smaller")
    sizes = {part.name: part.size_bytes for part in board.partitions}
    for name in ("ota_0", "ota_1", "store") if board.port == "esp32" else ("store",):
        if name not in sizes:
            yield Problem("[flash]", f"has no partition {name}", "add one: every board has it")
    n_sectors = sizes.get("store", 0) // sector
    if 0 < n_sectors < _STORE_SECTORS_MIN:
        what = f"{n_sectors} sectors are too few for a store"
        yield Problem("[[flash.partition]] store", what, f"give it {_STORE_SECTORS_MIN} or more")
    if sizes.get("ota_0") != sizes.get("ota_1"):
        yield Problem("[flash]", "ota_0 and ota_1 differ in size", "make them the same")


def documents(board: Board) -> Problems:
    """Every fact of the hardware names a document of the list, and the list has no other."""
    facts_of = [(f"[[part]] {part.name}", part.document) for part in board.parts]
    facts_of += [(f"[[pin]] {pin.name}", pin.document) for pin in board.pins]
    cited = [(where, _document(text)) for where, text in [*facts_of, *board.cited]]
    for where, key in cited:
        if key not in board.documents:
            known = ", ".join(board.documents) or "nothing yet"
            yield Problem(where, f"cites {key!r}, which is not in [documents]", f"there is {known}")
    reasons = [text for _, text in facts_of] + [wire.why for wire in board.wires]
    reasons += [why for pin in board.pins for why in pin.permits.values()]
    for key in board.documents:
        if key not in {name for _, name in cited} and not any(key in reason for reason in reasons):
            yield Problem("[documents]", f"{key} is cited nowhere", "cite it, or remove it")


def _document(citation: str) -> str:
    """The key a citation begins with: "guide, J2 pin 4", "wifi: table"."""
    return citation.replace(":", ",").partition(",")[0].strip()


def files(board: Board) -> Problems:
    """The folder has what a build and a reader need, and its pictures show these facts."""
    for name in ("README.md", "board.py", "build.mk"):
        if not (board.folder / name).is_file():
            yield Problem(name, "is not there", "boards/README.md says what it is")
    if not board.pins:
        return
    for path in drawing.stale(board):
        what = "does not show these facts"
        yield Problem(path.name, what, f"handsetctl board check {board.name} --fix")
    if not drawing.has_table(board):
        what = "has no place for the wiring"
        lines = f"{drawing.TABLE_BEGIN} and {drawing.TABLE_END}"
        yield Problem("README.md", what, f"add the lines {lines}")


Check = Callable[[Board], Problems]
_OF_ANY_BOARD: tuple[tuple[str, str, Check], ...] = (
    ("facts", "board.toml has every key, of the right kind", facts),
    ("memory", "heap, voice engine and stack fit the RAM", memory),
    ("flash", "partitions fit the flash; two images and a store", flash),
    ("parts", "every part has its wires, capabilities their parts", parts),
    ("buttons", "every button has a pin or a key", buttons),
    ("documents", "every fact of the hardware cites a document", documents),
    ("files", "the folder is complete, its pictures are up to date", files),
)
