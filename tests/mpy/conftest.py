"""Collects tests/mpy/test_*.py without importing them: the handset's own MicroPython runs them.

One process a file, with the board's heap; each `test_*` function is a pytest item of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from mpy_process import HANDSET, MpyProcessError, newer_source, run_tests, test_functions

ROOT = Path(__file__).resolve().parents[2]


def pytest_report_header() -> str | None:
    source = newer_source(ROOT)
    return f"note: {source} is newer than {HANDSET.name}: run `make sim`" if source else None


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> MpyFile:
    """In place of pytest's own module, which CPython would have to import."""
    file: MpyFile = MpyFile.from_parent(parent, path=module_path)
    return file


class MpyFile(pytest.File):
    """A test file for MicroPython; its process starts with the first of its tests."""

    _results: dict[str, str] | None = None

    def collect(self) -> Iterator[MpyItem]:
        for name, line in test_functions(self.path):
            yield MpyItem.from_parent(self, name=name, line=line)

    def result(self, name: str) -> str:
        """ "" when the test passed, else what MicroPython said."""
        if self._results is None:
            names = [item.name for item in self.session.items if item.parent is self]
            self._results = run_tests(self.path, names)
        return self._results[name]


class MpyItem(pytest.Item):
    """One `test_*` function."""

    parent: MpyFile

    def __init__(self, *, line: int, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self._line = line

    def runtest(self) -> None:
        failure = self.parent.result(self.name)
        if failure:
            raise MpyProcessError(failure)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:  # type: ignore[override]
        if isinstance(excinfo.value, MpyProcessError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self._line - 1, self.name
