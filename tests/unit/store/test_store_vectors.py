"""Images of each version of the format open for ever; recorded runs end where they ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from record_vectors import START, VECTORS, contents
from store_model import N_SECTORS, SECTOR_BYTES
from store_player import replay
from store_reader import read
from store_rig import PIN, Rig

_IMAGES = sorted(VECTORS.glob("v*/*.img"))
_TRACES = sorted(START.parent.glob("*.jsonl"))
_JOURNALS = {"1": "positions", "5": "alarms"}


def _id(path: Path) -> str:
    return f"{path.parent.name} {path.stem}"


def _rig(path: Path) -> Rig:
    image = path.read_bytes()
    return Rig(len(image) // 4096, 4096, image=image)


def _expected(path: Path) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return expected


def test_each_version_has_images() -> None:
    assert {path.stem for path in _IMAGES} >= {"full", "cut"}
    assert len(_TRACES) >= 6


@pytest.mark.parametrize("path", _IMAGES, ids=_id)
def test_the_reader_reads_it(path: Path) -> None:
    rig = _rig(path)
    assert contents(rig.independent()) == _expected(path)


@pytest.mark.parametrize("path", _IMAGES, ids=_id)
def test_todays_store_opens_it(path: Path) -> None:
    expected = _expected(path)
    rig = _rig(path)
    assert rig.play("power") == ["open", expected["damage"], expected["tail"]]
    if expected["tail"] == "clean":
        version, mac = rig.store.head()
        assert [version, bytes(mac).hex()] == expected["head"]
    assert rig.play("tries") == expected["tries"]
    assert rig.play("unlock", PIN, True) is True
    for domain, name, value in expected["values"]:
        assert rig.play("get", domain, name) == value
    for domain in (1, 2, 3):
        names = sorted(name for d, name, _ in expected["values"] if d == domain)
        assert rig.play("iterate", domain) == names
    for number, entries in expected["entries"].items():
        assert rig.play("entries", _JOURNALS[number]) == entries


@pytest.mark.parametrize("path", _IMAGES, ids=_id)
def test_todays_store_goes_on_with_it(path: Path) -> None:
    expected = _expected(path)
    rig = _rig(path)
    rig.play("power")
    rig.play("unlock", PIN, True)
    for i in range(300):
        assert rig.play("put", 2, "form/new", (b"%d" % i).hex()) is None
    reading = read(rig.flash.image(), rig.device_secret, PIN)
    assert reading.damage == []
    values = {(d, name): bytes.fromhex(value) for d, name, value in expected["values"]}
    assert reading.values == values | {(2, "form/new"): b"299"}


@pytest.mark.parametrize("path", _TRACES, ids=_id)
def test_a_recorded_run_ends_where_it_ended(path: Path) -> None:
    """The same under MicroPython: tests/mpy/test_store_traces.py."""
    rig = Rig(N_SECTORS, SECTOR_BYTES, image=START.read_bytes())
    lines = path.read_text(encoding="utf-8").splitlines()
    assert replay(lines, rig.player, rig.flash) > 50
