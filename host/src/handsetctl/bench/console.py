"""The serial console of a virtual handset: a pty whose slave path is the port hosts open."""

from __future__ import annotations

import contextlib
import os
import pty
import termios
import tty
from pathlib import Path


class Console:
    """A raw pty. The bench keeps both ends open, so that the path outlives resets and hosts."""

    def __init__(self, link: Path) -> None:
        """Make the pty; ``link`` becomes a symbolic link to it, for people."""
        self.handset_fd, self._host_fd = pty.openpty()
        _set_raw(self._host_fd)
        os.set_blocking(self._host_fd, False)
        # One open file for the bench and the handset: neither may hang on a host that is not there.
        os.set_blocking(self.handset_fd, False)
        self.port = os.ttyname(self._host_fd)
        link.unlink(missing_ok=True)
        link.symlink_to(self.port)
        self._link = link

    def write_as_handset(self, text: bytes) -> None:
        """Put text on the wire as if the handset had said it; what does not fit is lost."""
        # Nobody listens and the buffer is full: a real wire loses it too.
        with contextlib.suppress(BlockingIOError):
            os.write(self.handset_fd, text)

    def peek(self) -> bytes:
        """What the handset said and no host has read yet; it stays readable."""
        text = _read_all(self._host_fd)
        self.write_as_handset(text)
        return text

    def drop_input(self) -> None:
        """Lose what hosts wrote and the handset did not read."""
        _read_all(self.handset_fd)

    def close(self) -> None:
        """Remove the port. Idempotent."""
        self._link.unlink(missing_ok=True)
        for fd in (self.handset_fd, self._host_fd):
            if fd >= 0:
                os.close(fd)
        self.handset_fd = self._host_fd = -1


def _set_raw(fd: int) -> None:
    """No byte is changed on the way, not even when QEMU switches output processing on again."""
    tty.setraw(fd)
    mode = termios.tcgetattr(fd)
    mode[tty.OFLAG] = 0
    termios.tcsetattr(fd, termios.TCSANOW, mode)


def _read_all(fd: int) -> bytes:
    chunks: list[bytes] = []
    while True:
        try:
            chunk = os.read(fd, 65536)
        except BlockingIOError:
            return b"".join(chunks)
        chunks.append(chunk)
        if not chunk:
            return b"".join(chunks)
