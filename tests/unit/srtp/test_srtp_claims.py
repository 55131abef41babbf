"""Each claim of SECURITY.md has a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

from srtp_station import HERE, ROOT

SECURITY = ROOT / "firmware" / "cmodules" / "voice" / "SECURITY.md"


def names_in(folder: Path) -> set[str]:
    sources = "\n".join(path.read_text() for path in folder.glob("test_*.py"))
    return set(re.findall(r"^def (test_\w+)", sources, re.MULTILINE))


def test_every_claim_has_its_test() -> None:
    rows = re.findall(r"^\| (.+) \| (`test_.+) \|$", SECURITY.read_text(), re.MULTILINE)
    assert len(rows) > 20
    for claim, named in rows:
        assert set(re.findall(r"`(\w+)`", named)) <= names_in(HERE), claim
