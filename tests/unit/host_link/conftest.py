"""A handset's link as a process of its own, behind a pty or a TCP socket."""

import sys
from pathlib import Path

import pytest
from hypothesis import settings

# A loaded machine is no defect of the parser under test.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")

sys.path.insert(0, str(Path(__file__).parent))

from link_process import LinkProcess, ScriptedDevice  # noqa: E402


@pytest.fixture
def handset():
    """The firmware's link on a pty; it restarts when it is told to reset."""
    with LinkProcess() as running:
        yield running


@pytest.fixture
def scripted():
    """A pty at whose far end nobody is but what the test says."""
    with ScriptedDevice() as device:
        yield device
