"""The module `vault` under MicroPython: answers, errors, and no use of the heap where it counts."""

import gc

import micropython
import uctypes
import vault

# AES-GCM test case 2 of McGrew and Viega.
_SEALED = "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"
_NONCE = bytes(12)
_OBJECT_BYTES = 656


def _refused(error, call, *args):
    try:
        call(*args)
    except error as refusal:
        assert refusal.args[-1], "an error says what happened"
        return
    raise AssertionError("%s was taken: %r" % (call, args))


def test_seal_and_open_in_place():
    aead = vault.Aead(bytes(16))
    buf = bytearray(40)
    aead.seal(_NONCE, b"", buf, 16)
    assert buf[:32].hex() == _SEALED and buf[32:] == bytes(8)
    assert aead.open(_NONCE, b"", buf, 16) is True
    assert buf[:16] == bytes(16)


def test_what_is_forged_is_zeroed_and_false():
    aead = vault.Aead(bytes(32))
    buf = bytearray(b"position" + bytes(vault.TAG_BYTES))
    aead.seal(_NONCE, b"head", buf, 8)
    assert aead.open(_NONCE, b"tail", buf, 8) is False
    assert buf[:8] == bytes(8)


def test_memoryviews_are_buffers_too():
    aead = vault.Aead(memoryview(bytes(16)))
    buf = bytearray(60)
    aead.seal(memoryview(_NONCE), memoryview(b""), memoryview(buf)[20:], 16)
    assert buf[20:52].hex() == _SEALED and buf[:20] == bytes(20)


def test_sizes_that_are_wrong():
    aead = vault.Aead(bytes(16))
    buf = bytearray(32)
    for size in (0, 15, 17, 24, 33):
        _refused(ValueError, vault.Aead, bytes(size))
    for call in (aead.seal, aead.open):
        for size in (0, 11, 13):
            _refused(ValueError, call, bytes(size), b"", buf, 16)
        for n_bytes in (-1, 17, 1 << 29):
            _refused(ValueError, call, _NONCE, b"", buf, n_bytes)
        _refused(ValueError, call, _NONCE, b"", bytearray(15), 0)
        _refused(TypeError, call, _NONCE, b"", bytes(32), 16)
    assert buf == bytearray(32)


def test_a_forgotten_key_is_of_no_use():
    aead = vault.Aead(bytes(16))
    aead.forget()
    aead.forget()
    _refused(ValueError, aead.seal, _NONCE, b"", bytearray(32), 16)
    _refused(ValueError, aead.open, _NONCE, b"", bytearray(32), 16)


def _made_and_dropped(key):
    """Where an object was that nobody holds any more, and whether the key was to be seen there."""
    aead = vault.Aead(key)
    return id(aead), key in uctypes.bytes_at(id(aead), _OBJECT_BYTES)


def test_a_key_does_not_outlive_its_object():
    key = bytes(range(100, 116))
    places = [_made_and_dropped(key) for _ in range(20)]
    gc.collect()
    assert all(was_there for _, was_there in places)
    # What still lies about on the machine's stack keeps an object or two alive.
    left = [key in uctypes.bytes_at(address, _OBJECT_BYTES) for address, _ in places]
    assert sum(left) <= 2, left


def test_hkdf_gives_the_vector_of_its_rfc():
    out = vault.hkdf(b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42)
    expected = (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )
    assert out.hex() == expected
    assert vault.hkdf(b"", b"", b"", 0) == b""


def test_hkdf_gives_no_more_than_its_rfc_allows():
    assert len(vault.hkdf(b"k", b"s", b"i", 8160)) == 8160
    for n_bytes in (-1, 8161):
        _refused(ValueError, vault.hkdf, b"k", b"s", b"i", n_bytes)


def test_random_bytes_come_from_the_system():
    bufs = [bytearray(16) for _ in range(8)]
    for buf in bufs:
        vault.random(buf)
    assert len({bytes(buf) for buf in bufs}) == 8
    assert vault.rng_state() == "good"
    assert vault.rng_source() == "getrandom(2)"
    vault.random(bytearray())
    _refused(TypeError, vault.random, bytes(16))


def test_nothing_on_the_way_of_a_packet_takes_from_the_heap():
    aead = vault.Aead(bytes(16))
    buf = bytearray(51)
    noise = bytearray(700)
    header = bytearray(12)
    micropython.heap_lock()
    try:
        for _ in range(50):
            vault.random(noise)
            aead.seal(_NONCE, header, buf, 35)
            assert aead.open(_NONCE, header, buf, 35)
            assert not aead.open(_NONCE, header, buf, 35)
            assert vault.rng_state() == "good"
    finally:
        micropython.heap_unlock()
