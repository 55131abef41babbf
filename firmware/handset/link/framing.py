"""SMP over console: packets as base64 lines among other text.

A packet is `length (2, big-endian) | message | CRC-16 (2)`, where length counts message and CRC.
It travels as base64 in lines of at most 127 bytes: 0x06 0x09 starts a packet, 0x04 0x14 carries
it on, a newline ends each line. Clients cut it in two ways, and both are read here: one base64
stream cut into lines, or each line its own padded base64.
"""

from handset.link.crc16 import crc16
from handset.security.erase import erase

LINE_BYTES_MAX = 127
_LENGTH_BYTES = 2
_CRC_BYTES = 2
FRAME_OVERHEAD_BYTES = _LENGTH_BYTES + _CRC_BYTES

_NEWLINE = 0x0A
_RETURN = 0x0D
_PAD = 0x3D
_START_0 = 0x06
_START_1 = 0x09
_MORE_0 = 0x04
_MORE_1 = 0x14

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = 0xFF


def _decode_table() -> bytes:
    table = bytearray([_NOT_BASE64] * 256)
    for value in range(64):
        table[_ALPHABET[value]] = value
    return bytes(table)


_DECODE = _decode_table()

# Where in a line the receiver is.
_TEXT = 0  # not in an SMP line
_SAW_START = 1  # 0x06 seen
_SAW_MORE = 2  # 0x04 seen
_BASE64 = 3
_PADDED = 4  # "=" seen: only the rest of the padding and the end of the line may follow
_RETURNED = 5  # carriage return seen: only the newline may follow

# A marker bit above the collected base64 digits tells how many there are.
_NO_DIGITS = 1
_TWO_DIGITS = 0x1000
_TWO_DIGITS_MAX = 0x1FFF
_THREE_DIGITS = 0x40000
_FOUR_DIGITS = 0x1000000


class Receiver:
    """Incremental decoder; allocates nothing after construction.

    `feed` takes bytes until a packet is complete. The message is then
    `message[:message_bytes]`, valid until the next `feed` or `forget`. Whatever is wrong with the
    bytes is counted, dropped and erased; the next newline or packet start brings the receiver back.
    """

    COUNTERS = (
        "packets",
        "bad_crc",
        "bad_length",
        "bad_base64",
        "truncated",
        "oversize",
        "stray_continuation",
        "noise_bytes",
    )

    def __init__(self, message_bytes_max: int) -> None:
        self._size = message_bytes_max + FRAME_OVERHEAD_BYTES
        # Up to two more bytes of a base64 group can be stored before the length is checked.
        self._buf = bytearray(self._size + 2)
        self.message = memoryview(self._buf)[_LENGTH_BYTES:]
        self.message_bytes = 0

        self.packets = 0
        self.bad_crc = 0
        self.bad_length = 0
        self.bad_base64 = 0
        self.truncated = 0
        self.oversize = 0
        self.stray_continuation = 0
        self.noise_bytes = 0

        self._state = _TEXT
        self._open = False  # a packet has begun and may go on
        self._dropped = False  # its beginning was bad: the rest is not worth a second count
        self._digits = _NO_DIGITS
        self._n_stored = 0
        self._n_total = 0  # length field included; 0 while not known
        self._pads_due = 0

    def feed(self, buf: bytes, n_bytes: int, start: int = 0) -> int:
        """Take `buf[start:n_bytes]`; returns the index of the first byte not taken.

        Stops behind the newline that completes a packet, with `message_bytes` > 0; call again
        with the returned index for the rest.
        """
        self.message_bytes = 0
        while start < n_bytes:
            if self._state == _BASE64:
                start = self._take_base64(buf, n_bytes, start)
            elif self._state == _TEXT:
                start = self._skip_text(buf, n_bytes, start)
            else:
                start = self._take_mark(buf[start], start)
            if self.message_bytes:
                break
        return start

    def forget(self) -> None:
        """Erase what was received."""
        erase(self._buf, self._n_stored)
        self._n_stored = 0
        self._digits = _NO_DIGITS
        self.message_bytes = 0

    def _skip_text(self, buf: bytes, n_bytes: int, start: int) -> int:
        begin = start
        while start < n_bytes:
            byte = buf[start]
            if byte == _START_0:
                self._state = _SAW_START
                break
            if byte == _MORE_0:
                self._state = _SAW_MORE
                break
            start += 1
        self.noise_bytes += start - begin
        return start + 1 if start < n_bytes else start

    def _take_mark(self, byte: int, start: int) -> int:
        state = self._state
        if state == _SAW_START or state == _SAW_MORE:
            if byte == (_START_1 if state == _SAW_START else _MORE_1):
                self._begin_line(state == _SAW_START)
                return start + 1
            self.noise_bytes += 1  # the mark's first half was text after all
            self._state = _TEXT
            return start
        if byte == _NEWLINE and not self._pads_due:
            self._end_line()
        elif state == _PADDED and byte == _PAD and self._pads_due:
            self._pads_due -= 1
        elif state == _PADDED and byte == _RETURN and not self._pads_due:
            self._state = _RETURNED
        else:
            self._drop_line()
            return start
        return start + 1

    def _begin_line(self, is_first: bool) -> None:
        if is_first:
            if self._open:
                self.truncated += 1
            self._open = True
            self._dropped = False
            self.forget()
            self._n_total = 0
        elif not self._open:
            if not self._dropped:
                self.stray_continuation += 1
            self._state = _TEXT
            return
        self._pads_due = 0
        self._state = _BASE64

    def _take_base64(self, buf: bytes, n_bytes: int, start: int) -> int:
        table = _DECODE
        digits = self._digits
        while start < n_bytes:
            value = table[buf[start]]
            if value == _NOT_BASE64:
                break
            start += 1
            digits = (digits << 6) | value
            if digits >= _FOUR_DIGITS:
                self._store(digits, 3)
                digits = _NO_DIGITS
                if not self._open:
                    break
        self._digits = digits
        if start < n_bytes and self._open:
            return self._end_base64(buf[start], start)
        return start

    def _end_base64(self, byte: int, start: int) -> int:
        """A byte that is not a base64 digit; returns the index to go on with."""
        if byte == _NEWLINE:
            self._end_line()
        elif byte == _RETURN:
            self._state = _RETURNED
        elif byte == _PAD and self._flush_padded():
            if self._open:
                self._state = _PADDED
        else:
            self._drop_line()
            return start
        return start + 1

    def _drop_line(self) -> None:
        # The offending byte is looked at again as text: it may start the next packet.
        self.bad_base64 += 1
        self._abandon()

    def _flush_padded(self) -> bool:
        """Store the digits before a "="; False where no padding may be."""
        digits = self._digits
        self._digits = _NO_DIGITS
        if _TWO_DIGITS <= digits <= _TWO_DIGITS_MAX and not digits & 0x0F:
            self._pads_due = 1
            self._store(digits << 12, 1)
            return True
        if digits >= _THREE_DIGITS and not digits & 0x03:
            self._store(digits << 6, 2)
            return True
        return False

    def _store(self, group: int, n_bytes: int) -> None:
        at = self._n_stored
        if self._n_total and at + n_bytes > self._n_total:
            self.bad_length += 1
            self._abandon()
            return
        self._n_stored = at + n_bytes
        self._buf[at] = (group >> 16) & 0xFF
        if n_bytes > 1:
            self._buf[at + 1] = (group >> 8) & 0xFF
        if n_bytes > 2:
            self._buf[at + 2] = group & 0xFF
        if not self._n_total and self._n_stored >= _LENGTH_BYTES:
            self._read_length()

    def _read_length(self) -> None:
        length = (self._buf[0] << 8) | self._buf[1]
        self._n_total = _LENGTH_BYTES + length
        if length <= _CRC_BYTES or self._n_stored > self._n_total:
            self.bad_length += 1
            self._abandon()
        elif self._n_total > self._size:
            self.oversize += 1
            self._abandon()

    def _abandon(self) -> None:
        self._open = False
        self._dropped = True
        self._state = _TEXT
        self.forget()

    def _end_line(self) -> None:
        self._state = _TEXT
        if not self._open or not self._n_total or self._n_stored < self._n_total:
            return
        if self._digits != _NO_DIGITS:
            self.bad_base64 += 1
            self._abandon()
        elif crc16(self._buf, _LENGTH_BYTES, self._n_total):
            self.bad_crc += 1
            self._abandon()
        else:
            self.packets += 1
            self.message_bytes = self._n_total - FRAME_OVERHEAD_BYTES
            self._open = False
            self._dropped = False


_LINE_DIGITS_END = LINE_BYTES_MAX - 1


class Sender:
    """Encodes one packet line by line into `line`; allocates nothing after construction."""

    def __init__(self) -> None:
        self.line = bytearray(LINE_BYTES_MAX)
        self._message = b""
        self._n_message = 0
        self._at = 0
        self._crc = 0

    def begin(self, message: bytes, n_bytes: int) -> None:
        """Start on `message[:n_bytes]`, which must not change until the last line is out."""
        self._message = message
        self._n_message = n_bytes
        self._at = 0
        self._crc = crc16(message, 0, n_bytes)

    def next_line(self) -> int:
        """Put the next line into `line`; returns its length, 0 when the packet is finished."""
        n_total = self._n_message + FRAME_OVERHEAD_BYTES
        if self._at >= n_total:
            return 0
        self.line[0] = _MORE_0 if self._at else _START_0
        self.line[1] = _MORE_1 if self._at else _START_1
        end = 2
        while end < _LINE_DIGITS_END and self._at < n_total:
            self._put_group(end, n_total - self._at)
            end += 4
        self.line[end] = _NEWLINE
        return end + 1

    def _put_group(self, end: int, n_left: int) -> None:
        at = self._at
        group = self._byte(at) << 16
        if n_left > 1:
            group |= self._byte(at + 1) << 8
        if n_left > 2:
            group |= self._byte(at + 2)
        self._at = at + 3
        line = self.line
        line[end] = _ALPHABET[group >> 18]
        line[end + 1] = _ALPHABET[(group >> 12) & 0x3F]
        line[end + 2] = _ALPHABET[(group >> 6) & 0x3F] if n_left > 1 else _PAD
        line[end + 3] = _ALPHABET[group & 0x3F] if n_left > 2 else _PAD

    def _byte(self, at: int) -> int:
        """Byte `at` of length, message and CRC laid end to end."""
        n_message = self._n_message
        if at < _LENGTH_BYTES:
            return ((n_message + _CRC_BYTES) >> (8 - 8 * at)) & 0xFF
        at -= _LENGTH_BYTES
        if at < n_message:
            return self._message[at]
        return (self._crc >> (8 - 8 * (at - n_message))) & 0xFF
