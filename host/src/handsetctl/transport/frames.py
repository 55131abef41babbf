"""The console's byte stream taken apart: SMP messages here, lines of text there.

The stock `smp.packet.decode` is lenient (it skips characters that are not base64 and takes more
bytes than announced), so that frames are put together here, strictly.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from smp.packet import CONTINUE_DELIMITER, CRC16_STRUCT, FRAME_LENGTH_STRUCT, START_DELIMITER

_TEXT_LINE_BYTES_MAX = 4096
_DIGITS_PER_GROUP = 4
_MARKS = re.compile(b"(%b|%b)" % (re.escape(START_DELIMITER), re.escape(CONTINUE_DELIMITER)))


class FrameSplitter:
    """Feed it bytes in any pieces. Text lines go to `on_text`, without their line end."""

    def __init__(self, on_text: Callable[[str], None]) -> None:
        self.on_text = on_text
        self.bad_frames = 0
        self._line = b""
        self._digits = b""
        self._raw = bytearray()
        self._is_open = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; returns the SMP messages that became complete, mostly none."""
        *lines, self._line = (self._line + data).split(b"\n")
        messages = [message for line in lines for message in self._take_line(line)]
        if len(self._line) > _TEXT_LINE_BYTES_MAX:
            self.flush_text()
        return messages

    def flush_text(self) -> None:
        """Hand over text that has not been ended by a newline."""
        line, self._line = self._line, b""
        self._take_line(line)

    def _take_line(self, line: bytes) -> list[bytes]:
        """Messages completed by one line. A mark may stand anywhere in it: what came before lost
        its newline."""
        text, *pieces = _MARKS.split(line.rstrip(b"\r"))
        if text:
            self.on_text(text.decode("utf-8", "replace"))
        messages = []
        for mark, digits in zip(pieces[::2], pieces[1::2], strict=True):
            if (message := self._take_piece(mark, digits)) is not None:
                messages.append(message)
        return messages

    def _take_piece(self, mark: bytes, digits: bytes) -> bytes | None:
        if mark == START_DELIMITER:
            self._open_frame()
        elif not self._is_open:
            return None
        try:
            return self._take_digits(digits)
        except (binascii.Error, ValueError):
            self.bad_frames += 1
            self._is_open = False
            return None

    def _open_frame(self) -> None:
        if self._is_open:
            self.bad_frames += 1
        self._is_open = True
        self._digits = b""
        self._raw.clear()

    def _take_digits(self, digits: bytes) -> bytes | None:
        """The message, if these digits complete it; ValueError if they cannot be right."""
        digits = self._digits + digits
        n_whole = len(digits) - len(digits) % _DIGITS_PER_GROUP
        self._raw += base64.b64decode(digits[:n_whole], validate=True)
        self._digits = digits[n_whole:]
        if len(self._raw) < FRAME_LENGTH_STRUCT.size:
            return None
        (n_bytes,) = FRAME_LENGTH_STRUCT.unpack_from(self._raw)
        frame = self._raw[FRAME_LENGTH_STRUCT.size :]
        if len(frame) < n_bytes:
            return None
        if len(frame) > n_bytes or n_bytes <= CRC16_STRUCT.size or self._digits:
            raise ValueError("the length is wrong")
        if binascii.crc_hqx(frame, 0):
            raise ValueError("the CRC is wrong")
        self._is_open = False
        return bytes(frame[: -CRC16_STRUCT.size])
