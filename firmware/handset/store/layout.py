"""Bytes of sectors and records, format version 1: README.md's tables, and nothing that acts."""

import struct

SERVICE = 1
PROFESSIONAL = 2
PERSONAL = 3
DOMAINS = (SERVICE, PROFESSIONAL, PERSONAL)

VALUE = 1
NAME = 2
ENTRY = 3
DELETE = 4
RELEASE = 5
KEYS = 6
TRIES = 7
JOURNAL = 8
WIPE = 9
SEALED = (VALUE, NAME, ENTRY, JOURNAL)

KIND_MASK = 0x0F
BOX = 0x40
LAST = 0x80
_DOMAIN_SHIFT = 4
_DOMAIN_MASK = 0x03

MAC_BYTES = 8
TAG_BYTES = 16
SALT_BYTES = 8
ID_BYTES = 6
BOX_BYTES = 2 + 34  # two zeros, so that the record's end is at a multiple of 4
UNIT_BYTES = 16
LENGTH_BYTES = 2
UNITS_MAX = 250

MARK = b"\x00\x5a\xa5\x00"
MARK_BYTES = 4
UNMARKED = b"\xff\xff\xff\xff"

# --- sectors ----------------------------------------------------------------------------------

MAGIC = b"HST1"
ERASED_FORMAT = "<4sII"  # magic, erase count, check
ERASED_BYTES = 12
# Sequence, store salt, first version, streams, end of the other head, digest.
OPENED_FORMAT = "<I8sIII8s"
OPENED_BYTES = 32
HEADER_MAC_AT = ERASED_BYTES + OPENED_BYTES
SECTOR_HEADER_BYTES = HEADER_MAC_AT + MAC_BYTES
FIRST_VERSION_AT = ERASED_BYTES + 12
STORE_SALT_AT = ERASED_BYTES + 4

# Two sectors are open at a time: what lives long is kept apart from what changes often.
HOT = 0  # what is new
COLD = 1  # what compaction has moved
STREAMS = (HOT, COLD)
_STREAM_BITS = 8

# --- records ----------------------------------------------------------------------------------

RECORD_FORMAT = "<BB2s6sI8s"  # kind, units, life, id, version, salt
RECORD_HEADER_BYTES = 22
RECORD_BYTES_MIN = 32  # header, a body of no units, MAC
LIFE_AT = 2
ID_AT = 4
VERSION_AT = 10
SALT_AT = 14
ALIVE = b"\xff\xff"
DEAD = b"\x00\x00"
_ALIVE_BITS_MIN = 12

# The longest body without a tag: KEYS.
KEYS_UNITS = 21
KEYS_COPIES = 2
PLAIN_BODY_BYTES_MAX = LENGTH_BYTES + UNIT_BYTES * KEYS_UNITS
ENTRY_ID = "<HI"
RELEASE_ID = "<HI"
DELETE_SALT = "<I"
NO_ID = b"\x00\x00\x00\x00\x00\x00"


def streams(stream: int, other_sequence: int) -> int:
    """In a header: its stream, and the sequence of the other one's head at the time (0: none)."""
    return stream | other_sequence << _STREAM_BITS


def stream_of(streams_field: int) -> int:
    return streams_field & ((1 << _STREAM_BITS) - 1)


def other_sequence_of(streams_field: int) -> int:
    return streams_field >> _STREAM_BITS


def kind_byte(kind: int, domain: int, box: bool) -> int:
    """First byte of a record."""
    return kind | (domain << _DOMAIN_SHIFT) | (BOX if box else 0)


def domain_of(first: int) -> int:
    """Domain in a record's first byte."""
    return (first >> _DOMAIN_SHIFT) & _DOMAIN_MASK


def is_sealed(first: int) -> bool:
    """Whether records of this kind carry a tag."""
    return (first & KIND_MASK) in SEALED


def units_for(n_bytes: int) -> int:
    """Units of a body that holds so many bytes."""
    return (n_bytes + UNIT_BYTES - 1) // UNIT_BYTES


def body_at(first: int) -> int:
    """Offset of the body in its record."""
    return RECORD_HEADER_BYTES + (BOX_BYTES if first & BOX else 0)


def body_bytes(units: int) -> int:
    """Bytes of the body."""
    return LENGTH_BYTES + UNIT_BYTES * units


def end_bytes(first: int, units: int) -> int:
    """How much before the MAC it covers: the tag, or the body of what has none. Nothing of KEYS,
    which are overwritten one day: their salt is a MAC of their body instead."""
    if is_sealed(first):
        return TAG_BYTES
    return 0 if first & KIND_MASK == KEYS else body_bytes(units)


def mac_at(first: int, units: int) -> int:
    """Offset of the MAC in its record."""
    return body_at(first) + body_bytes(units) + (TAG_BYTES if is_sealed(first) else 0)


def record_bytes(first: int, units: int) -> int:
    """All of a record, with the mark if it is the last of its transaction."""
    return mac_at(first, units) + MAC_BYTES + (MARK_BYTES if first & LAST else 0)


def sealed_bytes_max(n_bytes: int) -> int:
    """Flash that a transaction of one record takes at most which holds so many bytes."""
    first = kind_byte(VALUE, SERVICE, True) | LAST
    return record_bytes(first, units_for(n_bytes))


def is_plausible(first: int, units: int) -> bool:
    """Whether a record may begin with these two bytes."""
    kind, domain = first & KIND_MASK, domain_of(first)
    if is_sealed(first):
        return domain != 0 and units <= UNITS_MAX
    if not DELETE <= kind <= WIPE or domain or first & BOX:
        return False
    return body_bytes(units) <= PLAIN_BODY_BYTES_MAX


def is_alive(life: "bytes | memoryview") -> bool:
    """Whether a record has not been superseded, a few flipped bits forgiven."""
    bits, n_bits = life[0] | life[1] << 8, 0
    while bits:
        n_bits += bits & 1
        bits >>= 1
    return n_bits >= _ALIVE_BITS_MIN


def erased_header(erase_count: int) -> bytes:
    """What is programmed right after a sector was erased."""
    return struct.pack(ERASED_FORMAT, MAGIC, erase_count, erase_count ^ 0xFFFFFFFF)


def erase_count_of(header: "bytearray | memoryview") -> int:
    """Erase count in a sector's header, -1 where it is not to be trusted."""
    magic, count, check = struct.unpack_from(ERASED_FORMAT, header, 0)
    return count if magic == MAGIC and count == check ^ 0xFFFFFFFF else -1
