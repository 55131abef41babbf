"""What custody must compute, from the format's description alone, above OpenSSL."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

SERVICE, PROFESSIONAL, PERSONAL = 1, 2, 3
NAMES = {SERVICE: b"service", PROFESSIONAL: b"professional", PERSONAL: b"personal"}
_SLOTS = {SERVICE: (85, 32), PROFESSIONAL: (145, 64), PERSONAL: (237, 64)}
HEAD_BYTES = 85
KEYS_BYTES = 337


def mac_of(key: bytes, *pieces: bytes) -> bytes:
    """HMAC-SHA256 of the pieces, one after the other."""
    state = hmac.HMAC(key, hashes.SHA256())
    state.update(b"".join(pieces))
    return state.finalize()


def hkdf(key: bytes, salt: bytes | None, info: bytes) -> bytes:
    """32 bytes of HKDF-SHA256."""
    return HKDF(hashes.SHA256(), 32, salt, info).derive(key)


def expand(chain: bytes, info: bytes, n_bytes: int) -> bytes:
    """HKDF's second half."""
    return HKDFExpand(hashes.SHA256(), n_bytes, info).derive(chain)


def stretch(pin: bytes, salt: bytes, rounds: int) -> bytes:
    """32 bytes of PBKDF2-HMAC-SHA256."""
    return PBKDF2HMAC(hashes.SHA256(), 32, salt, rounds).derive(pin)


def nonce_of(salt: bytes, version: int) -> bytes:
    """Nonce of a sealed record."""
    return salt + version.to_bytes(4, "little")


@dataclass(frozen=True)
class Sealed:
    """A record's sealed part."""

    text: bytes
    tag: bytes
    salt: bytes


def seal(key: bytes, nonce_key: bytes, aad: bytes, version: int, text: bytes) -> Sealed:
    """As in README.md, "Sealing"."""
    salt = mac_of(nonce_key, aad, text)[:8]
    sealed = AESGCM(key).encrypt(nonce_of(salt, version), text, aad)
    return Sealed(sealed[:-16], sealed[-16:], salt)


@dataclass(frozen=True)
class Device:
    """The keys that follow from device secret and store salt."""

    secret: bytes
    store_salt: bytes

    def _derive(self, label: bytes, info: bytes) -> bytes:
        return hkdf(mac_of(self.secret, label), self.store_salt, info)

    @property
    def chain_key(self) -> bytes:
        return self._derive(b"handset store chain", b"chain")

    @property
    def name_key(self) -> bytes:
        return self._derive(b"handset store chain", b"names")

    @property
    def kek(self) -> bytes:
        return self._derive(b"handset store device", b"device")

    @property
    def pepper(self) -> bytes:
        return mac_of(self.secret, b"handset store pin")

    def pin_kek(self, pin: bytes, salt: bytes, rounds: int) -> bytes:
        """Without rounds no PIN is set."""
        stretched = stretch(pin, salt, rounds) if rounds else bytes(32)
        return hkdf(stretched + self.pepper, self.store_salt, b"pin")

    def unwrap(self, body: bytes, pin: bytes) -> dict[int, bytes]:
        """Domain key, and private key behind it; raises InvalidTag."""
        rounds = int.from_bytes(body[1:5], "little")
        pin_kek = self.pin_kek(pin, body[5:21], rounds)
        secrets = {}
        for domain, (at, n_secret) in _SLOTS.items():
            nonce, sealed = body[at : at + 12], body[at + 12 : at + 28 + n_secret]
            key = self.kek if domain == SERVICE else pin_kek
            aad = NAMES[domain] + body[:HEAD_BYTES]
            secrets[domain] = AESGCM(key).decrypt(nonce, sealed, aad)
        return secrets

    def wrap(self, secrets: dict[int, bytes], pin: bytes, salt: bytes, rounds: int) -> bytes:
        """A body of another hand: nonces are zero, as nobody keeps anything with them."""
        public = [
            X25519PrivateKey.from_private_bytes(secrets[domain][32:]).public_key()
            for domain in (PROFESSIONAL, PERSONAL)
        ]
        head = b"\1" + rounds.to_bytes(4, "little") + salt
        head += b"".join(key.public_bytes_raw() for key in public)
        pin_kek = self.pin_kek(pin, salt, rounds)
        body = head
        for domain, secret in secrets.items():
            key = self.kek if domain == SERVICE else pin_kek
            body += bytes(12) + AESGCM(key).encrypt(bytes(12), secret, NAMES[domain] + head)
        return body + bytes(8)


@dataclass(frozen=True)
class BoxChain:
    """Keys of one writing session's steps."""

    chains: tuple[bytes, ...]

    @classmethod
    def read(cls, private: bytes, session: bytes, n_steps: int) -> BoxChain:
        """By whoever has the domain's private key."""
        ours = X25519PrivateKey.from_private_bytes(private)
        agreed = ours.exchange(X25519PublicKey.from_public_bytes(session))
        salt = session + ours.public_key().public_bytes_raw()
        return cls._of(agreed, salt, n_steps)

    @classmethod
    def write(cls, session: X25519PrivateKey, domain: bytes, n_steps: int) -> BoxChain:
        """By whoever has the domain's public key."""
        agreed = session.exchange(X25519PublicKey.from_public_bytes(domain))
        return cls._of(agreed, session.public_key().public_bytes_raw() + domain, n_steps)

    @classmethod
    def _of(cls, agreed: bytes, salt: bytes, n_steps: int) -> BoxChain:
        chains = [hkdf(agreed, salt, b"handset store box")]
        while len(chains) <= n_steps:
            chains.append(expand(chains[-1], b"key", 64)[32:])
        return cls(tuple(chains))

    def key(self, step: int) -> bytes:
        return expand(self.chains[step], b"key", 64)[:32]

    def nonce_key(self, step: int) -> bytes:
        return expand(self.chains[step], b"nonce", 32)
