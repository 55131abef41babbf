"""Runs the tests of one file in one MicroPython process and reads back what came of each."""

from __future__ import annotations

import ast
import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HANDSET = ROOT / "build" / "sim" / "handset"
RUNNER = Path(__file__).with_name("run_on_mpy.py")
_MARK = "=mpy= "
_TIMEOUT_S = 120
# The device these tests run on is always the same.
_DEVICE_SECRET = ROOT / "tests" / "vectors" / "store" / "device_secret.bin"


class MpyProcessError(Exception):
    """A test failed under MicroPython, or MicroPython did not get to it."""


def test_functions(path: Path) -> list[tuple[str, int]]:
    """Name and line of the file's `test_*` functions, in order."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return [
        (node.name, node.lineno)
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name.startswith("test_")
    ]


def newer_source(root: Path) -> Path | None:
    """A firmware source that changed after the last `make sim`, or None."""
    built = root / "build" / "sim" / "built"
    if not built.exists():
        return None
    for path in [*root.glob("firmware/**/*.py"), *root.glob("firmware/**/*.[ch]")]:
        if "tools" not in path.parts and path.stat().st_mtime > built.stat().st_mtime:
            return path.relative_to(root)
    return None


def run_tests(path: Path, names: list[str], binary: Path = HANDSET) -> dict[str, str]:
    """Per test "" or its failure. A crash or a hang fails every test that did not report."""
    if not binary.exists():
        return dict.fromkeys(names, f"{binary} is not there: run `make sim`")
    command = [str(binary), str(RUNNER), path.stem, *names]
    try:
        run = subprocess.run(
            command,
            cwd=path.parent,
            env={**os.environ, "HANDSET_DEVICE_SECRET": str(_DEVICE_SECRET)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_TIMEOUT_S,
            check=False,
        )
        output, end = run.stdout, f"ended with exit code {run.returncode}"
    except subprocess.TimeoutExpired as error:
        output, end = error.stdout or b"", f"was still running after {_TIMEOUT_S} s"
    text = output.decode(errors="replace")
    lines = text.splitlines()
    results = [json.loads(line[len(_MARK) :]) for line in lines if line.startswith(_MARK)]
    found = {result["test"]: result["failure"] for result in results}
    missing = f"MicroPython {end} and did not report this test. Its output:\n{text}"
    return {name: found.get(name, missing) for name in names}
