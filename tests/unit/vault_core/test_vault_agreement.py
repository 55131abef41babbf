"""X25519 and PBKDF2: the vectors of their RFCs, and OpenSSL as the judge of the rest."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from vault_programs import Oracle

# RFC 7748 clause 5.2: scalar, point, product.
PRODUCTS = [
    (
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ),
    (
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    ),
]
# Clause 6.1: private and public key of each side, and what they share.
ALICE = (
    "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
    "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
)
BOB = (
    "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
    "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
)
SHARED = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
# Points of small order: of them no secret comes.
NO_KEYS = [
    "00" * 32,
    "01" + "00" * 31,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ec" + "ff" * 30 + "7f",
    "ed" + "ff" * 30 + "7f",
    "ee" + "ff" * 30 + "7f",
]


@pytest.fixture(scope="module", params=["oracle", "oracle_32"])
def agreeing(programs: Path, request: pytest.FixtureRequest) -> Iterator[Oracle]:
    """X25519 with numbers of 128 bits, as on a PC, and without, as on the chips."""
    running = Oracle(programs / request.param)
    yield running
    running.close()


@pytest.mark.parametrize(("scalar", "point", "product"), PRODUCTS)
def test_published_products(agreeing: Oracle, scalar: str, point: str, product: str) -> None:
    answer = agreeing.bytes("agree", bytes.fromhex(scalar), bytes.fromhex(point))
    assert answer.hex() == product


def test_published_iterations(agreeing: Oracle) -> None:
    """Clause 5.2: the product becomes the scalar, the scalar the point."""
    scalar = point = bytes([9]) + bytes(31)
    for n in range(1, 1001):
        scalar, point = agreeing.bytes("agree", scalar, point), scalar
        if n == 1:
            assert scalar.hex().startswith("422c8e7a6227d7bca1350b3e2bb7279f")
    assert scalar.hex().startswith("684cf59ba83309552800ef566f2f4d3c")


def test_published_agreement(agreeing: Oracle) -> None:
    for (private, public), (_, other) in ((ALICE, BOB), (BOB, ALICE)):
        assert agreeing.bytes("public", bytes.fromhex(private)).hex() == public
        shared = agreeing.bytes("agree", bytes.fromhex(private), bytes.fromhex(other))
        assert shared.hex() == SHARED


def test_agreements_are_openssls(agreeing: Oracle) -> None:
    dice = random.Random(11)
    for _ in range(200):
        private, point = dice.randbytes(32), dice.randbytes(32)
        judge = X25519PrivateKey.from_private_bytes(private)
        assert agreeing.bytes("public", private) == judge.public_key().public_bytes_raw()
        shared = judge.exchange(X25519PublicKey.from_public_bytes(point))
        assert agreeing.bytes("agree", private, point) == shared


@pytest.mark.parametrize("point", NO_KEYS)
def test_a_public_key_that_is_none_is_refused(agreeing: Oracle, point: str) -> None:
    private = random.Random(12).randbytes(32)
    assert agreeing.ask("agree", private, bytes.fromhex(point)) == ["none"]


# --- PBKDF2 -------------------------------------------------------------------------------------

# RFC 7914 clause 11: password, salt, rounds, and the first of two blocks.
STRETCHED = [
    (
        *(b"passwd", b"salt", 1),
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc",
    ),
    (
        *(b"Password", b"NaCl", 80000),
        "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56",
    ),
]


@pytest.mark.parametrize(("password", "salt", "rounds", "out"), STRETCHED)
def test_published_stretching(
    oracle: Oracle, password: bytes, salt: bytes, rounds: int, out: str
) -> None:
    assert oracle.bytes("pbkdf2", password, salt, rounds, 1000).hex() == out


def test_stretching_is_openssls_whatever_the_slices(oracle: Oracle) -> None:
    dice = random.Random(13)
    for _ in range(300):
        password, salt = (dice.randbytes(dice.randrange(1, 150)) for _ in range(2))
        rounds = dice.randrange(1, 40)
        judged = PBKDF2HMAC(hashes.SHA256(), 32, salt, rounds).derive(password)
        for n_slice in (1, dice.randrange(1, 50), 1000):
            assert oracle.bytes("pbkdf2", password, salt, rounds, n_slice) == judged


def test_an_empty_password_is_one_too(oracle: Oracle) -> None:
    judged = PBKDF2HMAC(hashes.SHA256(), 32, b"salt", 3).derive(b"")
    assert oracle.bytes("pbkdf2", b"", b"salt", 3, 2) == judged


def test_a_prepared_key_serves_many_messages(oracle: Oracle) -> None:
    dice = random.Random(14)
    for n_key in (1, 32, 64, 65, 200):
        key = dice.randbytes(n_key)
        pieces = [dice.randbytes(dice.randrange(1, 200)) for _ in range(10)]
        macs = [bytes.fromhex(word) for word in oracle.ask("copies", key, *pieces)]
        for piece, mac in zip(pieces, macs, strict=True):
            judge = hmac.HMAC(key, hashes.SHA256())
            judge.update(piece)
            assert mac == judge.finalize()
