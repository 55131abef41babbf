"""libsrtp (Debian's libsrtp2-1) through ctypes: SRTP as the rest of the world speaks it.

Declarations are those of srtp2/srtp.h, the same in all releases of libsrtp 2.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Sequence
from ctypes import POINTER, Structure, byref, c_int, c_ubyte, c_uint, c_ulong, c_void_p
from typing import Literal

from tools import system_packages

OK, AUTH_FAIL, REPLAY_FAIL, REPLAY_OLD, BAD_MKI = 0, 7, 9, 10, 25

_AES_GCM_128, _KEY_AND_SALT_BYTES = 6, 28
_NULL_AUTH, _TAG_BYTES = 0, 16
_CONFIDENTIALITY_AND_AUTHENTICITY = 3
_SSRC_SPECIFIC, _SSRC_ANY_INBOUND, _SSRC_ANY_OUTBOUND = 1, 2, 3
_TRAILER_BYTES_MAX = 16 + 4 + 128


class _Ssrc(Structure):
    _fields_ = (("type", c_int), ("value", c_uint))


class _CryptoPolicy(Structure):
    _fields_ = (
        ("cipher_type", c_uint),
        ("cipher_key_len", c_int),
        ("auth_type", c_uint),
        ("auth_key_len", c_int),
        ("auth_tag_len", c_int),
        ("sec_serv", c_int),
    )


class _MasterKey(Structure):
    _fields_ = (("key", c_void_p), ("mki_id", c_void_p), ("mki_size", c_uint))


class _Policy(Structure):
    _fields_ = (
        ("ssrc", _Ssrc),
        ("rtp", _CryptoPolicy),
        ("rtcp", _CryptoPolicy),
        ("key", c_void_p),
        ("keys", POINTER(POINTER(_MasterKey))),
        ("num_master_keys", c_ulong),
        ("deprecated_ekt", c_void_p),
        ("window_size", c_ulong),
        ("allow_repeat_tx", c_int),
        ("enc_xtn_hdr", c_void_p),
        ("enc_xtn_hdr_count", c_int),
        ("next", c_void_p),
    )


class SrtpError(Exception):
    """libsrtp refused; `status` is its srtp_err_status_t."""

    def __init__(self, status: int) -> None:
        super().__init__(f"srtp_err_status_t {status}")
        self.status = status


@functools.cache
def _library() -> ctypes.CDLL:
    library = system_packages.load_library("libsrtp2.so.1")
    _check(library.srtp_init())
    return library


def _check(status: int) -> None:
    if status != OK:
        raise SrtpError(status)


class Session:
    """AEAD_AES_128_GCM with several master keys, each with its MKI.

    Without `ssrc` it is for whatever comes in.
    """

    def __init__(self, keys: Sequence[tuple[bytes, bytes]], ssrc: int | None = None) -> None:
        crypto = _CryptoPolicy(
            _AES_GCM_128,
            _KEY_AND_SALT_BYTES,
            _NULL_AUTH,
            0,
            _TAG_BYTES,
            _CONFIDENTIALITY_AND_AUTHENTICITY,
        )
        memory = [((c_ubyte * 28)(*key), (c_ubyte * len(mki))(*mki)) for key, mki in keys]
        masters = [
            _MasterKey(ctypes.addressof(key), ctypes.addressof(mki), len(mki))
            for key, mki in memory
        ]
        pointers = (POINTER(_MasterKey) * len(masters))(*map(ctypes.pointer, masters))
        policy = _Policy(
            ssrc=_Ssrc(_SSRC_ANY_INBOUND if ssrc is None else _SSRC_SPECIFIC, ssrc or 0),
            rtp=crypto,
            rtcp=crypto,
            keys=ctypes.cast(pointers, POINTER(POINTER(_MasterKey))),
            num_master_keys=len(masters),
            window_size=128,
        )
        self._context = c_void_p()
        _check(_library().srtp_create(byref(self._context), byref(policy)))

    def set_roll_over(self, ssrc: int, roll_over: int) -> None:
        """Start that stream with this roll-over counter."""
        _check(_library().srtp_set_stream_roc(self._context, c_uint(ssrc), c_uint(roll_over)))

    def protect(self, use: Literal["media", "floor"], packet: bytes, key: int = 0) -> bytes:
        """With the key of that number. Raises SrtpError."""
        library = _library()
        function = library.srtp_protect_mki if use == "media" else library.srtp_protect_rtcp_mki
        return self._run(function, packet, c_uint(1), c_uint(key))

    def unprotect(self, use: Literal["media", "floor"], packet: bytes) -> bytes:
        """With the key that the packet names. Raises SrtpError."""
        library = _library()
        function = library.srtp_unprotect_mki if use == "media" else library.srtp_unprotect_rtcp_mki
        return self._run(function, packet, c_uint(1))

    def _run(self, function: Callable[..., int], packet: bytes, *more: c_uint) -> bytes:
        memory = ctypes.create_string_buffer(packet, len(packet) + _TRAILER_BYTES_MAX)
        n_bytes = c_int(len(packet))
        _check(function(self._context, memory, byref(n_bytes), *more))
        return memory.raw[: n_bytes.value]
