"""The host's side of the store, on the firmware's own command group in this process."""

import sys
from pathlib import Path

import pytest
from hypothesis import settings

# A loaded machine is no defect of the code under test.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")
for folder in (".", "../link", "../store"):
    sys.path.insert(0, str((Path(__file__).parent / folder).resolve()))

from loopback import Loopback, RealStore  # noqa: E402

from handsetctl.device import Device  # noqa: E402


@pytest.fixture
def handset():
    """A handset whose store is a dict, locked with the PIN 1234."""
    return Loopback()


@pytest.fixture
def device(handset):
    with Device(handset) as opened:
        yield opened


@pytest.fixture
def real():
    """A handset with the firmware's own store and keeper, no PIN set."""
    return RealStore()
