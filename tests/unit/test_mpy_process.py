"""The bridge to MicroPython reports what happened there, also when nothing good did."""

from __future__ import annotations

from pathlib import Path

import mpy_process
import pytest


@pytest.fixture
def test_file(tmp_path: Path) -> Path:
    path = tmp_path / "test_x.py"
    path.write_text(
        "helper = 1\n\ndef test_one():\n    pass\n\nasync def test_two():\n    pass\n\n"
        "def other():\n    pass\n"
    )
    return path


def stand_in(tmp_path: Path, script: str) -> Path:
    """In the place of the MicroPython binary."""
    path = tmp_path / "binary"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_functions_are_found_without_importing(test_file: Path) -> None:
    assert mpy_process.test_functions(test_file) == [("test_one", 3), ("test_two", 6)]


def test_missing_binary_is_a_failure_with_a_hint(test_file: Path, tmp_path: Path) -> None:
    results = mpy_process.run_tests(test_file, ["test_one"], tmp_path / "nothing")
    assert "make sim" in results["test_one"]


def test_crash_fails_the_tests_that_did_not_report(test_file: Path, tmp_path: Path) -> None:
    line = '=mpy= {"test": "test_one", "failure": ""}'
    binary = stand_in(tmp_path, f"echo '{line}'; echo boom; kill -SEGV $$")
    results = mpy_process.run_tests(test_file, ["test_one", "test_two"], binary)
    assert results["test_one"] == ""
    assert "exit code -11" in results["test_two"]
    assert "boom" in results["test_two"]


def test_failure_comes_with_its_traceback(test_file: Path, tmp_path: Path) -> None:
    line = '=mpy= {"test": "test_one", "failure": "AssertionError: 3"}'
    results = mpy_process.run_tests(test_file, ["test_one"], stand_in(tmp_path, f"echo '{line}'"))
    assert results == {"test_one": "AssertionError: 3"}


def test_silence_is_not_success(test_file: Path, tmp_path: Path) -> None:
    results = mpy_process.run_tests(test_file, ["test_one"], stand_in(tmp_path, "exit 0"))
    assert "did not report" in results["test_one"]
