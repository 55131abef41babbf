"""A value whose record was damaged is not one that never was: its name is still there."""

from __future__ import annotations

import pytest
from store_rig import Rig

from handset.store.errors import TooBig

_SERVICE = 1


def _rig_with_a_lost_value() -> Rig:
    rig = Rig(12, 1024)
    for name in ("one", "two", "three"):
        rig.play("put", _SERVICE, name, name.encode().hex())
    at = rig.flash.image().index(rig.custody.name_id(_SERVICE, b"two"))
    rig.flash.program(at, bytes(1))
    rig.play("power")
    return rig


def test_it_is_named_and_said_to_be_lost() -> None:
    rig = _rig_with_a_lost_value()
    assert "altered" in [what for what, _, _ in rig.store.report.damage]
    assert rig.play("get", _SERVICE, "two") == "!Damaged"
    assert rig.play("iterate", _SERVICE, "") == ["one", "three", "two"]
    assert rig.play("get", _SERVICE, "never") is None


def test_it_can_be_deleted() -> None:
    rig = _rig_with_a_lost_value()
    assert rig.play("delete", _SERVICE, "two") is True
    assert rig.play("get", _SERVICE, "two") is None
    assert rig.play("iterate", _SERVICE, "") == ["one", "three"]
    rig.play("power")
    assert rig.play("iterate", _SERVICE, "") == ["one", "three"]


def test_it_can_be_written_again() -> None:
    rig = _rig_with_a_lost_value()
    rig.play("put", _SERVICE, "two", "02")
    assert rig.play("get", _SERVICE, "two") == "02"


def test_what_waits_for_its_commit_is_not_lost() -> None:
    rig = _rig_with_a_lost_value()
    rig.store.begin()
    rig.store.put("new", b"n", _SERVICE)
    assert rig.store.get("new", _SERVICE) is None
    assert "new" not in list(rig.store.iterate(_SERVICE))
    rig.store.abort()
    assert rig.store.get("new", _SERVICE) is None


def test_names_have_an_end() -> None:
    rig = Rig()
    rig.store.put("é" * 127 + "e", b"", _SERVICE)
    with pytest.raises(TooBig, match="256 bytes"):
        rig.store.put("é" * 128, b"", _SERVICE)
