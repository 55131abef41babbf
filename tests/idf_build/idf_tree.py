"""Builds an ESP32 board with a stand-in for ESP-IDF (fake_idf) and reads what cmake made of it."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import toml_subset

ROOT = Path(__file__).resolve().parents[2]
FAKE_IDF = Path(__file__).resolve().parent / "fake_idf"
MICROPYTHON = ROOT / "build/third_party/micropython"
BOARD_TOMLS = {
    path.parent.name: toml_subset.load(path) for path in sorted(ROOT.glob("boards/*/board.toml"))
}
BOARDS = [name for name, board in BOARD_TOMLS.items() if board.get("port") == "esp32"]
# A program that a release may be, and one only a development build may be.
PROGRAMS = {"release": "int mp_task;", "dev": "int mp_compile; int pyexec_raw_repl;"}


@dataclass(frozen=True)
class Built:
    """A finished build of one board."""

    board: str
    variant: str
    out: Path

    @property
    def variables(self) -> dict[str, str]:
        """What the board's CMake files had set when ESP-IDF took over."""
        lines = (self.out / "obj/variables.txt").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    @property
    def options(self) -> dict[str, str]:
        """ESP-IDF's options as they end up: of two settings the last one counts."""
        return read_options(self.out / "obj/sdkconfig.combined")

    def target(self, name: str) -> dict[str, Any]:
        """cmake's own description of a target: sources, definitions, folders, link options."""
        (path,) = (self.out / "obj/.cmake/api/v1/reply").glob(f"target-{name}-*.json")
        described: dict[str, Any] = json.loads(path.read_text())
        return described

    def sources(self, target: str) -> dict[str, bool]:
        """Paths of a target's sources, and whether the build makes them."""
        top = self.out / "micropython/ports/esp32"
        return {
            str((top / source["path"]).resolve()): source.get("isGenerated", False)
            for source in self.target(target)["sources"]
        }

    def link_line(self) -> str:
        """Options and libraries that the program is linked with."""
        fragments = self.target("micropython.elf")["link"]["commandFragments"]
        return " ".join(part["fragment"] for part in fragments)

    def compile_facts(self, source: str) -> tuple[set[str], set[str]]:
        """Definitions and folders of headers that the source of this name is compiled with."""
        target = self.target("__idf_main")
        for one in target["sources"]:
            if Path(one["path"]).name == source:
                group = target["compileGroups"][one["compileGroupIndex"]]
                defines = {define["define"] for define in group.get("defines", [])}
                return defines, {include["path"] for include in group.get("includes", [])}
        raise AssertionError(f"{source} is not compiled")

    def frozen(self) -> set[str]:
        """Files that the board's manifest freezes, by the name they are imported with."""
        variables = self.variables
        paths = {
            name.removeprefix("MICROPY_MANIFEST_"): value
            for name, value in variables.items()
            if name.startswith("MICROPY_MANIFEST_")
        }
        paths |= {
            "MPY_DIR": str(MICROPYTHON),
            "PORT_DIR": str(MICROPYTHON / "ports/esp32"),
            "BOARD_DIR": str(ROOT / "boards" / self.board),
            "MPY_LIB_DIR": variables["MICROPY_LIB_DIR"],
        }
        module = runpy.run_path(str(MICROPYTHON / "tools/manifestfile.py"))
        manifest = module["ManifestFile"](module["MODE_FREEZE"], paths)
        here = os.getcwd()
        manifest.execute(variables["MICROPY_FROZEN_MANIFEST"])
        os.chdir(here)
        return {file.target_path for file in manifest.files()}


def read_options(path: Path) -> dict[str, str]:
    """The options of an sdkconfig file, without CONFIG_ and comments."""
    lines = path.read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if line.startswith("CONFIG_"))
    return {name.removeprefix("CONFIG_"): value.strip().strip('"') for name, value in pairs}


def build(board: str, variant: str, out: Path, **variables: str) -> Built:
    """`make firmware BOARD=<board> VARIANT=<variant>` with the stand-in; into `out`."""
    environment = {
        **os.environ,
        "IDF_PATH": str(FAKE_IDF),
        "PATH": f"{FAKE_IDF}/tools{os.pathsep}{os.environ['PATH']}",
        "FAKE_IDF_PROGRAM": PROGRAMS[variant],
        **variables,
    }
    command = ["make", "-f", f"boards/{board}/build.mk", f"VARIANT={variant}", f"OUT={out}"]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return Built(board, variant, out)
