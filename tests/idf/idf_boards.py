"""The boards with ESP-IDF beneath, by their board.toml: facts header, chip, wiring."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import board_facts, toml_subset
from tools.toolchains import TOOLCHAINS, Toolchain

ROOT = Path(__file__).resolve().parents[2]
VOICE = ROOT / "firmware" / "cmodules" / "voice"
DECLARATIONS = ROOT / "tests" / "idf" / "include"
THIRD_PARTY = ROOT / "build" / "third_party"
OUT = ROOT / "build" / "idf_tests"


@dataclass(frozen=True, eq=False)
class IdfBoard:
    """A board.toml with `port = "esp32"`."""

    name: str
    toml: dict[str, Any]

    @property
    def chip(self) -> str:
        """As in CONFIG_IDF_TARGET_<chip>."""
        chip: str = self.toml["chip"]
        return chip.upper().replace("-", "")

    @property
    def toolchain(self) -> Toolchain:
        return TOOLCHAINS[self.toml["architecture"]]

    @property
    def wiring(self) -> str:
        """The suite of cases for it: "half" or "full" duplex."""
        return "half" if self.toml["audio"]["half_duplex"] else "full"

    @property
    def defines(self) -> list[str]:
        """What the board's build defines for every C file that sees the engine."""
        missing = [name for name in ("opus", "amrnb") if name not in self.toml["codecs"]]
        without = [f"-DVOICE_WITHOUT_{name.upper()}" for name in missing]
        return [f"-DCONFIG_IDF_TARGET_{self.chip}=1", *without]

    def facts_header(self) -> str:
        return board_facts.c_header(board_facts.facts(self.toml), f"boards/{self.name}/board.toml")

    def facts_folder(self) -> Path:
        """A folder with the board's board_facts.h."""
        folder = OUT / self.name
        folder.mkdir(parents=True, exist_ok=True)
        header = folder / "board_facts.h"
        if not header.is_file() or header.read_text() != self.facts_header():
            header.write_text(self.facts_header())
        return folder


def _all() -> list[IdfBoard]:
    boards = (toml_subset.load(path) for path in sorted((ROOT / "boards").glob("*/board.toml")))
    return [IdfBoard(toml["name"], toml) for toml in boards if toml["port"] == "esp32"]


def _with_shared_clocks(board: IdfBoard) -> IdfBoard:
    """The board with the amplifier on the microphone's clock pins: one port for both."""
    toml = deepcopy(board.toml)
    gpios = {pin["name"]: pin["gpio"] for pin in toml["pin"]}
    for pin in toml["pin"]:
        pin["gpio"] = gpios[pin["name"].replace("amp_bclk", "mic_bclk").replace("amp_ws", "mic_ws")]
    return IdfBoard("shared_clocks", toml)


BOARDS = {board.name: board for board in _all()}
# Every way of wiring that io_esp32_i2s.c knows, whether a board uses it today or not.
WIRINGS = {**BOARDS, "shared_clocks": _with_shared_clocks(BOARDS["esp32_devkitc"])}
