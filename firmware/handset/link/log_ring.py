"""Log lines waiting for the console: bounded, preallocated, the oldest is dropped first."""

_NEWLINE = 0x0A
_FIRST_PRINTABLE = 0x20
_TAB = 0x09
_DELETE = 0x7F
# The C1 controls U+0080 to U+009F in UTF-8: some terminals obey them as they obey escape.
_C1_LEAD = 0xC2
_C1_FIRST = 0x80
_C1_END = 0xA0
_REPLACEMENT = 0x3F  # "?"


class LogRing:
    """`n_bytes` of lines, one behind the other, of at most `line_bytes` each, newline included.

    Control characters become "?": they would look like frame marks or line ends to the host.
    """

    def __init__(self, n_bytes: int, line_bytes: int) -> None:
        self._ring = bytearray(n_bytes)
        self._line_bytes = line_bytes
        self._first = 0  # byte of the oldest line
        self._used = 0
        self.waiting = 0
        self.dropped = 0
        self.shortened = 0

    def put(self, text: str) -> None:
        """Queue one line; makes room by dropping the oldest."""
        data = text.encode()
        n_bytes = len(data)
        if n_bytes > self._line_bytes - 1:
            n_bytes = self._line_bytes - 1
            self.shortened += 1
        while len(self._ring) - self._used < n_bytes + 1:
            self._next_line(None)
            self.dropped += 1
        last = 0
        for i in range(n_bytes):
            byte = data[i]
            is_control = (byte < _FIRST_PRINTABLE and byte != _TAB) or byte == _DELETE
            if last == _C1_LEAD and _C1_FIRST <= byte < _C1_END:
                self._set(i - 1, _REPLACEMENT)
                is_control = True
            self._set(i, _REPLACEMENT if is_control else byte)
            last = byte
        self._set(n_bytes, _NEWLINE)
        self._used += n_bytes + 1
        self.waiting += 1

    def take(self, buf: bytearray) -> int:
        """Move the oldest line into `buf`; returns its length, 0 when none waits."""
        return self._next_line(buf) if self.waiting else 0

    def _set(self, at: int, byte: int) -> None:
        """Byte `at` of the line that is being put in."""
        self._ring[(self._first + self._used + at) % len(self._ring)] = byte

    def _next_line(self, buf: "bytearray | None") -> int:
        """Take the oldest line out, into `buf` if there is one."""
        n_bytes = 0
        byte = 0
        while byte != _NEWLINE:
            byte = self._ring[self._first]
            if buf is not None:
                buf[n_bytes] = byte
            n_bytes += 1
            self._first = (self._first + 1) % len(self._ring)
        self._used -= n_bytes
        self.waiting -= 1
        return n_bytes
