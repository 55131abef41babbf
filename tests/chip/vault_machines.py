"""program/vault.c on every machine: built, asked, and what its calls take."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, fields

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from replay_machines import Machine, build_program

_SEAL, _BLOCK, _DERIVE, _AGREE, _STRETCH = range(5)
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
    x25519: int
    pbkdf2_100_rounds: int
    custody_begin: int
    custody_mac: int
    custody_seal_66: int
    custody_open_66: int
    custody_other_domain: int
    custody_first_box_66: int
    custody_next_box_66: int
    custody_open_first_box_66: int
    custody_open_next_box_66: int


@dataclass(frozen=True)
class Questions:
    """A script, and OpenSSL's answers to it."""

    script: bytes
    answer: bytes


def questions() -> Questions:
    """Packets of every length, blocks, derived and agreed keys, stretched passwords."""
    dice = random.Random(1)
    asked = [_seal(dice, n_text) for n_text in range(301)]
    asked += [_block(dice) for _ in range(50)]
    asked += [_derive(dice) for _ in range(50)]
    asked += [_agree(dice) for _ in range(10)]
    asked += [_stretch(dice) for _ in range(10)]
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


def _agree(dice: random.Random) -> Questions:
    ours = X25519PrivateKey.from_private_bytes(dice.randbytes(32))
    other = X25519PrivateKey.from_private_bytes(dice.randbytes(32)).public_key()
    head = struct.pack("<4H", _AGREE, 32, 32, 0)
    answer = ours.public_key().public_bytes_raw() + ours.exchange(other)
    return Questions(head + ours.private_bytes_raw() + other.public_bytes_raw(), answer)


def _stretch(dice: random.Random) -> Questions:
    password, salt = dice.randbytes(dice.randrange(1, 100)), dice.randbytes(16)
    n_rounds = dice.randrange(1, 50)
    head = struct.pack("<4H", _STRETCH, len(password), len(salt), n_rounds)
    stretched = PBKDF2HMAC(hashes.SHA256(), 32, salt, n_rounds).derive(password)
    return Questions(head + password + salt, stretched)


def ask(machine: Machine, script: bytes) -> tuple[bytes, VaultFigures]:
    """Build what changed and let the machine answer; raises ReplayError."""
    program = build_program(machine, "vault")
    answer = program.run("vault-questions", script)
    counted = struct.unpack(f"<{len(fields(VaultFigures))}I", program.figures("vault-questions"))
    return answer, VaultFigures(*counted)
