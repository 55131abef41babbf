"""`vault.custody` in pure Python over `cryptography`: what holds the store's keys, for CPython.

Written from the format (firmware/handset/store/README.md), not from the C code: what one writes,
the other must be able to read. `seed` decides what is drawn; without one it is truly random.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import random
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SERVICE, PROFESSIONAL, PERSONAL = 1, 2, 3
KEYS_BYTES = 337
BOX_BYTES = 34
TAG_BYTES = 16
_BOUND_BYTES = 85
_WRAPPED = {SERVICE: (85, 32), PROFESSIONAL: (145, 64), PERSONAL: (237, 64)}
_LABELS = {SERVICE: b"service", PROFESSIONAL: b"professional", PERSONAL: b"personal"}
_PUBLIC_AT = {PROFESSIONAL: 21, PERSONAL: 53}
# A session ends long before the last step that a reader walks to: a forged one costs little.
_SESSION_STEPS = 256
_STEP_MAX = 1023

TEST_DEVICE_SECRET = bytes(range(32))

Buffer = bytearray | memoryview


def hkdf_extract(salt: bytes, secret: bytes) -> bytes:
    """RFC 5869, 2.2."""
    return hmac.digest(salt or bytes(32), secret, "sha256")


def hkdf_expand(prk: bytes, info: bytes, n_bytes: int) -> bytes:
    """RFC 5869, 2.3."""
    out = block = b""
    for i in range(1, -(-n_bytes // 32) + 1):
        block = hmac.digest(prk, block + info + bytes([i]), "sha256")
        out += block
    return out[:n_bytes]


def hkdf(secret: bytes, salt: bytes, info: bytes, n_bytes: int = 32) -> bytes:
    """RFC 5869 in one go."""
    return hkdf_expand(hkdf_extract(salt, secret), info, n_bytes)


@dataclass
class _Domain:
    """An open domain; `private` is None in the service domain."""

    key: bytes
    private: bytes | None
    aead: AESGCM = field(init=False)
    nonce_key: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.aead = AESGCM(self.key)
        self.nonce_key = hkdf(self.key, b"", b"nonce")


@dataclass
class _Chain:
    """Where a writing session stands with one domain."""

    link: bytes
    step: int = 0

    def next(self) -> tuple[AESGCM, bytes]:
        """Cipher and nonce key of this step; the chain has moved on."""
        both = hkdf_expand(self.link, b"key", 64)
        nonce_key = hkdf_expand(self.link, b"nonce", 32)
        self.link = both[32:]
        self.step += 1
        return AESGCM(both[:32]), nonce_key


class CustodyModel:
    """The methods of `vault.custody` (firmware/cmodules/vault/README.md)."""

    def __init__(
        self, device_secret: bytes | None = TEST_DEVICE_SECRET, seed: int | None = None
    ) -> None:
        self._device_secret = device_secret
        self._draw = os.urandom if seed is None else random.Random(seed).randbytes
        # Tests set it: the source of randomness is off.
        self.is_without_randomness = False
        # Tests set it: the fuses of this handset say so.
        self.is_protected = False
        self.forget()

    def forget(self) -> None:
        """Erase everything."""
        self._chain_key: bytes | None = None
        self._name_key = self._device_kek = self._pin_pepper = self._store_salt = b""
        self._public: dict[int, bytes] = {}
        self._domains: dict[int, _Domain] = {}
        self.pin_forget()
        self._session: tuple[bytes, dict[int, _Chain]] | None = None

    def is_flash_protected(self) -> bool:
        """What the fuses say."""
        return self.is_protected

    def begin(self, store_salt: bytes) -> None:
        """Derive what follows from the device alone."""
        if len(store_salt) != 8:
            raise ValueError("store salt: 8 bytes")
        self.forget()
        chain = self._derive(b"handset store chain")
        self._store_salt = bytes(store_salt)
        self._chain_key = hkdf(chain, self._store_salt, b"chain")
        self._name_key = hkdf(chain, self._store_salt, b"names")
        device = self._derive(b"handset store device")
        self._device_kek = hkdf(device, self._store_salt, b"device")
        self._pin_pepper = self._derive(b"handset store pin")

    def _derive(self, label: bytes) -> bytes:
        if self._device_secret is None:
            raise OSError(errno.ENODEV, "no device secret")
        return hmac.digest(self._device_secret, label, "sha256")

    def mac(self, out: Buffer, label_or_prev: bytes, a: bytes, b: bytes, c: bytes) -> None:
        """The first 8 bytes of the MAC of the four."""
        if self._chain_key is None:
            raise ValueError("custody has not begun")
        whole = b"".join((label_or_prev, a, b, c))
        out[0:8] = hmac.digest(self._chain_key, whole, "sha256")[:8]

    def name_id(self, domain: int, name: bytes) -> bytes:
        """The record id of a name."""
        if self._chain_key is None:
            raise ValueError("custody has not begun")
        return hmac.digest(self._name_key, bytes([domain]) + bytes(name), "sha256")[:6]

    # Keys of the domains, and the PIN.

    def create(self) -> None:
        """Draw all keys; all domains are open then."""
        self._random(1)
        self._domains = {SERVICE: _Domain(self._random(32), None)}
        for domain in (PROFESSIONAL, PERSONAL):
            private = self._random(32)
            self._domains[domain] = _Domain(self._random(32), private)
            key = X25519PrivateKey.from_private_bytes(private)
            self._public[domain] = key.public_key().public_bytes_raw()
        self.pin_forget()
        self._session = None

    def pin_begin(self, pin: bytes, pin_salt: bytes, rounds: int) -> None:
        """Start PBKDF2; with 0 rounds there is no PIN, and the PIN KEK is there at once."""
        if self._chain_key is None:
            raise ValueError("custody has not begun")
        if len(pin_salt) != 16:
            raise ValueError("PIN salt: 16 bytes")
        self.pin_forget()
        self._pin = (bytes(pin), bytes(pin_salt), rounds)
        self._rounds_left = rounds
        if not rounds:
            self._pin_done(bytes(32))

    def pin_step(self, n_rounds: int) -> bool:
        """So many rounds more; True when the PIN KEK is there."""
        if self._pin is None:
            raise ValueError("no PIN has begun")
        if self._pin_kek is None:
            self._rounds_left -= n_rounds
            if self._rounds_left <= 0:
                self._pin_done(hashlib.pbkdf2_hmac("sha256", *self._pin))
        return self._pin_kek is not None

    def _pin_done(self, stretched: bytes) -> None:
        self._pin_kek = hkdf(stretched + self._pin_pepper, self._store_salt, b"pin")

    def pin_forget(self) -> None:
        """Erase PIN KEK or unfinished PBKDF2."""
        self._pin: tuple[bytes, bytes, int] | None = None
        self._rounds_left = 0
        self._pin_kek: bytes | None = None

    def wrap(self, generation: int) -> bytes:
        """The body of KEYS."""
        if len(self._domains) != 3 or self._pin is None or self._pin_kek is None:
            raise ValueError("keys can be wrapped with all domains open and a PIN only")
        _, pin_salt, rounds = self._pin
        bound = b"\x01" + rounds.to_bytes(4, "little") + pin_salt
        bound += self._public[PROFESSIONAL] + self._public[PERSONAL]
        body = bound
        for domain, state in sorted(self._domains.items()):
            nonce = self._random(12)
            kek = self._device_kek if domain == SERVICE else self._pin_kek
            secret = state.key + (state.private or b"")
            body += nonce + AESGCM(kek).encrypt(nonce, secret, _LABELS[domain] + bound)
        return body + generation.to_bytes(8, "little")

    def load(self, keys_body: bytes) -> None:
        """Public keys, and the service domain."""
        if len(keys_body) != KEYS_BYTES or keys_body[0] != 1:
            raise ValueError("keys of a kind that is not known")
        service = self._unwrap(keys_body, SERVICE, self._device_kek)
        if service is None:
            raise ValueError("keys do not open: other device, or damaged")
        self._domains[SERVICE] = service
        for domain, at in _PUBLIC_AT.items():
            self._public[domain] = bytes(keys_body[at : at + 32])
        self._session = None

    def unlock(self, keys_body: bytes, personal: bool) -> bool:
        """Open professional, and personal if asked; False: wrong PIN."""
        if self._pin_kek is None:
            raise ValueError("no PIN KEK")
        wanted = (PROFESSIONAL, PERSONAL) if personal else (PROFESSIONAL,)
        opened = {domain: self._unwrap(keys_body, domain, self._pin_kek) for domain in wanted}
        if None in opened.values():
            return False
        self._domains.update({domain: state for domain, state in opened.items() if state})
        return True

    def _unwrap(self, body: bytes, domain: int, kek: bytes) -> _Domain | None:
        body = bytes(body)
        at, n = _WRAPPED[domain]
        nonce, sealed = body[at : at + 12], body[at + 12 : at + 12 + n + TAG_BYTES]
        try:
            secret = AESGCM(kek).decrypt(nonce, sealed, _LABELS[domain] + body[:_BOUND_BYTES])
        except InvalidTag:
            return None
        return _Domain(secret[:32], secret[32:] or None)

    def lock(self) -> None:
        """Erase what the PIN opened; the next box begins a new session."""
        for domain in (PROFESSIONAL, PERSONAL):
            self._domains.pop(domain, None)
        self.pin_forget()
        self._session = None

    def is_open(self, domain: int) -> bool:
        """Whether its key is there."""
        return domain in self._domains

    # Records.

    def seal(
        self, domain: int, aad: bytes, version: int, buf: Buffer, at: int, n: int, salt_out: Buffer
    ) -> None:
        """Seal buf[at:at+n] in place; the tag goes behind it."""
        state = self._open_domain(domain)
        _seal(state.aead, state.nonce_key, bytes(aad), version, buf, at, n, salt_out)

    def open(
        self, domain: int, aad: bytes, version: int, salt: bytes, buf: Buffer, at: int, n: int
    ) -> bool:
        """Open in place; False, and zeros, when it is not authentic."""
        return _open(self._open_domain(domain).aead, bytes(aad), version, salt, buf, at, n)

    def seal_box(
        self,
        domain: int,
        kind_aad: bytes,
        version: int,
        buf: Buffer,
        at: int,
        n: int,
        salt_out: Buffer,
    ) -> None:
        """As `seal`, to the public key of a domain that is not open; the box goes before it."""
        if domain not in self._public:
            raise ValueError("domain %d has no public key" % domain)
        public, chains = self._writing_session()
        chain = chains[domain]
        buf[at - BOX_BYTES : at] = public + chain.step.to_bytes(2, "little")
        aead, nonce_key = chain.next()
        if chain.step == _SESSION_STEPS:
            self._session = None
        aad = bytes(kind_aad) + bytes(buf[at - BOX_BYTES : at])
        _seal(aead, nonce_key, aad, version, buf, at, n, salt_out)

    def open_box(
        self, domain: int, kind_aad: bytes, version: int, salt: bytes, buf: Buffer, at: int, n: int
    ) -> bool:
        """As `open`, of a box that stands before buf[at]."""
        private = self._open_domain(domain).private
        if private is None:
            raise ValueError("domain %d has no boxes" % domain)
        box = bytes(buf[at - BOX_BYTES : at])
        if int.from_bytes(box[32:], "little") > _STEP_MAX:
            buf[at : at + n] = bytes(n)
            return False
        try:
            link = _first_link(private, box[:32], box[:32] + self._public[domain])
        except ValueError:
            # A point of small order: nobody's session.
            buf[at : at + n] = bytes(n)
            return False
        chain = _Chain(link)
        for _ in range(int.from_bytes(box[32:], "little")):
            chain.link = hkdf_expand(chain.link, b"key", 64)[32:]
        aead, _ = chain.next()
        return _open(aead, bytes(kind_aad) + box, version, salt, buf, at, n)

    def _open_domain(self, domain: int) -> _Domain:
        try:
            return self._domains[domain]
        except KeyError:
            raise ValueError("domain %d is not open" % domain) from None

    def _writing_session(self) -> tuple[bytes, dict[int, _Chain]]:
        if self._session is None:
            private = self._random(32)
            public = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
            chains = {
                domain: _Chain(_first_link(private, theirs, public + theirs))
                for domain, theirs in self._public.items()
            }
            self._session = (public, chains)
        return self._session

    def _random(self, n: int) -> bytes:
        if self.is_without_randomness:
            raise OSError(errno.ENODEV, "no randomness")
        return self._draw(n)


def _first_link(private: bytes, public: bytes, salt: bytes) -> bytes:
    """Chain 0 between two keys; raises ValueError where their secret is zero."""
    key = X25519PrivateKey.from_private_bytes(private)
    shared = key.exchange(X25519PublicKey.from_public_bytes(public))
    return hkdf(shared, salt, b"handset store box")


def _seal(
    aead: AESGCM,
    nonce_key: bytes,
    aad: bytes,
    version: int,
    buf: Buffer,
    at: int,
    n: int,
    salt_out: Buffer,
) -> None:
    text = bytes(buf[at : at + n])
    salt = hmac.digest(nonce_key, aad + text, "sha256")[:8]
    salt_out[0:8] = salt
    buf[at : at + n + TAG_BYTES] = aead.encrypt(salt + version.to_bytes(4, "little"), text, aad)


def _open(
    aead: AESGCM, aad: bytes, version: int, salt: bytes, buf: Buffer, at: int, n: int
) -> bool:
    sealed = bytes(buf[at : at + n + TAG_BYTES])
    try:
        text = aead.decrypt(bytes(salt) + version.to_bytes(4, "little"), sealed, aad)
    except InvalidTag:
        buf[at : at + n] = bytes(n)
        return False
    buf[at : at + n] = text
    return True
