"""AES-GCM and the single AES block: published vectors, and OpenSSL as the judge of the rest."""

from __future__ import annotations

import random

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from vault_programs import Oracle

LENGTHS = range(301)
_FEFFE = "feffe9928665731c6d6a8f9467308308"
_TEXT = (
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
)
_AAD = "feedfacedeadbeeffeedfacedeadbeefabaddad2"
_CIPHER_128 = (
    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985"
)
_CIPHER_256 = (
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
)
# McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", appendix B: number of the test
# case, key, nonce, additional data, text, cipher text, tag.
VECTORS = {
    1: ("00" * 16, "00" * 12, "", "", "", "58e2fccefa7e3061367f1d57a4e7455a"),
    2: (
        *("00" * 16, "00" * 12, "", "00" * 16, "0388dace60b6a392f328c2b971b2fe78"),
        "ab6e47d42cec13bdf53a67b21257bddf",
    ),
    3: (
        *(_FEFFE, "cafebabefacedbaddecaf888", "", _TEXT, _CIPHER_128),
        "4d5c2af327cd64a62cf35abd2ba6fab4",
    ),
    4: (
        *(_FEFFE, "cafebabefacedbaddecaf888", _AAD, _TEXT[:120], _CIPHER_128[:120]),
        "5bc94fbc3221a5db94fae95ae7121a47",
    ),
    13: ("00" * 32, "00" * 12, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    14: (
        *("00" * 32, "00" * 12, "", "00" * 16, "cea7403d4d606b6e074ec5d3baf39d18"),
        "d0d1c8a799996bf0265b98b5d48ab919",
    ),
    16: (
        *(_FEFFE * 2, "cafebabefacedbaddecaf888", _AAD, _TEXT[:120], _CIPHER_256[:120]),
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ),
}


@pytest.mark.parametrize("number", VECTORS)
def test_published_vectors(oracle: Oracle, number: int) -> None:
    key, nonce, aad, text, cipher, tag = (bytes.fromhex(word) for word in VECTORS[number])
    assert oracle.seal(key, nonce, aad, text) == cipher + tag
    assert oracle.open(key, nonce, aad, cipher + tag) == (True, text)


def test_published_vector_of_a_block(oracle: Oracle) -> None:
    """FIPS 197, appendix C.1."""
    key, text = bytes(range(16)), bytes(17 * i for i in range(16))
    assert oracle.bytes("block", key, text).hex() == "69c4e0d86a7b0430d8cdb78070b4c55a"


@pytest.mark.parametrize("n_key", [16, 32])
@pytest.mark.parametrize("n_aad", [0, 1, 12, 16, 31, 300])
def test_every_length_agrees_with_openssl(oracle: Oracle, n_key: int, n_aad: int) -> None:
    dice = random.Random(1000 * n_key + n_aad)
    for n_text in LENGTHS:
        key, nonce, aad, text = (dice.randbytes(n) for n in (n_key, 12, n_aad, n_text))
        sealed = AESGCM(key).encrypt(nonce, text, aad)
        assert oracle.seal(key, nonce, aad, text) == sealed
        assert oracle.open(key, nonce, aad, sealed) == (True, text)


def test_random_lengths_of_additional_data_agree_with_openssl(oracle: Oracle) -> None:
    dice = random.Random(3)
    for _ in range(500):
        key = dice.randbytes(dice.choice((16, 32)))
        nonce, aad, text = (
            dice.randbytes(n) for n in (12, dice.randrange(600), dice.randrange(99))
        )
        assert oracle.seal(key, nonce, aad, text) == AESGCM(key).encrypt(nonce, text, aad)


def test_blocks_agree_with_openssl(oracle: Oracle) -> None:
    dice = random.Random(4)
    for _ in range(500):
        key, text = dice.randbytes(16), dice.randbytes(16)
        judge = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
        assert oracle.bytes("block", key, text) == judge.update(text)


@pytest.mark.parametrize("n_key", range(70))
def test_only_keys_of_16_or_32_bytes_are_taken(oracle: Oracle, n_key: int) -> None:
    answer = oracle.ask("seal", bytes(n_key), bytes(12), b"", b"text")
    assert (answer == ["refused"]) == (n_key not in (16, 32))


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("n_text", [0, 1, 16, 35])
def test_every_flipped_bit_is_noticed_and_nothing_comes_out(oracle: Oracle, n_text: int) -> None:
    """Of cipher text, tag, additional data, nonce and key."""
    dice = random.Random(n_text)
    parts = [dice.randbytes(n) for n in (16, 12, 12)]
    parts.append(oracle.seal(*parts, dice.randbytes(n_text)))
    assert oracle.open(*parts)[0]
    for i, part in enumerate(parts):
        for bit in range(8 * len(part)):
            changed = [*parts[:i], flipped(part, bit), *parts[i + 1 :]]
            assert oracle.open(*changed) == (False, bytes(n_text)), (i, bit)


def test_bytes_that_move_from_data_to_text_are_noticed(oracle: Oracle) -> None:
    key, nonce = bytes(16), bytes(12)
    sealed = oracle.seal(key, nonce, b"data", b"text")
    assert oracle.open(key, nonce, b"data" + sealed[:1], sealed[1:]) == (False, bytes(3))
    assert oracle.open(key, nonce, b"dat", b"a" + sealed) == (False, bytes(5))


@pytest.mark.parametrize("n_key", [16, 32])
def test_a_forgotten_key_leaves_nothing(oracle: Oracle, n_key: int) -> None:
    left = oracle.bytes("forget", random.Random(5).randbytes(n_key))
    assert len(left) >= 640
    assert not any(left)
