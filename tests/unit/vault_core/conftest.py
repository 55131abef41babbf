"""Builds the vault's core and the test programs under sanitizers, once a session."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import vault_programs


@pytest.fixture(scope="session")
def programs() -> Path:
    """Folder of the test programs, built with the sanitizers on."""
    return vault_programs.build()


@pytest.fixture(scope="module")
def oracle(programs: Path) -> Iterator[vault_programs.Oracle]:
    """The core, to be asked."""
    running = vault_programs.Oracle(programs / "oracle")
    yield running
    running.close()
