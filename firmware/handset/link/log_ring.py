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
    """`n_lines` lines of at most `line_bytes` bytes, newline included.

    Control characters become "?": they would look like frame marks or line ends to the host.
    """

    def __init__(self, n_lines: int, line_bytes: int) -> None:
        self._lines = [bytearray(line_bytes) for _ in range(n_lines)]
        self._lengths = [0] * n_lines
        self._first = 0
        self.waiting = 0
        self.dropped = 0
        self.shortened = 0

    def put(self, text: str) -> None:
        """Queue one line; makes room by dropping the oldest."""
        n_lines = len(self._lines)
        if self.waiting == n_lines:
            self._first = (self._first + 1) % n_lines
            self.waiting -= 1
            self.dropped += 1
        at = (self._first + self.waiting) % n_lines
        self._lengths[at] = self._fill(self._lines[at], text.encode())
        self.waiting += 1

    def _fill(self, line: bytearray, data: bytes) -> int:
        n_bytes = len(data)
        if n_bytes > len(line) - 1:
            n_bytes = len(line) - 1
            self.shortened += 1
        for i in range(n_bytes):
            byte = data[i]
            is_control = (byte < _FIRST_PRINTABLE and byte != _TAB) or byte == _DELETE
            if i and data[i - 1] == _C1_LEAD and _C1_FIRST <= byte < _C1_END:
                line[i - 1] = _REPLACEMENT
                is_control = True
            line[i] = _REPLACEMENT if is_control else byte
        line[n_bytes] = _NEWLINE
        return n_bytes + 1

    def take(self, buf: bytearray) -> int:
        """Move the oldest line into `buf`; returns its length, 0 when none waits."""
        if not self.waiting:
            return 0
        line = self._lines[self._first]
        n_bytes = self._lengths[self._first]
        for i in range(n_bytes):
            buf[i] = line[i]
        self._first = (self._first + 1) % len(self._lines)
        self.waiting -= 1
        return n_bytes
