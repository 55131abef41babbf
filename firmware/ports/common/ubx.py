"""Messages to u-blox receivers: UBX frames.

u-blox, "ZED-F9P Interface Description", sections "UBX frame structure", "UBX checksum" and
"UBX-RXM-PMREQ" (the form of 16 bytes); the M10 receivers take the same.
"""

_SYNC = b"\xb5\x62"
_RXM_PMREQ = (0x02, 0x41)
_FOR_EVER = 0
_BACKUP_FORCED = 0x06
_WAKE_BY_UART = 0x08


def frame(message_class: int, message_id: int, payload: bytes) -> bytes:
    """A whole message with its checksum, the eight-bit Fletcher sum."""
    n_bytes = len(payload)
    body = bytes((message_class, message_id, n_bytes & 0xFF, n_bytes >> 8)) + payload
    a = b = 0
    for byte in body:
        a = (a + byte) & 0xFF
        b = (b + a) & 0xFF
    return _SYNC + body + bytes((a, b))


def sleep() -> bytes:
    """Software standby without end, until something comes on the receiver's RXD."""
    words = (0, _FOR_EVER, _BACKUP_FORCED, _WAKE_BY_UART)
    return frame(*_RXM_PMREQ, b"".join(word.to_bytes(4, "little") for word in words))


def wake() -> bytes:
    """Edges on its RXD; the receiver understands nothing of it."""
    return b"\xff" * 8
