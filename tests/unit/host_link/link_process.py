"""Far ends for the host's transport: the firmware's link in a child process, or a script."""

import os
import pty
import select
import subprocess
import sys
import threading
import tty
from pathlib import Path

from smp import packet

CHILD = Path(__file__).parent / "link_child.py"
FIRMWARE = Path(__file__).parents[3] / "firmware"
RESET_EXIT_CODE = 64


class _Pty:
    """A pty in raw mode whose slave stays open, so that clients may come and go."""

    def __init__(self):
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)

    def wait_readable(self):
        select.select([self._slave], [], [])

    def hang_up(self):
        for fd in (self.master, self._slave):
            if fd >= 0:
                os.close(fd)
        self.master = self._slave = -1


class LinkProcess:
    """The link under CPython on a pty (or on `listener`, a TCP socket), started again on reset."""

    def __init__(self, listener=None):
        self._pty = None if listener else _Pty()
        self._fd = listener.fileno() if listener else self._pty.master
        self._kind = "tcp" if listener else "pty"
        self._process = None
        self._closing = False
        self.boots = 0
        self._keeper = threading.Thread(target=self._keep_running)

    @property
    def port(self):
        return self._pty.port

    def _start(self):
        self.boots += 1
        self._process = subprocess.Popen(
            [sys.executable, str(CHILD), self._kind, str(self._fd), str(self.boots)],
            pass_fds=(self._fd,),
            env=dict(os.environ, PYTHONPATH=str(FIRMWARE)),
        )

    def _keep_running(self):
        while self._process.wait() == RESET_EXIT_CODE and not self._closing:
            self._start()

    def kill(self):
        """Power cut, for good."""
        self._closing = True
        self._process.kill()
        self._keeper.join()

    def __enter__(self):
        self._start()
        self._keeper.start()
        return self

    def __exit__(self, *exc_info):
        self.kill()
        if self._pty:
            self._pty.hang_up()


class ScriptedDevice:
    """Answers each message it receives with the bytes `answer(message)` returns."""

    def __init__(self):
        self._pty = _Pty()
        self.port = self._pty.port
        self.answer = lambda message: b""
        self.received = []
        self._thread = None
        self._pipe = os.pipe()

    def send(self, data):
        os.write(self._pty.master, data)

    def send_and_see_arrive(self, data):
        """As `send`, returning when the port has it; for when nobody is reading there."""
        self.send(data)
        self._pty.wait_readable()

    def start(self):
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def hang_up(self):
        self._stop()
        self._pty.hang_up()

    def _serve(self):
        buffered = b""
        while True:
            ready, _, _ = select.select([self._pty.master, self._pipe[0]], [], [])
            if self._pipe[0] in ready:
                return
            buffered += os.read(self._pty.master, 4096)
            *lines, buffered = buffered.split(b"\n")
            for line in lines:
                self._take(line + b"\n")

    def _take(self, line):
        if line.startswith(packet.START_DELIMITER):
            self._decoder = packet.decode()
            next(self._decoder)
        try:
            self._decoder.send(line)
        except StopIteration as finished:
            self.received.append(finished.value)
            self.send(self.answer(finished.value))

    def _stop(self):
        if self._thread:
            os.write(self._pipe[1], b"x")
            self._thread.join()
            self._thread = None

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.hang_up()
        for fd in self._pipe:
            os.close(fd)


def frame(message):
    """Wire bytes of one message."""
    return b"".join(packet.encode(message))


def answer_to(request, body):
    """Wire bytes of an answer with CBOR `body` to the message `request`."""
    header = bytearray(request[:8])
    header[0] += 1
    header[2:4] = len(body).to_bytes(2, "big")
    return frame(bytes(header) + body)
