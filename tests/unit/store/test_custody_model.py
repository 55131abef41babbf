"""The model of `vault.custody`: its answers, and its bytes against an independent derivation."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from custody_model import (
    KEYS_BYTES,
    PERSONAL,
    PROFESSIONAL,
    SERVICE,
    TEST_DEVICE_SECRET,
    CustodyModel,
)

STORE_SALT = b"saltsalt"
PIN_SALT = bytes(16)
AAD = b"\x21\x02\x01\x02\x03\x04\x05\x06\x07\x00\x00\x00"
TEXT = b"\x05\x00hello" + bytes(27)


def _custody(seed: int = 1) -> CustodyModel:
    custody = CustodyModel(seed=seed)
    custody.begin(STORE_SALT)
    return custody


def _with_keys(pin: bytes = b"1234", rounds: int = 10) -> tuple[CustodyModel, bytes]:
    custody = _custody()
    custody.create()
    custody.pin_begin(pin, PIN_SALT, rounds)
    assert custody.pin_step(rounds)
    return custody, custody.wrap(1)


def _rebooted(keys: bytes, pin: bytes | None = None, personal: bool = True) -> CustodyModel:
    custody = _custody(2)
    custody.load(keys)
    if pin is not None:
        custody.pin_begin(pin, keys[5:21], int.from_bytes(keys[1:5], "little"))
        assert custody.pin_step(1 << 20)
        assert custody.unlock(keys, personal)
    return custody


def _derived(label: bytes) -> bytes:
    return hmac.new(TEST_DEVICE_SECRET, label, hashlib.sha256).digest()


def _hkdf(secret: bytes, salt: bytes | None, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, info).derive(secret)


def _sealed(custody: CustodyModel, domain: int) -> tuple[bytearray, bytearray]:
    buf, salt = bytearray(b"...." + TEXT + bytes(16)), bytearray(8)
    custody.seal(domain, AAD, 7, buf, 4, len(TEXT), salt)
    return buf, salt


def _boxed(custody: CustodyModel, domain: int) -> tuple[bytearray, bytearray]:
    buf, salt = bytearray(bytes(34) + TEXT + bytes(16)), bytearray(8)
    custody.seal_box(domain, AAD, 7, buf, 34, len(TEXT), salt)
    return buf, salt


def test_macs_are_of_all_pieces_under_the_chain_key():
    custody, out = _custody(), bytearray(10)
    custody.mac(out, b"prev", b"a", memoryview(b"b"), b"")
    key = _hkdf(_derived(b"handset store chain"), STORE_SALT, b"chain")
    assert out == hmac.new(key, b"prevab", hashlib.sha256).digest()[:8] + bytes(2)


def test_name_ids_depend_on_domain_name_and_store():
    custody = _custody()
    key = _hkdf(_derived(b"handset store chain"), STORE_SALT, b"names")
    assert custody.name_id(2, b"x") == hmac.new(key, b"\x02x", hashlib.sha256).digest()[:6]
    other = CustodyModel()
    other.begin(b"othersal")
    ids = {custody.name_id(2, b"x"), custody.name_id(3, b"x"), other.name_id(2, b"x")}
    assert len(ids) == 3


def test_without_a_device_secret_nothing_begins():
    with pytest.raises(OSError, match="device secret"):
        CustodyModel(device_secret=None).begin(STORE_SALT)
    with pytest.raises(ValueError, match="not begun"):
        CustodyModel().mac(bytearray(8), b"", b"", b"", b"")


def test_keys_are_wrapped_as_the_format_says():
    _, keys = _with_keys(b"2580", 10)
    assert len(keys) == KEYS_BYTES
    assert keys[:5] == b"\x01\x0a\x00\x00\x00" and keys[329:] == b"\x01" + bytes(7)
    device = _hkdf(_derived(b"handset store device"), STORE_SALT, b"device")
    service = AESGCM(device).decrypt(keys[85:97], keys[97:145], b"service" + keys[:85])
    stretched = hashlib.pbkdf2_hmac("sha256", b"2580", keys[5:21], 10)
    pin = _hkdf(stretched + _derived(b"handset store pin"), STORE_SALT, b"pin")
    opened = AESGCM(pin).decrypt(keys[145:157], keys[157:237], b"professional" + keys[:85])
    personal = AESGCM(pin).decrypt(keys[237:249], keys[249:329], b"personal" + keys[:85])
    assert (len(service), len(opened), len(personal)) == (32, 64, 64)
    for private, at in ((opened[32:], 21), (personal[32:], 53)):
        public = X25519PrivateKey.from_private_bytes(private).public_key()
        assert public.public_bytes_raw() == keys[at : at + 32]


def test_the_right_pin_opens_what_it_is_asked_to():
    _, keys = _with_keys()
    custody = _rebooted(keys)
    domains = (SERVICE, PROFESSIONAL, PERSONAL)
    assert [custody.is_open(domain) for domain in domains] == [True, False, False]
    custody = _rebooted(keys, b"1234", personal=False)
    assert [custody.is_open(domain) for domain in domains] == [True, True, False]
    custody = _rebooted(keys, b"1234")
    assert [custody.is_open(domain) for domain in domains] == [True, True, True]
    custody.lock()
    assert [custody.is_open(domain) for domain in domains] == [True, False, False]
    custody.forget()
    assert not custody.is_open(SERVICE)


def test_a_wrong_pin_opens_nothing():
    _, keys = _with_keys()
    custody = _rebooted(keys)
    custody.pin_begin(b"1235", keys[5:21], 10)
    assert not custody.pin_step(9)
    assert custody.pin_step(1)
    assert not custody.unlock(keys, True)
    assert not custody.is_open(PROFESSIONAL)


def test_without_a_pin_the_device_alone_opens_all():
    custody = _custody()
    custody.create()
    custody.pin_begin(b"", PIN_SALT, 0)
    keys = custody.wrap(1)
    assert _rebooted(keys, b"").is_open(PERSONAL)


def test_keys_of_another_device_or_damaged_do_not_open():
    _, keys = _with_keys()
    other = CustodyModel(bytes(32))
    other.begin(STORE_SALT)
    with pytest.raises(ValueError, match="do not open"):
        other.load(keys)
    with pytest.raises(ValueError, match="do not open"):
        _custody().load(keys[:100] + bytes([keys[100] ^ 1]) + keys[101:])


def test_keys_are_wrapped_with_all_domains_open_and_a_pin_only():
    custody, keys = _with_keys()
    custody.pin_forget()
    with pytest.raises(ValueError, match="wrapped"):
        custody.wrap(2)
    custody = _rebooted(keys, b"1234", personal=False)
    with pytest.raises(ValueError, match="wrapped"):
        custody.wrap(2)


@pytest.mark.parametrize("domain", [SERVICE, PROFESSIONAL, PERSONAL])
def test_what_is_sealed_opens_after_the_next_boot_and_is_not_there_to_read(domain):
    custody, keys = _with_keys()
    buf, salt = _sealed(custody, domain)
    assert buf[:4] == b"...." and b"hello" not in buf
    assert _rebooted(keys, b"1234").open(domain, AAD, 7, salt, buf, 4, len(TEXT))
    assert buf[4 : 4 + len(TEXT)] == TEXT


def test_the_nonce_follows_from_what_is_sealed():
    custody, keys = _with_keys()
    buf, salt = _sealed(custody, SERVICE)
    device = _hkdf(_derived(b"handset store device"), STORE_SALT, b"device")
    key = AESGCM(device).decrypt(keys[85:97], keys[97:145], b"service" + keys[:85])
    nonce_key = _hkdf(key, None, b"nonce")
    assert salt == hmac.new(nonce_key, AAD + TEXT, hashlib.sha256).digest()[:8]
    assert buf[4:] == AESGCM(key).encrypt(bytes(salt) + b"\x07\x00\x00\x00", TEXT, AAD)
    assert (buf, salt) == _sealed(custody, SERVICE)


@pytest.mark.parametrize("what", ["aad", "version", "salt", "text", "tag", "domain"])
def test_nothing_altered_opens(what):
    custody, _ = _with_keys()
    buf, salt = _sealed(custody, PROFESSIONAL)
    aad = AAD[:-1] + b"\x01" if what == "aad" else AAD
    if what in ("text", "tag"):
        buf[4 if what == "text" else -1] ^= 1
    salt[0] ^= what == "salt"
    domain = PERSONAL if what == "domain" else PROFESSIONAL
    version = 8 if what == "version" else 7
    assert not custody.open(domain, aad, version, salt, buf, 4, len(TEXT))
    assert buf[4 : 4 + len(TEXT)] == bytes(len(TEXT))


def test_a_locked_domain_neither_seals_nor_opens():
    _, keys = _with_keys()
    custody = _rebooted(keys)
    with pytest.raises(ValueError, match="not open"):
        _sealed(custody, PROFESSIONAL)
    with pytest.raises(ValueError, match="not open"):
        custody.open(PERSONAL, AAD, 7, bytes(8), bytearray(64), 0, 34)
    buf, salt = _boxed(custody, PROFESSIONAL)
    with pytest.raises(ValueError, match="not open"):
        custody.open_box(PROFESSIONAL, AAD, 7, salt, buf, 34, len(TEXT))


def test_boxes_open_with_the_pin_each_with_a_key_of_its_own():
    _, keys = _with_keys()
    locked = _rebooted(keys)
    boxes = [_boxed(locked, domain) for domain in (PROFESSIONAL, PROFESSIONAL, PERSONAL)]
    assert [bytes(buf[32:34]) for buf, _ in boxes] == [b"\x00\x00", b"\x01\x00", b"\x00\x00"]
    assert len({bytes(buf[34:]) for buf, _ in boxes}) == 3
    custody = _rebooted(keys, b"1234")
    for (buf, salt), domain in zip(boxes, (PROFESSIONAL, PROFESSIONAL, PERSONAL), strict=True):
        assert custody.open_box(domain, AAD, 7, salt, buf, 34, len(TEXT))
        assert buf[34 : 34 + len(TEXT)] == TEXT


def test_a_box_is_as_the_format_says():
    _, keys = _with_keys()
    buf, salt = _boxed(_rebooted(keys), PROFESSIONAL)
    stretched = hashlib.pbkdf2_hmac("sha256", b"1234", keys[5:21], 10)
    pin = _hkdf(stretched + _derived(b"handset store pin"), STORE_SALT, b"pin")
    private = AESGCM(pin).decrypt(keys[145:157], keys[157:237], b"professional" + keys[:85])[32:]
    theirs = X25519PublicKey.from_public_bytes(bytes(buf[:32]))
    shared = X25519PrivateKey.from_private_bytes(private).exchange(theirs)
    chain = _hkdf(shared, bytes(buf[:32]) + keys[21:53], b"handset store box")
    key = HKDFExpand(hashes.SHA256(), 64, b"key").derive(chain)[:32]
    nonce_key = HKDFExpand(hashes.SHA256(), 32, b"nonce").derive(chain)
    bound = AAD + bytes(buf[:34])
    assert salt == hmac.new(nonce_key, bound + TEXT, hashlib.sha256).digest()[:8]
    sealed = bytes(buf[34:])
    assert AESGCM(key).decrypt(bytes(salt) + b"\x07\x00\x00\x00", sealed, bound) == TEXT


@pytest.mark.parametrize("at", [0, 31, 32, 40])
def test_an_altered_box_does_not_open(at):
    _, keys = _with_keys()
    buf, salt = _boxed(_rebooted(keys), PROFESSIONAL)
    buf[at] ^= 1
    custody = _rebooted(keys, b"1234")
    assert not custody.open_box(PROFESSIONAL, AAD, 7, salt, buf, 34, len(TEXT))


def test_a_box_of_nobody_does_not_open():
    custody, _ = _with_keys()
    buf = bytearray(34 + len(TEXT) + 16)
    assert not custody.open_box(PROFESSIONAL, AAD, 7, bytes(8), buf, 34, len(TEXT))


def test_a_session_ends_before_its_steps_do():
    _, keys = _with_keys()
    locked = _rebooted(keys)
    boxes = [_boxed(locked, PERSONAL) for _ in range(300)]
    steps = [int.from_bytes(buf[32:34], "little") for buf, _ in boxes]
    assert max(steps) == 255 and steps[256] == 0
    assert len({bytes(buf[:32]) for buf, _ in boxes}) == 2
    buf, salt = boxes[-1]
    assert _rebooted(keys, b"1234").open_box(PERSONAL, AAD, 7, salt, buf, 34, len(TEXT))


def test_a_step_that_no_session_reaches_is_not_walked_to():
    _, keys = _with_keys()
    buf, salt = _boxed(_rebooted(keys), PERSONAL)
    buf[32:34] = b"\xff\xff"
    custody = _rebooted(keys, b"1234")
    assert not custody.open_box(PERSONAL, AAD, 7, salt, buf, 34, len(TEXT))
    assert buf[34 : 34 + len(TEXT)] == bytes(len(TEXT))


def test_a_lock_begins_a_new_writing_session():
    _, keys = _with_keys()
    custody = _rebooted(keys, b"1234")
    custody.lock()
    first = bytes(_boxed(custody, PERSONAL)[0][:32])
    assert bytes(_boxed(custody, PERSONAL)[0][:32]) == first
    custody.lock()
    assert bytes(_boxed(custody, PERSONAL)[0][:32]) != first


def test_no_randomness_no_keys_and_no_boxes():
    _, keys = _with_keys()
    custody = _rebooted(keys)
    custody.is_without_randomness = True
    with pytest.raises(OSError, match="randomness"):
        _boxed(custody, PERSONAL)
    with pytest.raises(OSError, match="randomness"):
        custody.create()


def test_the_same_seed_draws_the_same_keys():
    assert _with_keys()[1] == _with_keys()[1]
    other = CustodyModel(seed=9)
    other.begin(STORE_SALT)
    other.create()
    other.pin_begin(b"1234", PIN_SALT, 0)
    assert other.wrap(1) != _with_keys(rounds=0)[1]
