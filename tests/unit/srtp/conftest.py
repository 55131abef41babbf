"""A station under sanitizers, one process a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import srtp_station
from srtp_station import Station


@pytest.fixture(scope="session")
def station_program() -> Path:
    """The built program."""
    try:
        return srtp_station.build()
    except srtp_station.StationError as error:
        pytest.fail(f"SRTP does not build under sanitizers:\n{error}", pytrace=False)


@pytest.fixture
def station(station_program: Path) -> Iterator[Station]:
    """A station without keys."""
    with Station(station_program) as running:
        yield running
