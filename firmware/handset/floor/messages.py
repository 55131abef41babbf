"""Floor control messages on the wire: RTCP APP packets named "MCPT" (3GPP TS 24.380 clause 8).

One message is one RTCP APP packet (clause 8.1.2, RFC 3550 6.7): version 2, no padding bit, a
five-bit subtype whose top bit asks for a Floor Ack, packet type 204, a length in 32-bit words less
one, the sender's SSRC, the name, then fields. A field is an identifier (8 bits), the length of its
value (8 bits, or 16 when the identifier is 192 or more) and the value, padded with zeros to the
next multiple of 32 bits; the padding is not counted in the length (clause 8.2.3.1).

`encode` and `decode` are each other's inverse for every message this module can express. `decode`
is total: any bytes give a `Message` or raise `MessageError`, nothing else.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Subtypes, clause 8.2.2. REQUEST .. QUEUE_POSITION_INFO in the order of clauses 8.2.4 .. 8.2.13.
REQUEST = 0
GRANTED = 1
TAKEN = 2
DENY = 3
RELEASE = 4
IDLE = 5
REVOKE = 6
QUEUE_POSITION_REQUEST = 8
QUEUE_POSITION_INFO = 9
ACK = 10

# Floor Indicator bits, clause 8.2.3.15.
NORMAL_CALL = 0x8000
BROADCAST_CALL = 0x4000
SYSTEM_CALL = 0x2000
EMERGENCY_CALL = 0x1000
IMMINENT_PERIL_CALL = 0x0800
QUEUEING_SUPPORTED = 0x0400

# Reject Cause of Floor Deny, clause 8.2.6.2.
ANOTHER_HAS_PERMISSION = 1
ONLY_ONE_PARTICIPANT = 3
RECEIVE_ONLY = 5
OTHER_REASON = 255

# Enough for every message built here with two user ids of 255 bytes.
MAX_BYTES = 640

_VERSION_2 = 0x80
_ACK_REQUIRED = 0x10
_PACKET_TYPE_APP = 204
_NAME = b"MCPT"
_HEADER_BYTES = 12

# How the value of a field is laid out.
_U8_SPARE = 0  # one octet and a spare octet of zero
_U16 = 1
_U8_PAIR = 2  # two octets, a tuple
_TEXT = 3  # UTF-8, up to 255 bytes
_CAUSE = 4  # U16 and, after it, an optional phrase in UTF-8
_SSRC = 5  # U32 and 16 spare bits of zero
_OPAQUE = 6  # bytes, kept as they are

# Field identifier -> (attribute of Message, layout), clauses 8.2.3.2 to 8.2.3.16.
_FIELDS = {
    0: ("priority", _U8_SPARE),
    1: ("duration_s", _U16),
    2: ("cause", _CAUSE),
    3: ("queue_info", _U8_PAIR),
    4: ("granted_party", _TEXT),
    5: ("permission", _U16),
    6: ("user_id", _TEXT),
    7: ("queue_size", _U16),
    8: ("sequence", _U16),
    9: ("queued_user_id", _TEXT),
    10: ("source", _U16),
    11: ("track_info", _OPAQUE),
    12: ("message_type", _U8_SPARE),
    13: ("indicator", _U16),
    14: ("party_ssrc", _SSRC),
}

# Subtype -> (name, the fields its clause lists, in that clause's order).
_LAYOUT = {
    REQUEST: ("Floor Request", (0, 6, 11, 13)),
    GRANTED: ("Floor Granted", (1, 14, 0, 6, 7, 9, 3, 11, 13)),
    TAKEN: ("Floor Taken", (4, 5, 6, 8, 11, 13, 14)),
    DENY: ("Floor Deny", (2, 6, 11, 13)),
    RELEASE: ("Floor Release", (6, 11, 13)),
    IDLE: ("Floor Idle", (8, 11, 13)),
    REVOKE: ("Floor Revoke", (2, 11, 13)),
    QUEUE_POSITION_REQUEST: ("Floor Queue Position Request", (6, 11)),
    QUEUE_POSITION_INFO: ("Floor Queue Position Info", (6, 14, 9, 3, 11, 13)),
    ACK: ("Floor Ack", (10, 12, 11)),
}

# A Floor Granted lists (SSRC, Queued User ID, Queue Info) once for each queued participant.
_MAY_REPEAT = (3, 9, 14)


class MessageError(Exception):
    """Bytes that are not a floor control message; `reason` says in words what is wrong."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Message:
    """One floor control message. A field that is absent is None.

    subtype: int, one of the constants above. ssrc: int, of the sender. ack_required: bool.
    priority 0..255. duration_s, permission, queue_size, sequence, source, indicator: 0..65535.
    cause: 0..65535 with phrase: str or None. queue_info: (position, priority).
    granted_party, user_id, queued_user_id: str, at most 255 bytes of UTF-8. track_info: bytes.
    message_type: 0..255. party_ssrc: int, the granted, taking or queued participant.
    n_skipped: int, fields the decoder stepped over: unknown, or entries of a queue after the first.
    n_bytes: int, size on the wire, set by the decoder.
    """

    # The fields of _FIELDS, for whoever reads or checks this; set to None below.
    priority: "Any"
    duration_s: "Any"
    cause: "Any"
    queue_info: "Any"
    granted_party: "Any"
    permission: "Any"
    user_id: "Any"
    queue_size: "Any"
    sequence: "Any"
    queued_user_id: "Any"
    source: "Any"
    track_info: "Any"
    message_type: "Any"
    indicator: "Any"
    party_ssrc: "Any"

    def __init__(self, subtype: int, ssrc: int):
        self.subtype = subtype
        self.ssrc = ssrc
        self.ack_required = False
        self.phrase = None
        self.n_skipped = 0
        self.n_bytes = 0
        for name, _ in _FIELDS.values():
            setattr(self, name, None)

    @property
    def name(self) -> str:
        """The name the standard gives this message."""
        return _LAYOUT[self.subtype][0]


def request(ssrc: int, user_id: str, priority: int, indicator: int) -> Message:
    """Floor Request, clause 8.2.4: off-network it carries the sender's User ID."""
    message = Message(REQUEST, ssrc)
    message.priority = priority
    message.user_id = user_id
    message.indicator = indicator
    return message


def granted(
    ssrc: int, party_ssrc: int, user_id: str, priority: int, duration_s: int, indicator: int
) -> Message:
    """Floor Granted, clause 8.2.5: off-network the arbitrator names who gets the floor."""
    message = Message(GRANTED, ssrc)
    message.duration_s = duration_s
    message.party_ssrc = party_ssrc
    message.priority = priority
    message.user_id = user_id
    message.indicator = indicator
    return message


def taken(ssrc: int, user_id: str, sequence: int, indicator: int) -> Message:
    """Floor Taken, clause 8.2.9, sent by the one who takes the floor off-network.

    Everybody who hears it may contend (Permission to Request the Floor is 1).
    """
    message = Message(TAKEN, ssrc)
    message.granted_party = user_id
    message.permission = 1
    message.user_id = user_id
    message.sequence = sequence
    message.indicator = indicator
    message.party_ssrc = ssrc
    return message


def deny(ssrc: int, user_id: str, cause: int, indicator: int, phrase: str | None = None) -> Message:
    """Floor Deny, clause 8.2.6: `user_id` is the one who is refused."""
    message = Message(DENY, ssrc)
    message.cause = cause
    message.phrase = phrase
    message.user_id = user_id
    message.indicator = indicator
    return message


def release(ssrc: int, user_id: str, indicator: int) -> Message:
    """Floor Release, clause 8.2.7."""
    message = Message(RELEASE, ssrc)
    message.user_id = user_id
    message.indicator = indicator
    return message


# ---------------------------------------------------------------------------------------- encoding


def encode(message: Message, buf: bytearray) -> int:
    """Write `message` at the start of `buf`; returns the number of bytes, a multiple of 4.

    Only the fields that the message's clause lists are written, in its order. ValueError when a
    value does not fit its field, when the buffer is too small or when the subtype is unknown.
    """
    if message.subtype not in _LAYOUT:
        raise ValueError(f"unknown subtype {message.subtype}")
    end = _HEADER_BYTES
    for field_id in _LAYOUT[message.subtype][1]:
        attribute, layout = _FIELDS[field_id]
        value = getattr(message, attribute)
        if value is not None:
            value = _value_bytes(attribute, layout, value, message.phrase)
            end = _put_field(buf, end, field_id, value)
    if len(buf) < end:
        raise ValueError("buffer too small")
    buf[0] = _VERSION_2 | (_ACK_REQUIRED if message.ack_required else 0) | message.subtype
    buf[1] = _PACKET_TYPE_APP
    _put_u16(buf, 2, end // 4 - 1)
    buf[4:8] = _unsigned("ssrc", message.ssrc, 4)
    buf[8:12] = _NAME
    return end


def _put_field(buf: bytearray, start: int, field_id: int, value: bytes) -> int:
    length = len(value)
    end = (start + 2 + length + 3) & ~3
    if len(buf) < end:
        raise ValueError("buffer too small")
    buf[start] = field_id
    buf[start + 1] = length
    value_end = start + 2 + length
    buf[start + 2 : value_end] = value
    for i in range(value_end, end):
        buf[i] = 0
    return end


def _value_bytes(attribute: str, layout: int, value, phrase) -> bytes:
    if layout == _U8_SPARE:
        value = _unsigned(attribute, value, 1) + b"\0"
    elif layout == _U16:
        value = _unsigned(attribute, value, 2)
    elif layout == _U8_PAIR:
        value = _unsigned(attribute, value[0], 1) + _unsigned(attribute, value[1], 1)
    elif layout == _TEXT:
        value = value.encode()
    elif layout == _CAUSE:
        value = _unsigned(attribute, value, 2) + (phrase or "").encode()
    elif layout == _SSRC:
        value = _unsigned(attribute, value, 4) + b"\0\0"
    if len(value) > 255:
        raise ValueError(f"{attribute} is longer than 255 bytes")
    return value


def _unsigned(attribute: str, value: int, n_bytes: int) -> bytes:
    if not 0 <= value < 1 << (8 * n_bytes):
        raise ValueError(f"{attribute} out of range")
    return value.to_bytes(n_bytes, "big")


# ---------------------------------------------------------------------------------------- decoding


def decode(buf, n_bytes: int, start: int = 0) -> Message:
    """Read the message that begins at `buf[start]`; the datagram ends at `buf[n_bytes]`.

    A datagram may hold several messages one after the other (clause 8.1.1): go on at
    start + message.n_bytes. Unknown fields, and padding whatever its value, are skipped as the
    standard asks of a receiver. MessageError on anything that is not a message.
    """
    end = _header_end(buf, n_bytes, start)
    subtype = buf[start] & 0x0F
    if subtype not in _LAYOUT:
        raise MessageError(f"unknown subtype {subtype}")
    message = Message(subtype, _u32(buf, start + 4))
    message.ack_required = bool(buf[start] & _ACK_REQUIRED)
    message.n_bytes = end - start
    offset = start + _HEADER_BYTES
    while offset < end:
        offset = _take_field(message, buf, offset, end)
    return message


def _header_end(buf, n_bytes: int, start: int) -> int:
    if n_bytes > len(buf) or start < 0 or n_bytes - start < _HEADER_BYTES:
        raise MessageError("shorter than a header")
    if buf[start] & 0xC0 != _VERSION_2:
        raise MessageError("not RTP version 2")
    if buf[start] & 0x20:
        raise MessageError("padding bit set")
    if buf[start + 1] != _PACKET_TYPE_APP:
        raise MessageError(f"packet type {buf[start + 1]} is not APP")
    if bytes(buf[start + 8 : start + 12]) != _NAME:
        raise MessageError("name is not MCPT")
    end = start + 4 * (_u16(buf, start + 2) + 1)
    if end < start + _HEADER_BYTES:
        raise MessageError("length shorter than a header")
    if end > n_bytes:
        raise MessageError("length beyond the datagram")
    return end


def _take_field(message: Message, buf, offset: int, end: int) -> int:
    """Store the field at `offset`; returns where the next one begins (all are 32-bit aligned)."""
    field_id = buf[offset]
    if field_id < 192:
        length = buf[offset + 1]
        value_start = offset + 2
    else:
        length = _u16(buf, offset + 1)
        value_start = offset + 3
    value_end = value_start + length
    if value_end > end:
        raise MessageError(f"field {field_id} runs beyond the message")
    if field_id not in _FIELDS:
        message.n_skipped += 1
    elif getattr(message, _FIELDS[field_id][0]) is None:
        _store(message, field_id, bytes(buf[value_start:value_end]))
    elif field_id in _MAY_REPEAT:
        message.n_skipped += 1
    else:
        raise MessageError(f"field {field_id} twice")
    return offset + ((value_end - offset + 3) & ~3)


def _store(message: Message, field_id: int, value: bytes) -> None:
    attribute, layout = _FIELDS[field_id]
    length = len(value)
    if layout == _TEXT:
        setattr(message, attribute, _text(value, field_id))
        return
    if layout == _OPAQUE:
        setattr(message, attribute, value)
        return
    expected = 6 if layout == _SSRC else 2
    if length < expected or (length > expected and layout != _CAUSE):
        raise MessageError(f"field {field_id} has {length} bytes")
    if layout == _U8_SPARE:
        value = value[0]
    elif layout == _U8_PAIR:
        value = (value[0], value[1])
    elif layout == _SSRC:
        value = _u32(value, 0)
    else:
        if length > 2:
            message.phrase = _text(value[2:], field_id)
        value = _u16(value, 0)
    setattr(message, attribute, value)


def _text(value: bytes, field_id: int) -> str:
    try:
        return value.decode()
    except UnicodeError:
        raise MessageError(f"field {field_id} is not UTF-8") from None


def _u16(buf, i: int) -> int:
    return buf[i] << 8 | buf[i + 1]


def _u32(buf, i: int) -> int:
    return buf[i] << 24 | buf[i + 1] << 16 | buf[i + 2] << 8 | buf[i + 3]


def _put_u16(buf: bytearray, i: int, value: int) -> None:
    buf[i] = value >> 8
    buf[i + 1] = value & 0xFF
