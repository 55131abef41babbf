"""`vault.custody` under MicroPython: answers, errors, and no use of the heap where it counts."""

import micropython
from vault import custody

_SALT = b"storsalt"
_AAD = bytes(range(12))
_PIN_SALT = bytes(range(16))
_SERVICE, _PROFESSIONAL, _PERSONAL = 1, 2, 3


def _refused(error, call, *args):
    try:
        call(*args)
    except error as refusal:
        assert refusal.args[-1], "an error says what happened"
        return refusal
    raise AssertionError("%s was taken: %r" % (call, args))


def _enter(pin):
    custody.pin_begin(pin, _PIN_SALT, 20)
    while not custody.pin_step(7):
        pass


def _keys():
    custody.begin(_SALT)
    custody.create()
    _enter(b"4711")
    return custody.wrap(1)


def _restarted(body):
    custody.forget()
    custody.begin(_SALT)
    custody.load(body)


def test_there_is_one_and_it_says_where_its_secret_lies():
    import vault

    assert vault.custody is custody
    assert custody.device_secret() == "file"


def test_what_follows_from_the_device_secret():
    """Of the bytes 0 to 31, computed by OpenSSL (the runner gives the secret)."""
    custody.begin(_SALT)
    out = bytearray(9)
    custody.mac(out, b"sector", b"a", b"", memoryview(b"bc"))
    assert out.hex() == "da50db3f4aef4bf900", out.hex()
    assert custody.name_id(_PROFESSIONAL, b"contact").hex() == "4d34b843eace"


def test_keys_are_wrapped_loaded_and_unlocked():
    body = _keys()
    assert len(body) == custody.KEYS_BYTES == 337
    assert [custody.is_open(domain) for domain in (1, 2, 3)] == [True] * 3
    _restarted(body)
    assert [custody.is_open(domain) for domain in (1, 2, 3)] == [True, False, False]
    _enter(b"4712")
    assert custody.unlock(body, True) is False
    _enter(b"4711")
    assert custody.unlock(memoryview(body), False) is True
    assert [custody.is_open(domain) for domain in (1, 2, 3)] == [True, True, False]
    custody.lock()
    _refused(ValueError, custody.unlock, body, True)


def test_keys_that_do_not_open():
    body = bytearray(_keys())
    body[100] ^= 1
    _refused(ValueError, custody.load, body)
    custody.begin(b"saltstor")
    body[100] ^= 1
    _refused(ValueError, custody.load, body)


def test_records_lie_within_buffers():
    _keys()
    buf = bytearray(b"0123456789" + b"some text" + bytes(20))
    salt = bytearray(8)
    custody.seal(_SERVICE, _AAD, 0xFFFFFFFF, buf, 10, 9, salt)
    assert buf[:10] == b"0123456789" and buf[35:] == bytes(4)
    assert buf[10:19] != b"some text" and salt != bytes(8)
    assert custody.open(_SERVICE, _AAD, 0xFFFFFFFF, salt, buf, 10, 9) is True
    assert buf[10:19] == b"some text"
    custody.seal(_SERVICE, _AAD, 7, buf, 10, 9, salt)
    assert custody.open(_SERVICE, _AAD, 8, salt, buf, 10, 9) is False
    assert buf[10:19] == bytes(9)


def test_boxes_stand_in_front_of_their_text():
    body = _keys()
    custody.lock()
    salt = bytearray(8)
    buf = bytearray(b"####" + bytes(34) + b"while it was locked" + bytes(17))
    custody.seal_box(_PERSONAL, _AAD, 3, buf, 38, 19, salt)
    assert buf[:4] == b"####" and buf[-1] == 0 and buf[36:38] == bytes(2)
    _refused(ValueError, custody.open_box, _PERSONAL, _AAD, 3, salt, buf, 38, 19)
    _enter(b"4711")
    assert custody.unlock(body, True)
    assert custody.open_box(_PERSONAL, _AAD, 3, salt, buf, 38, 19) is True
    assert buf[38:57] == b"while it was locked"
    assert custody.open_box(_PERSONAL, _AAD, 3, salt, buf, 38, 19) is False
    assert buf[38:57] == bytes(19)


def test_arguments_that_are_wrong():
    body = _keys()
    buf, salt = bytearray(100), bytearray(8)
    for size in (0, 7, 9):
        _refused(ValueError, custody.begin, bytes(size))
    custody.begin(_SALT)
    custody.load(body)
    for domain in (0, 4, -1, 1 << 40):
        _refused((ValueError, OverflowError), custody.is_open, domain)
        _refused((ValueError, OverflowError), custody.seal, domain, _AAD, 1, buf, 0, 9, salt)
    for version in (-1, 1 << 32, 1 << 80):
        _refused((ValueError, OverflowError), custody.seal, 1, _AAD, version, buf, 0, 9, salt)
    _refused(TypeError, custody.seal, 1, _AAD, None, buf, 0, 9, salt)
    for at, size in ((-1, 9), (0, -1), (0, 85), (85, 0), (101, 0), (1 << 29, 0), (0, 1 << 29)):
        _refused(ValueError, custody.seal, 1, _AAD, 1, buf, at, size, salt)
        _refused(ValueError, custody.open, 1, _AAD, 1, salt, buf, at, size)
    for at in (0, 33):
        _refused(ValueError, custody.seal_box, 2, _AAD, 1, buf, at, 9, salt)
        _refused(ValueError, custody.open_box, 2, _AAD, 1, salt, buf, at, 9)
    _refused(ValueError, custody.seal, 1, bytes(31), 1, buf, 0, 9, salt)
    _refused(ValueError, custody.seal, 1, _AAD, 1, buf, 0, 9, bytearray(7))
    _refused(ValueError, custody.open, 1, _AAD, 1, bytes(9), buf, 0, 9)
    _refused(TypeError, custody.seal, 1, _AAD, 1, bytes(100), 0, 9, salt)
    _refused(TypeError, custody.mac, bytes(8), b"", b"", b"", b"")
    _refused(ValueError, custody.mac, bytearray(7), b"", b"", b"", b"")
    for size in (0, 336, 338):
        _refused(ValueError, custody.load, bytes(size))
        _refused(ValueError, custody.unlock, bytes(size), True)
    for size in (0, 15, 17):
        _refused(ValueError, custody.pin_begin, b"1", bytes(size), 1)
    assert buf == bytearray(100) and salt == bytearray(8)


def test_what_is_forgotten_is_of_no_use():
    body = _keys()
    custody.forget()
    buf, salt = bytearray(100), bytearray(8)
    assert not any(custody.is_open(domain) for domain in (1, 2, 3))
    _refused(ValueError, custody.mac, salt, b"", b"", b"", b"")
    _refused(ValueError, custody.name_id, 2, b"")
    _refused(ValueError, custody.create)
    _refused(ValueError, custody.load, body)
    _refused(ValueError, custody.pin_begin, b"1", _PIN_SALT, 1)
    _refused(ValueError, custody.pin_step, 1)
    _refused(ValueError, custody.unlock, body, True)
    _refused(ValueError, custody.wrap, 1)
    _refused(ValueError, custody.seal, 1, _AAD, 1, buf, 0, 9, salt)
    _refused(ValueError, custody.seal_box, 2, _AAD, 1, buf, 34, 9, salt)


def test_nothing_that_a_record_needs_takes_from_the_heap():
    body = _keys()
    buf, salt, mac = bytearray(100), bytearray(8), bytearray(8)
    micropython.heap_lock()
    try:
        for _ in range(3):
            custody.begin(_SALT)
            custody.load(body)
            custody.mac(mac, mac, _AAD, salt, buf)
            custody.seal(_SERVICE, _AAD, 1, buf, 34, 50, salt)
            assert custody.open(_SERVICE, _AAD, 1, salt, buf, 34, 50)
            custody.seal_box(_PROFESSIONAL, _AAD, 1, buf, 34, 50, salt)
            custody.pin_begin(b"4711", _PIN_SALT, 20)
            assert not custody.pin_step(5)
            assert custody.pin_step(100)
            assert custody.unlock(body, True)
            assert custody.open_box(_PROFESSIONAL, _AAD, 1, salt, buf, 34, 50)
            custody.lock()
            custody.pin_forget()
    finally:
        micropython.heap_unlock()
