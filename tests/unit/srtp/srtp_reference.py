"""The same packets from other people's cryptography, written down once more from the RFCs."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from srtp_station import Use

_LABELS = {"media": (0, 2), "floor": (3, 5)}  # RFC 3711 clauses 4.3.1 and 4.3.2


@dataclass(frozen=True)
class Source:
    """Who sends, and with which group key."""

    group_key: bytes
    key_id: int
    ssrc: int
    epoch: bytes

    def master(self, use: Use) -> bytes:
        """Master key and master salt, as libsrtp wants them: 28 bytes."""
        extract = hmac.HMAC(b"ptt handset srtp 1", hashes.SHA256())
        extract.update(self.group_key)
        info = use.encode() + self.key_id.to_bytes(2, "big") + self.ssrc.to_bytes(4, "big")
        return HKDFExpand(hashes.SHA256(), 28, info + self.epoch).derive(extract.finalize())

    def mki(self, roll_over: int = 0) -> bytes:
        """What stands at the end of every packet."""
        return self.key_id.to_bytes(2, "big") + self.epoch + roll_over.to_bytes(2, "big")

    def protect_rtp(self, packet: bytes, n_header: int, index: int) -> bytes:
        """SRTP: header, ciphertext and tag, MKI (RFC 7714 clause 8)."""
        header, payload = packet[:n_header], packet[n_header:]
        sealed = self._seal("media", index, header, payload)
        return header + sealed + self.mki(index >> 16)

    def protect_rtcp(self, packet: bytes, index: int) -> bytes:
        """SRTCP: header, ciphertext and tag, E and index, MKI (RFC 7714 clause 9)."""
        word = (0x80000000 | index).to_bytes(4, "big")
        sealed = self._seal("floor", index, packet[:8] + word, packet[8:])
        return packet[:8] + sealed + word + self.mki()

    def _seal(self, use: Use, index: int, aad: bytes, text: bytes) -> bytes:
        master, labels = self.master(use), _LABELS[use]
        key, salt = _aes_cm(master, labels[0], 16), _aes_cm(master, labels[1], 12)
        counters = bytes(2) + self.ssrc.to_bytes(4, "big") + index.to_bytes(6, "big")
        nonce = bytes(a ^ b for a, b in zip(salt, counters, strict=True))
        return AESGCM(key).encrypt(nonce, text, aad)


def _aes_cm(master: bytes, label: int, n_bytes: int) -> bytes:
    """RFC 3711 clause 4.3.3 with the salt of RFC 7714 clause 11: 96 bits, zeros after them."""
    salt = int.from_bytes(master[16:] + bytes(2), "big")
    start = ((salt ^ (label << 48)) << 16).to_bytes(16, "big")
    stream = Cipher(algorithms.AES(master[:16]), modes.CTR(start)).encryptor()
    return stream.update(bytes(n_bytes))
