"""program/vault.c on every machine: built, asked, and what its calls take."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, fields

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from replay_machines import Machine, build_program

_SEAL, _BLOCK, _DERIVE = range(3)
_DERIVED_BYTES = 77


@dataclass(frozen=True)
class VaultFigures:
    """Instructions of one call (struct figures in vault.c)."""

    aead_init: int
    seal_35: int
    seal_60: int
    open_35: int
    block: int
    hkdf_extract: int
    hkdf_expand_32: int


@dataclass(frozen=True)
class Questions:
    """A script, and OpenSSL's answers to it."""

    script: bytes
    answer: bytes


def questions() -> Questions:
    """Packets of every length, blocks, and derived keys."""
    dice = random.Random(1)
    asked = [_seal(dice, n_text) for n_text in range(301)]
    asked += [_block(dice) for _ in range(50)]
    asked += [_derive(dice) for _ in range(50)]
    return Questions(b"".join(a.script for a in asked), b"".join(a.answer for a in asked))


def _seal(dice: random.Random, n_text: int) -> Questions:
    n_key, n_data = dice.choice((16, 32)), dice.choice((0, 12, 16, 100))
    key, nonce, data, text = (dice.randbytes(n) for n in (n_key, 12, n_data, n_text))
    head = struct.pack("<4H", _SEAL, n_key, n_data, n_text)
    sealed = AESGCM(key).encrypt(nonce, text, data)
    return Questions(head + key + nonce + data + text, sealed + text)


def _block(dice: random.Random) -> Questions:
    key, text = dice.randbytes(16), dice.randbytes(16)
    judge = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return Questions(struct.pack("<4H", _BLOCK, 16, 0, 16) + key + text, judge.update(text))


def _derive(dice: random.Random) -> Questions:
    key, salt, info = (dice.randbytes(dice.randrange(n)) for n in (150, 100, 100))
    head = struct.pack("<4H", _DERIVE, len(key), len(salt), len(info))
    derived = HKDF(hashes.SHA256(), _DERIVED_BYTES, salt, info).derive(key)
    return Questions(head + key + salt + info, derived)


def ask(machine: Machine, script: bytes) -> tuple[bytes, VaultFigures]:
    """Build what changed and let the machine answer; raises ReplayError."""
    program = build_program(machine, "vault")
    answer = program.run("vault-questions", script)
    counted = struct.unpack(f"<{len(fields(VaultFigures))}I", program.figures("vault-questions"))
    return answer, VaultFigures(*counted)
