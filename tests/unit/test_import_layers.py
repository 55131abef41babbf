"""The seam holds: nothing but drivers reaches hardware, files or the network."""

from __future__ import annotations

from pathlib import Path

import pytest
from import_layers import breaches, rule_for

ROOT = Path(__file__).resolve().parents[2]


def test_nobody_reaches_across_the_seam() -> None:
    assert breaches(ROOT) == []


def test_rules_cover_the_application_and_the_host() -> None:
    covered = [
        path for path in ROOT.rglob("firmware/handset/**/*.py") if "__init__" not in path.name
    ]
    assert len(covered) > 10
    assert all(rule_for(path.relative_to(ROOT)) for path in covered)
    assert len([*ROOT.glob("boards/*/board.py")]) >= 1


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("firmware/handset/app.py", "import machine"),
        ("firmware/handset/app.py", "import esp32"),
        ("firmware/handset/link/server.py", "from network import WLAN"),
        ("firmware/handset/link/server.py", "import socket"),
        ("firmware/handset/geo/service.py", "import os"),
        ("firmware/handset/geo/service.py", "def f():\n    import os.path"),
        ("firmware/handset/voice/pump.py", "import voice"),
        ("firmware/handset/voice/pump.py", "from ports.unix import audio"),
        ("firmware/handset/voice/pump.py", "import board"),
        ("firmware/handset/floor/timers.py", "from random import getrandbits"),
        ("firmware/handset/store.py", "text = open('/settings').read()"),
        ("firmware/handset/store.py", "m = __import__('machine')"),
        ("firmware/hal/contracts.py", "from handset import app"),
        ("firmware/hal/contracts.py", "import machine"),
        ("firmware/ports/esp32/espnow_radio.py", "import random"),
        ("firmware/ports/common/backoff.py", "def f():\n    from random import getrandbits"),
        ("firmware/ports/unix/clock.py", "import os\nseed = os.urandom(4)"),
        ("firmware/development/main.py", "from os import urandom"),
        ("boards/sim/board.py", "import machine"),
        ("boards/sim/board.py", "import handset.app"),
        ("host/src/handsetctl/device/device.py", "from handset.link import spec"),
        ("host/src/handsetctl/device/device.py", "import ports.unix.wires"),
    ],
)
def test_a_breach_is_found(tmp_path: Path, file: str, line: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(f'"""A module."""\n\n{line}\n')
    found = breaches(tmp_path)
    assert len(found) == 1
    assert found[0].startswith(f"{file}:")


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("firmware/ports/unix/flash.py", "import os"),
        ("firmware/ports/esp32/pins.py", "import machine"),
        ("firmware/ports/common/rng.py", "import vault\nfill = vault.random"),
        ("firmware/tools/fetch.py", "import random"),
        ("firmware/handset/app.py", "import asyncio"),
        ("firmware/handset/app.py", "from handset.link import spec"),
        ("firmware/handset/main.py", "from board import make_board"),
        ("boards/sim/board.py", "from ports.unix.clock import Clock"),
        ("host/src/handsetctl/link/spec.py", "from handset.link import spec"),
    ],
)
def test_what_is_allowed_passes(tmp_path: Path, file: str, line: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(f"{line}\n")
    assert breaches(tmp_path) == []
