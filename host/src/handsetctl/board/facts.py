"""What a `board.toml` says, typed. `schema` has judged it before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handsetctl.board.schema import Problem, validate
from handsetctl.board.toml_file import NotToml, load
from handsetctl.tree import BOARDS_DIR

RUNS = {"unix": "virtual", "qemu": "bare metal", "esp32": "chip"}


@dataclass(frozen=True)
class Pin:
    """One signal of the chip; `direction` is seen from the chip."""

    name: str
    gpio: int
    part: str
    signal: str
    direction: str
    document: str
    pull: str = ""
    outer_pull: str = ""
    via: str = ""
    shares: str = ""
    permits: Mapping[str, str] = field(default_factory=dict)
    """Reasons why a pin that needs care may be used, by kind of caution."""


@dataclass(frozen=True)
class Part:
    """Something a wire ends at."""

    name: str
    title: str
    model: str
    document: str
    onboard: bool = False


@dataclass(frozen=True)
class Wire:
    """A connection without a GPIO of its own. `to`: a rail, a pin by name, or `part.signal`."""

    part: str
    signal: str
    to: str
    via: str = ""
    why: str = ""


@dataclass(frozen=True)
class Partition:
    """A region of the flash; type and subtype only where ESP-IDF's boot loader reads them."""

    name: str
    offset_bytes: int
    size_bytes: int
    type: str = ""
    subtype: str = ""


@dataclass(frozen=True)
class Memory:
    """RAM: what there is, what the system takes, what we may take. Bytes of the board's words."""

    total_bytes: int
    system_bytes: int
    external_bytes: int
    heap_bytes: int
    voice_rom_bytes: int
    voice_ram_bytes: int
    voice_stack_bytes: int
    vault_ram_bytes: int


@dataclass(frozen=True)
class Board:
    """One board folder."""

    folder: Path
    name: str
    title: str
    chip: str
    module: str
    port: str
    architecture: str
    console: str
    capabilities: tuple[str, ...]
    codecs: tuple[str, ...]
    buttons: tuple[str, ...]
    memory: Memory
    hmac_key: int | None
    """Block of eFuses with the handset's secret."""
    flash_bytes: int
    sector_bytes: int
    partitions: tuple[Partition, ...]
    usb_ids: tuple[str, ...]
    audio: Mapping[str, Any]
    keyboard: Mapping[str, str]
    documents: Mapping[str, str]
    parts: tuple[Part, ...]
    pins: tuple[Pin, ...]
    wires: tuple[Wire, ...]
    cited: tuple[tuple[str, str], ...]
    """Citations beside those of parts and pins: where, and the key of the document."""

    def pin(self, name: str) -> Pin | None:
        """The pin of that name."""
        return next((pin for pin in self.pins if pin.name == name), None)

    @property
    def runs(self) -> str:
        """How its firmware runs: as a process, on a machine of QEMU's, on the chip itself."""
        return RUNS[self.port]


def names(boards_dir: Path = BOARDS_DIR) -> list[str]:
    """Every board of this checkout."""
    return sorted(path.parent.name for path in boards_dir.glob("*/board.toml"))


def read(folder: Path) -> tuple[Board | None, list[Problem]]:
    """A board's facts, or why there are none."""
    path = folder / "board.toml"
    try:
        raw = load(path)
    except FileNotFoundError:
        return None, [Problem(str(path), "is not there", "write it: boards/README.md has the keys")]
    except NotToml as error:
        return None, [Problem(str(path), f"is not TOML: {error}", "repair that line")]
    problems = validate(raw)
    return (None, problems) if problems else (_board(folder, raw), [])


def _board(folder: Path, raw: dict[str, Any]) -> Board:
    flash, ram, voice = raw["flash"], raw["ram"], raw["voice"]
    return Board(
        folder=folder,
        name=raw["name"],
        title=raw["title"],
        chip=raw["chip"],
        module=raw.get("module", ""),
        port=raw["port"],
        architecture=raw["architecture"],
        console=raw.get("console", ""),
        capabilities=tuple(raw["capabilities"]),
        codecs=tuple(raw["codecs"]),
        buttons=tuple(raw["buttons"]),
        memory=Memory(
            total_bytes=ram["total_bytes"],
            system_bytes=ram["system_bytes"],
            external_bytes=ram.get("external_bytes", 0),
            heap_bytes=raw["heap"]["budget_bytes"] * raw["heap"]["word_factor"],
            voice_rom_bytes=voice["rom_bytes"],
            voice_ram_bytes=voice["ram_bytes"],
            voice_stack_bytes=voice["stack_bytes"],
            vault_ram_bytes=raw["vault"]["ram_bytes"],
        ),
        hmac_key=raw["vault"].get("hmac_key"),
        flash_bytes=flash["size_bytes"],
        sector_bytes=flash["sector_bytes"],
        partitions=tuple(Partition(**part) for part in flash["partition"]),
        usb_ids=tuple(raw["usb"]["ids"]),
        audio=raw.get("audio", {}),
        keyboard=raw.get("keyboard", {}),
        documents=raw.get("documents", {}),
        parts=tuple(Part(**part) for part in raw.get("part", [])),
        pins=tuple(_pin(pin) for pin in raw.get("pin", [])),
        wires=tuple(Wire(**wire) for wire in raw.get("wire", [])),
        cited=tuple(_cited(raw)),
    )


def _pin(raw: dict[str, Any]) -> Pin:
    permits = {key[:-3]: why for key, why in raw.items() if key.endswith("_ok")}
    return Pin(
        **{key: value for key, value in raw.items() if not key.endswith("_ok")}, permits=permits
    )


def _cited(raw: dict[str, Any]) -> list[tuple[str, str]]:
    found = [("[ram]", key) for key in raw["ram"].get("sources", [])]
    if "source" in raw["usb"]:
        found.append(("[usb]", raw["usb"]["source"]))
    return found
