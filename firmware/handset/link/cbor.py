"""CBOR (RFC 8949), the part management messages need.

Values: int (-2**64 .. 2**64-1), bytes, str, list, dict, bool, None and float. Encoding is
deterministic (clause 4.2.1: shortest heads, definite lengths, keys in bytewise order), with
floats always 64 bits wide (clause 4.2.2). Decoding also takes indefinite lengths and 16 and 32
bit floats, since clients send them, and rejects everything else: tags, other simple values,
repeated keys, trailing bytes, deep nesting. Bytes come as a bytearray, so that they can be erased.
"""

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEPTH_MAX = 8

_UINT = 0
_NEGATIVE = 1
_BYTES = 2
_TEXT = 3
_ARRAY = 4
_MAP = 5
_SIMPLE = 7
_INDEFINITE = -1
_BREAK = 0xFF


class CborError(ValueError):
    """What cannot be encoded, or which byte cannot be decoded and why."""


class CborFull(CborError):
    """The encoding does not fit into the buffer."""


class Encoder:
    """Writes into `buf` from `start`; `at` is the next free index.

    `encode` raises CborFull when the buffer is too small, CborError for values CBOR (or this
    codec) does not have.
    """

    def __init__(self, buf: bytearray, start: int = 0) -> None:
        self._buf = buf
        self.at = start

    def encode(self, value: "Any", depth: int = DEPTH_MAX) -> None:
        """Append `value`; at most `depth` containers may be nested in it."""
        if value is None:
            self._put(b"\xf6")
        elif value is False or value is True:
            self._put(b"\xf5" if value else b"\xf4")
        elif isinstance(value, int):
            self._int(value)
        elif isinstance(value, str):
            self._string(_TEXT, value.encode())
        elif isinstance(value, (bytes, bytearray, memoryview)):
            self._string(_BYTES, value)
        elif isinstance(value, float):
            self._put(b"\xfb")
            self._put(struct.pack(">d", value))
        elif isinstance(value, (list, tuple, dict)):
            if depth == 0:
                raise CborError("nested too deeply")
            if isinstance(value, dict):
                self._map(value, depth - 1)
            else:
                self._head(_ARRAY, len(value))
                for item in value:
                    self.encode(item, depth - 1)
        else:
            raise CborError("no CBOR for %s" % type(value).__name__)

    def _map(self, value: dict, depth: int) -> None:
        self._head(_MAP, len(value))
        for _, key in sorted([(_order(key), key) for key in value]):
            self.encode(key, 0)
            self.encode(value[key], depth)

    def _int(self, value: int) -> None:
        if value < 0:
            self._head(_NEGATIVE, -1 - value)
        else:
            self._head(_UINT, value)

    def _string(self, major: int, data: bytes) -> None:
        self._head(major, len(data))
        self._put(data)

    def _head(self, major: int, argument: int) -> None:
        major <<= 5
        if argument < 24:
            self._put(bytes((major | argument,)))
        elif argument < 0x100:
            self._put(bytes((major | 24, argument)))
        elif argument < 0x10000:
            self._put(struct.pack(">BH", major | 25, argument))
        elif argument < 0x100000000:
            self._put(struct.pack(">BI", major | 26, argument))
        elif argument < 0x10000000000000000:
            self._put(struct.pack(">BQ", major | 27, argument))
        else:
            raise CborError("integer beyond 64 bits")

    def _put(self, data: bytes) -> None:
        end = self.at + len(data)
        if end > len(self._buf):
            raise CborFull("does not fit into %d bytes" % len(self._buf))
        self._buf[self.at : end] = data
        self.at = end


def _check_key(key: "Any") -> None:
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        raise CborError("map key must be text or int")


def _order(key: "Any") -> tuple:
    """Sorts as the key's encoding does bytewise: by type, then head, then content."""
    _check_key(key)
    if isinstance(key, str):
        data = key.encode()
        return (_TEXT, len(data), data)
    if key < 0:
        return (_NEGATIVE, -1 - key, b"")
    return (_UINT, key, b"")


def dumps(value: "Any", n_bytes_max: int = 1024) -> bytes:
    """`value` encoded, for small things; CborFull when over `n_bytes_max`."""
    buf = bytearray(n_bytes_max)
    encoder = Encoder(buf)
    encoder.encode(value)
    return bytes(buf[: encoder.at])


class _Decoder:
    def __init__(self, buf: bytes, at: int, end: int) -> None:
        self._buf = buf
        self.at = at
        self._end = end

    def error(self, what: str) -> CborError:
        return CborError("%s at byte %d" % (what, self.at))

    def value(self, depth: int) -> "Any":
        head_at = self.at
        major, info = self._initial()
        if major == _SIMPLE:
            return self._simple(info)
        argument = self._argument(major, info)
        if major == _UINT:
            return argument
        if major == _NEGATIVE:
            return -1 - argument
        if major == _BYTES or major == _TEXT:
            return self._string(major, argument)
        if major == _ARRAY or major == _MAP:
            if depth == 0:
                raise self.error("nested too deeply")
            if major == _ARRAY:
                return self._array(argument, depth - 1)
            return self._map(argument, depth - 1)
        self.at = head_at
        raise self.error("tag")

    def _initial(self) -> tuple:
        byte = self._take(1)[0]
        return byte >> 5, byte & 0x1F

    def _take(self, n_bytes: int) -> bytes:
        # Compared before anything is allocated, so that a huge announced length costs nothing.
        if n_bytes > self._end - self.at:
            raise self.error("cut short")
        at = self.at
        self.at = at + n_bytes
        return self._buf[at : at + n_bytes]

    def _argument(self, major: int, info: int) -> int:
        if info < 24:
            return info
        if info < 28:
            argument = 0
            for byte in self._take(1 << (info - 24)):
                argument = (argument << 8) | byte
            return argument
        if info == 31 and major in (_BYTES, _TEXT, _ARRAY, _MAP):
            return _INDEFINITE
        raise self.error("bad length code")

    def _simple(self, info: int) -> "Any":
        if info == 20 or info == 21:
            return info == 21
        if info == 22:
            return None
        if info == 25:
            return _half(struct.unpack(">H", self._take(2))[0])
        if info == 26:
            return struct.unpack(">f", self._take(4))[0]
        if info == 27:
            return struct.unpack(">d", self._take(8))[0]
        raise self.error("simple value %d" % info)

    def _string(self, major: int, n_bytes: int) -> "Any":
        if n_bytes != _INDEFINITE:
            return self._chunk(major, n_bytes)
        whole: Any = bytearray() if major == _BYTES else ""
        while not self._at_break():
            chunk_major, info = self._initial()
            n_bytes = self._argument(major, info)
            if chunk_major != major or n_bytes == _INDEFINITE:
                raise self.error("bad chunk of an indefinite string")
            whole += self._chunk(major, n_bytes)
        return whole

    def _chunk(self, major: int, n_bytes: int) -> "Any":
        data = self._take(n_bytes)
        if major == _BYTES:
            return bytearray(data)
        try:
            return bytes(data).decode()
        except UnicodeError:
            raise self.error("text is not UTF-8") from None

    def _at_break(self) -> bool:
        if self.at < self._end and self._buf[self.at] == _BREAK:
            self.at += 1
            return True
        return False

    def _more(self, n_done: int, n_items: int) -> bool:
        if n_items == _INDEFINITE:
            return not self._at_break()
        return n_done < n_items

    def _array(self, n_items: int, depth: int) -> list:
        items = []
        while self._more(len(items), n_items):
            items.append(self.value(depth))
        return items

    def _map(self, n_items: int, depth: int) -> dict:
        items = {}
        while self._more(len(items), n_items):
            key = self.value(0)
            _check_key(key)
            if key in items:
                raise self.error("repeated map key")
            items[key] = self.value(depth)
        return items


def _half(bits: int) -> float:
    """IEEE 754 half precision (RFC 8949 appendix D)."""
    exponent = (bits >> 10) & 0x1F
    fraction = bits & 0x3FF
    if exponent == 0x1F:
        value = float("nan") if fraction else float("inf")
    elif exponent == 0:
        value = fraction * 2.0**-24
    else:
        value = (fraction | 0x400) * 2.0 ** (exponent - 25)
    return -value if bits & 0x8000 else value


def decode(buf: bytes, start: int, end: int) -> "Any":
    """The one value that fills `buf[start:end]`; CborError says what is wrong and where."""
    decoder = _Decoder(buf, start, end)
    value = decoder.value(DEPTH_MAX)
    if decoder.at != end:
        raise decoder.error("bytes after the value")
    return value


def loads(data: bytes) -> "Any":
    """The one value that `data` holds."""
    return decode(data, 0, len(data))
