"""No nonce twice under one key, whatever the power does: firmware/handset/store/README.md says why.

Cuts are what makes it hard: a version whose record was cut is used again, for something else.
"""

from __future__ import annotations

import random
from typing import Any

import custody_model
import pytest
from cut_matrix import Matrix


class _Ledger:
    """All that has been sealed, over all boots and all that might have happened instead."""

    def __init__(self) -> None:
        self.sealed: dict[tuple[bytes, bytes, int], tuple[bytes, bytes]] = {}
        self.salts: dict[tuple[bytes, int], set[bytes]] = {}

    def note(self, key: bytes, salt: bytes, version: int, aad: bytes, sealed: bytes) -> None:
        """`key` is the nonce key: one belongs to each key."""
        before = self.sealed.setdefault((key, salt, version), (aad, sealed))
        assert before == (aad, sealed), "one nonce for two texts"
        self.salts.setdefault((key, version), set()).add(salt)


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> _Ledger:
    found = _Ledger()
    seal = custody_model._seal

    def noted(aead: Any, key: bytes, aad: bytes, version: int, *where: Any) -> None:
        seal(aead, key, aad, version, *where)
        buf, at, n, salt = where
        found.note(key, bytes(salt[:8]), version, aad, bytes(buf[at : at + n + 16]))

    monkeypatch.setattr(custody_model, "_seal", noted)
    return found


def test_no_nonce_is_used_for_two_texts_whatever_is_cut(ledger):
    noise = random.Random(7)
    matrix = Matrix(7, lambda _: noise.randrange(60) == 0, nested=1)
    matrix.run(120)
    assert matrix.count.failures == [] and matrix.count.cuts > 10
    assert len(ledger.sealed) > 300
    # Versions were used again after cuts: what tells them apart is the salt.
    assert sum(len(salts) > 1 for salts in ledger.salts.values()) > 20


def test_the_same_text_in_the_same_place_gives_the_same_bytes_and_no_other(ledger):
    custody = custody_model.CustodyModel(seed=1)
    custody.begin(b"saltsalt")
    custody.create()

    def sealed(text: bytes, version: int) -> bytes:
        buf, salt = bytearray(text + bytes(16)), bytearray(8)
        custody.seal(2, bytes(8) + version.to_bytes(4, "little"), version, buf, 0, 18, salt)
        return bytes(buf + salt)

    assert sealed(b"a" * 18, 1) == sealed(b"a" * 18, 1)
    assert len({sealed(b"a" * 18, 1), sealed(b"b" * 18, 1), sealed(b"a" * 18, 2)}) == 3


def test_a_ledger_finds_a_nonce_that_comes_twice():
    ledger = _Ledger()
    ledger.note(b"key", b"salt", 1, b"", b"one")
    ledger.note(b"key", b"salt", 1, b"", b"one")
    with pytest.raises(AssertionError, match="two texts"):
        ledger.note(b"key", b"salt", 1, b"", b"two")
