"""Keys and sealing of the store's format, over `cryptography`; nothing of the firmware."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

SERVICE, PROFESSIONAL, PERSONAL = 1, 2, 3
KEYS_BYTES = 337
_HEAD_BYTES = 85
_DOMAINS = {
    SERVICE: (b"service", 85),
    PROFESSIONAL: (b"professional", 145),
    PERSONAL: (b"personal", 237),
}


def hkdf(key: bytes, salt: bytes | None, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(key)


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


class DeviceKeys:
    """What the device secret and the store's salt give."""

    def __init__(self, device_secret: bytes, store_salt: bytes) -> None:
        self._pepper = hmac_sha256(device_secret, b"handset store pin")
        self.salt = store_salt
        chain = hmac_sha256(device_secret, b"handset store chain")
        self._chain = hkdf(chain, store_salt, b"chain")
        self._names = hkdf(chain, store_salt, b"names")
        self.kek = hkdf(hmac_sha256(device_secret, b"handset store device"), store_salt, b"device")

    def mac(self, *parts: bytes) -> bytes:
        return hmac_sha256(self._chain, b"".join(parts))[:8]

    def name_id(self, domain: int, name: str) -> bytes:
        return hmac_sha256(self._names, bytes([domain]) + name.encode())[:6]

    def pin_kek(self, pin: str | None, pin_salt: bytes, rounds: int) -> bytes:
        slow = bytes(32)
        if rounds:
            slow = hashlib.pbkdf2_hmac("sha256", (pin or "").encode(), pin_salt, rounds, 32)
        return hkdf(slow + self._pepper, self.salt, b"pin")


@dataclass(frozen=True)
class DomainKeys:
    """One domain's keys; `private` opens boxes and is missing in `service`, which has none."""

    key: bytes
    private: X25519PrivateKey | None

    @property
    def public(self) -> bytes:
        assert self.private
        return self.private.public_key().public_bytes_raw()


def open_keys(body: bytes, device: DeviceKeys, pin: str | None) -> dict[int, DomainKeys]:
    """The domains that device and PIN open; a wrong PIN opens `service` only."""
    kek = device.pin_kek(pin, body[5:21], int.from_bytes(body[1:5], "little"))
    domains = {}
    for domain, (label, at) in _DOMAINS.items():
        n_bytes = 32 if domain == SERVICE else 64
        nonce, sealed = body[at : at + 12], body[at + 12 : at + 12 + n_bytes + 16]
        try:
            aes = AESGCM(device.kek if domain == SERVICE else kek)
            text = aes.decrypt(nonce, sealed, label + body[:_HEAD_BYTES])
        except InvalidTag:
            continue
        private = X25519PrivateKey.from_private_bytes(text[32:]) if text[32:] else None
        domains[domain] = DomainKeys(text[:32], private)
    return domains


def box_keys(shared: bytes, session: bytes, domain: bytes, step: int) -> tuple[bytes, bytes]:
    """Key and nonce key of a step of a writing session."""
    chain = hkdf(shared, session + domain, b"handset store box")
    for _ in range(step):
        chain = HKDFExpand(SHA256(), 64, b"key").derive(chain)[32:]
    key = HKDFExpand(SHA256(), 64, b"key").derive(chain)[:32]
    return key, HKDFExpand(SHA256(), 32, b"nonce").derive(chain)


def sealing_keys(keys: DomainKeys, box: bytes) -> tuple[bytes, bytes]:
    """Key and nonce key of a record, `box` being empty if it is none."""
    if not box:
        return keys.key, hkdf(keys.key, None, b"nonce")
    assert keys.private
    shared = keys.private.exchange(X25519PublicKey.from_public_bytes(box[:32]))
    return box_keys(shared, box[:32], keys.public, int.from_bytes(box[32:], "little"))
