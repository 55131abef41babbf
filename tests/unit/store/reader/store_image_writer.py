"""Writes small images by hand, for the tests of the reader alone."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from reader_keys import (
    PERSONAL,
    PROFESSIONAL,
    SERVICE,
    DeviceKeys,
    DomainKeys,
    box_keys,
    hkdf,
    hmac_sha256,
)

SECRET = bytes(range(32))
SALT = b"salt8byt"
PIN = "2580"
_SECTOR_BYTES = 4096


def _drawn(label: str, n_bytes: int = 32) -> bytes:
    return hashlib.shake_256(label.encode()).digest(n_bytes)


class SectorWriter:
    """One sector; records in one transaction until `mark`."""

    def __init__(self, image: ImageWriter, position: int, sequence: int, digest: bytes) -> None:
        self._image, self.position, self.sequence = image, position, sequence
        device = image.device
        head = b"HST1" + (7).to_bytes(4, "little") + (7 ^ 0xFFFFFFFF).to_bytes(4, "little")
        head += sequence.to_bytes(4, "little") + device.salt
        head += image.version.to_bytes(4, "little") + bytes(8) + digest
        self.mac = device.mac(b"sector", head)
        self.data = bytearray(head + self.mac)

    def add(
        self, kind: int, id: bytes, body: bytes, *, last: bool = True, box: bool = False
    ) -> int:
        """Appends a record, with its mark if it is the last of a transaction; its offset."""
        domain = kind >> 4
        units = -(-(len(body) - (0 if domain else 2)) // 16)
        self._image.version += 1
        version = self._image.version.to_bytes(4, "little")
        head = bytes([kind | 0x40 * box | 0x80 * last, max(units, 0)])
        salt, sealed = bytes(8), body.ljust(2 + 16 * max(units, 0), b"\0")
        session = b""
        if domain:
            text = len(body).to_bytes(2, "little") + body.ljust(16 * units, b"\0")
            session, key, nonce_key = self._image.sealing(domain, box)
            bound = bytes([head[0] & 0x7F, head[1]]) + id + version + session
            salt = hmac_sha256(nonce_key, bound + text)[:8]
            sealed = AESGCM(key).encrypt(salt + version, text, bound)
        end = sealed[-16:] if domain else sealed
        if kind == 6:
            salt, end = self._image.device.mac(b"keys", sealed), b""
        self.mac = self._image.device.mac(self.mac, head, id + version + salt, end)
        at = len(self.data)
        if session:
            session = bytes(2) + session
        self.data += head + b"\xff\xff" + id + version + salt + session + sealed + self.mac
        self.data += b"\x00\x5a\xa5\x00" if last else b""
        return at

    def element(self) -> int:
        numbers = (self.position, self.sequence, len(self.data))
        parts = b"".join(number.to_bytes(4, "little") for number in numbers)
        return int.from_bytes(self._image.device.mac(b"element", parts, self.mac), "little")


class ImageWriter:
    """A store of four sectors, with keys that depend on nothing but labels."""

    def __init__(self, n_sectors: int = 4) -> None:
        self.device = DeviceKeys(SECRET, SALT)
        self.version = 0
        self.sectors: list[SectorWriter] = []
        self.n_sectors = n_sectors
        self.domains = {SERVICE: DomainKeys(_drawn("service"), None)}
        for domain in (PROFESSIONAL, PERSONAL):
            private = X25519PrivateKey.from_private_bytes(_drawn(f"private {domain}"))
            self.domains[domain] = DomainKeys(_drawn(f"key {domain}"), private)
        self._step = -1

    def open_sector(self, position: int) -> SectorWriter:
        digest = self.digest_mac(self.version)
        self.sectors.append(SectorWriter(self, position, len(self.sectors) + 1, digest))
        return self.sectors[-1]

    def digest_mac(self, version: int, released: SectorWriter | None = None) -> bytes:
        """What stands in a header or, with the sector that it is about, in a RELEASE."""
        digest = 0
        for sector in self.sectors[:-1] if released else self.sectors:
            digest ^= sector.element() if sector is not released else 0
        return self.device.mac(
            b"digest", version.to_bytes(4, "little"), digest.to_bytes(8, "little")
        )

    def sealing(self, domain: int, box: bool) -> tuple[bytes, bytes, bytes]:
        """Box, key and nonce key of the next record."""
        keys = self.domains[domain]
        if not box:
            return b"", keys.key, hkdf(keys.key, None, b"nonce")
        session = X25519PrivateKey.from_private_bytes(_drawn("session"))
        self._step += 1
        public = session.public_key().public_bytes_raw()
        shared = session.exchange(X25519PublicKey.from_public_bytes(keys.public))
        step = self._step.to_bytes(2, "little")
        return public + step, *box_keys(shared, public, keys.public, self._step)

    def keys_body(self, rounds: int = 1000) -> bytes:
        head = b"\x01" + rounds.to_bytes(4, "little") + _drawn("pin salt", 16)
        head += self.domains[PROFESSIONAL].public + self.domains[PERSONAL].public
        kek = self.device.pin_kek(PIN, head[5:21], rounds)
        body = head
        for domain, label in ((1, b"service"), (2, b"professional"), (3, b"personal")):
            keys = self.domains[domain]
            text = keys.key + (keys.private.private_bytes_raw() if keys.private else b"")
            nonce = _drawn(f"nonce {domain}", 12)
            aes = AESGCM(self.device.kek if domain == SERVICE else kek)
            body += nonce + aes.encrypt(nonce, text, label + head)
        return body + (1).to_bytes(8, "little")

    def image(self) -> bytearray:
        image = bytearray(b"\xff" * _SECTOR_BYTES * self.n_sectors)
        for sector in self.sectors:
            at = sector.position * _SECTOR_BYTES
            image[at : at + len(sector.data)] = sector.data
        return image
