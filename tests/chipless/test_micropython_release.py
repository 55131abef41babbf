"""The sim board also builds with the MicroPython before, and the firmware works on it."""

from __future__ import annotations

import os
import runpy
import subprocess
from pathlib import Path

import mpy_process
import pytest

from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.device import Device

ROOT = Path(__file__).resolve().parents[2]
RELEASE = "1.25.0"
# These are about the release that is pinned.
PINNED = {"test_micropython_is_the_pinned_release", "test_firmware_knows_what_went_into_it"}
MPY_FILES = sorted(ROOT.glob("tests/mpy/test_*.py"))
TIMEOUT_S = 20.0


@pytest.fixture(scope="module")
def firmware() -> Path:
    """The virtual handset with that release; half a minute when nothing is built yet."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    command = ["make", "firmware", "BOARD=sim", f"MICROPYTHON={RELEASE}"]
    run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return ROOT / "build" / f"sim-{RELEASE}" / "handset"


def test_it_is_that_release(firmware: Path) -> None:
    command = [str(firmware), "-c", "import sys; print(sys.version)"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"MicroPython v{RELEASE} " in run.stdout
    record = runpy.run_path(str(firmware.parent / "gen" / "build_info.py"))
    versions = {name: version for name, version, _ in record["THIRD_PARTY"]}
    assert versions["micropython-1-25-0"] == RELEASE
    assert "micropython" not in versions


@pytest.mark.parametrize("path", MPY_FILES, ids=lambda path: path.stem)
def test_what_the_firmware_asks_of_micropython(firmware: Path, path: Path) -> None:
    names = [name for name, _ in mpy_process.test_functions(path) if name not in PINNED]
    results = mpy_process.run_tests(path, names, firmware)
    assert {name: failure for name, failure in results.items() if failure} == {}
    assert names


def test_the_application_boots_talks_and_is_managed(firmware: Path, tmp_path: Path) -> None:
    with VirtualBench(tmp_path, names=("A", "B"), binary=firmware) as bench:
        bench.wait_ready(TIMEOUT_S)
        pressed_s = bench["A"].press("ptt")
        bench["A"].wait_output("led", "talk", TIMEOUT_S, since=pressed_s)
        bench["B"].wait_output("led", "receive", TIMEOUT_S, since=pressed_s)
        released_s = bench["A"].release("ptt")
        bench["B"].wait_output("led", "idle", TIMEOUT_S, since=released_s)
        with Device.open(bench["A"].port) as device:
            assert device.echo("hello") == "hello"
