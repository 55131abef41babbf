"""Whether a datagram may be one of the talk group's, by its header.

No proof, anybody can write such a header; but what strays to the port makes its sender no member.
"""

# An empty receiver report (RFC 3550 clause 6.4.2): says that somebody is there, and nothing else.
HELLO = b"\x80\xc9\x00\x01\x00\x00\x00\x00"

_VERSION_MASK = 0xC0
_VERSION_2 = 0x80
_RTP_HEADER_BYTES = 12
_RTCP_HEADER_BYTES = 8
_RTCP_FIRST = 200
_RTCP_LAST = 204


def is_rtp(buf: bytearray, n_bytes: int) -> bool:
    """RFC 3550 clause 5.1."""
    return n_bytes >= _RTP_HEADER_BYTES and buf[0] & _VERSION_MASK == _VERSION_2


def is_rtcp(buf: bytearray, n_bytes: int) -> bool:
    """RFC 3550 clause 6: SR to APP, as long as it says."""
    return (
        n_bytes >= _RTCP_HEADER_BYTES
        and buf[0] & _VERSION_MASK == _VERSION_2
        and _RTCP_FIRST <= buf[1] <= _RTCP_LAST
        and 4 * (buf[2] << 8 | buf[3]) + 4 <= n_bytes
    )


def is_hello(buf: bytearray, n_bytes: int) -> bool:
    """A receiver report, of whomever, that reports nothing."""
    return n_bytes == len(HELLO) and buf[0] == HELLO[0] and buf[1] == HELLO[1]
