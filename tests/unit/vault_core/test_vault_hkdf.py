"""HMAC and HKDF with SHA-256: the vectors of their RFCs, and OpenSSL as the judge of the rest."""

from __future__ import annotations

import random

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from vault_programs import Oracle

_OUT_BYTES_MAX = 255 * 32
_OUT_A2 = (
    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c6"
    "5e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
)
# RFC 5869 A.1 to A.3: input, salt, info, key made of it, output.
VECTORS = {
    "A.1": (
        *(b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA))),
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    "A.2": (
        *(bytes(range(80)), bytes(range(0x60, 0xB0)), bytes(range(0xB0, 0x100))),
        "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        _OUT_A2,
    ),
    "A.3": (
        *(b"\x0b" * 22, b"", b""),
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
}
# RFC 4231 clauses 4.2, 4.3, 4.7: key, message, MAC.
HMAC_VECTORS = [
    (
        *(b"\x0b" * 20, b"Hi There"),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ),
    (
        *(b"Jefe", b"what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (
        *(b"\xaa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First"),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
]


@pytest.mark.parametrize("name", VECTORS)
def test_published_vectors(oracle: Oracle, name: str) -> None:
    ikm, salt, info, prk, out = VECTORS[name]
    assert oracle.bytes("extract", salt, ikm).hex() == prk
    assert oracle.bytes("expand", bytes.fromhex(prk), info, len(out) // 2).hex() == out


@pytest.mark.parametrize(("key", "message", "mac"), HMAC_VECTORS)
def test_published_vectors_of_hmac(oracle: Oracle, key: bytes, message: bytes, mac: str) -> None:
    assert oracle.bytes("hmac", key, message).hex() == mac
    assert oracle.bytes("hmac", key, message[:5], b"", message[5:]).hex() == mac


def test_keys_of_every_length_agree_with_openssl(oracle: Oracle) -> None:
    dice = random.Random(6)
    for n_key in range(1, 200):
        key, message = dice.randbytes(n_key), dice.randbytes(dice.randrange(300))
        judge = hmac.HMAC(key, hashes.SHA256())
        judge.update(message)
        assert oracle.bytes("hmac", key, message) == judge.finalize()


def test_derived_keys_agree_with_openssl(oracle: Oracle) -> None:
    dice = random.Random(7)
    for _ in range(300):
        ikm, salt, info = (dice.randbytes(dice.randrange(n)) for n in (200, 100, 200))
        n_out = dice.randrange(1, 200)
        prk = oracle.bytes("extract", salt, ikm)
        judge = HKDF(hashes.SHA256(), n_out, salt, info)
        assert oracle.bytes("expand", prk, info, n_out) == judge.derive(ikm)


@pytest.mark.parametrize("n_out", [0, 1, 31, 32, 33, 64, 8159, _OUT_BYTES_MAX])
def test_lengths_at_the_edges(oracle: Oracle, n_out: int) -> None:
    prk = bytes(range(32))
    judged = HKDFExpand(hashes.SHA256(), n_out, b"info").derive(prk) if n_out else b""
    assert oracle.bytes("expand", prk, b"info", n_out) == judged


def test_more_than_the_rfc_allows_is_refused(oracle: Oracle) -> None:
    assert oracle.ask("expand", bytes(32), b"", _OUT_BYTES_MAX + 1) == ["refused"]
