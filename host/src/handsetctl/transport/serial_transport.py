"""SMP over any pyserial URL: /dev/ttyUSB0, /dev/pts/4, COM3, socket://, rfc2217://, loop://."""

from __future__ import annotations

import errno
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

import serial
from smp import packet
from smp.header import OP, Flag, GroupId, Header, Version
from typing_extensions import Self

from handsetctl.errors import DeviceGone, DeviceNotFound, DeviceTimeout, PortBusy, ProtocolError
from handsetctl.transport.deadline import Deadline
from handsetctl.transport.frames import FrameSplitter

# One blocking read lasts at most this long; it bounds how late a deadline is noticed.
_READ_SLICE_S = 0.05
_WRITE_TIMEOUT_S = 1.0
# Between attempts to open a port that is not there, where there is nothing to read from.
_REOPEN_PAUSE_S = 0.05
_ECHO_TIMEOUT_S = 0.3
_BUSY = (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK)
_ECHO_BODY = b"\xa1\x61d\x60"  # {"d": ""}


def _ignore_text(text: str) -> None:
    pass


class SerialTransport:
    """One open port. Safe to use from several threads: requests wait for each other.

    `on_text` gets each line of console text, from whichever thread is reading just then; it must
    not use the transport. Text is read while a request waits, and by `listen`.

    Opening raises DeviceNotFound or PortBusy; anything later raises DeviceGone when the port
    vanishes.
    """

    def __init__(
        self,
        url: str,
        baudrate: int = 115200,
        on_text: Callable[[str], None] = _ignore_text,
    ) -> None:
        self.url = url
        self.stale_frames = 0
        self._baudrate = baudrate
        self._lock = threading.Lock()
        self._splitter = FrameSplitter(on_text)
        # Anywhere, so that late answers to an earlier process are told apart.
        self._sequence = random.randrange(256)
        self._port: serial.Serial | None = None
        self._open()

    @property
    def on_text(self) -> Callable[[str], None]:
        """Who gets the console text."""
        return self._splitter.on_text

    @on_text.setter
    def on_text(self, callback: Callable[[str], None]) -> None:
        self._splitter.on_text = callback

    @property
    def bad_frames(self) -> int:
        """Frames that arrived damaged and were dropped."""
        return self._splitter.bad_frames

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the port. Idempotent."""
        with self._lock:
            self._close()

    def request(self, op: OP, group: int, command: int, body: bytes, timeout_s: float) -> bytes:
        """Send one request and return the body of its answer.

        Anything older that still arrives is told apart by its header, counted and dropped.
        DeviceTimeout, DeviceGone.
        """
        deadline = Deadline(timeout_s)
        with self._locked(deadline):
            self._drop_stale(deadline)
            header = self._header(op, group, command, len(body))
            self._write(bytes(header) + body)
            return self._answer(header, deadline)

    def listen(self, timeout_s: float) -> None:
        """Read console text for `timeout_s`; requests of other threads get in between."""
        deadline = Deadline(timeout_s)
        while not deadline.is_over:
            with self._locked(deadline):
                self.stale_frames += len(self._splitter.feed(self._read()))

    def wait_ready(self, timeout_s: float) -> None:
        """Return as soon as the handset answers an echo; opens the port again if it vanished.

        DeviceTimeout when it does not, PortBusy when somebody else took the port.
        """
        deadline = Deadline(timeout_s)
        reason: Exception | None = None
        while not deadline.is_over:
            try:
                self._reopen()
                patience_s = min(_ECHO_TIMEOUT_S, deadline.left_s)
                self.request(OP.WRITE, GroupId.OS_MANAGEMENT, 0, _ECHO_BODY, patience_s)
                return
            except DeviceTimeout as error:
                reason = error
            except (DeviceGone, DeviceNotFound) as error:
                reason = error
                self.close()
                threading.Event().wait(min(_REOPEN_PAUSE_S, deadline.left_s))
        raise DeviceTimeout(
            f"the handset was not ready within {timeout_s:g} s",
            self.url,
            "see what it says: handsetctl monitor",
        ) from reason

    # -- port ---------------------------------------------------------------------------------

    def _open(self) -> None:
        try:
            port = serial.serial_for_url(
                self.url,
                do_not_open=True,
                baudrate=self._baudrate,
                timeout=_READ_SLICE_S,
                # pyserial's RFC 2217 client has none; its socket gives up by itself.
                write_timeout=None if self.url.startswith("rfc2217:") else _WRITE_TIMEOUT_S,
                exclusive=True,
            )
            port.open()
        except (serial.SerialException, OSError, ValueError) as error:
            raise _open_error(self.url, error) from error
        self._port = port

    def _reopen(self) -> None:
        with self._lock:
            if self._port is None:
                self._open()

    def _close(self) -> None:
        port, self._port = self._port, None
        self._splitter.flush_text()
        if port is not None:
            with suppress(serial.SerialException, OSError):  # closing a port that is gone
                port.close()

    @contextmanager
    def _locked(self, deadline: Deadline) -> Iterator[None]:
        if not self._lock.acquire(timeout=deadline.left_s):
            raise PortBusy(
                f"another thread held the port for {deadline.timeout_s:g} s",
                self.url,
                "wait for its request to finish",
            )
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def _using_port(self) -> Iterator[serial.Serial]:
        """The open port; what it raises when it vanishes becomes DeviceGone."""
        if self._port is None:
            raise DeviceGone("the port is closed", self.url, "open it again, or wait until ready")
        try:
            yield self._port
        except serial.SerialTimeoutException as error:
            raise DeviceTimeout(
                f"the handset did not take what was sent within {_WRITE_TIMEOUT_S:g} s",
                self.url,
                "it may hang or be without power: reset it",
            ) from error
        except (serial.SerialException, OSError) as error:
            self._close()
            raise DeviceGone(
                f"the port vanished: {error}", self.url, "check cable and power, then try again"
            ) from error

    def _read(self) -> bytes:
        """What has arrived, waiting up to one read slice for it."""
        with self._using_port() as port:
            data = bytes(port.read(1))
            if data and (n_waiting := port.in_waiting):
                data += bytes(port.read(n_waiting))
            return data

    # -- request and answer -------------------------------------------------------------------

    def _header(self, op: OP, group: int, command: int, n_bytes: int) -> Header:
        self._sequence = (self._sequence + 1) % 256
        return Header(op, Version.V2, Flag(0), n_bytes, group, self._sequence, command)

    def _write(self, message: bytes) -> None:
        for line in packet.encode(message):
            with self._using_port() as port:
                port.write(line)

    def _drop_stale(self, deadline: Deadline) -> None:
        """Read what came before: text for on_text, and answers nobody waits for any more."""
        while not deadline.is_over:
            with self._using_port() as port:
                n_waiting = port.in_waiting
            if not n_waiting:
                return
            self.stale_frames += len(self._splitter.feed(self._read()))

    def _answer(self, request: Header, deadline: Deadline) -> bytes:
        while not deadline.is_over:
            for message in self._splitter.feed(self._read()):
                if _answers(message, request):
                    return message[Header.SIZE :]
                self.stale_frames += 1
        raise DeviceTimeout(
            f"the handset did not answer within {deadline.timeout_s:g} s",
            self.url,
            "check that it is on and that this is its management port",
        )


def _answers(message: bytes, request: Header) -> bool:
    """Is `message` the answer to `request`? ProtocolError if it is and its length is wrong."""
    # Compared as bytes: the model of `smp.header` raises on commands it does not know.
    expected = bytes(request)
    if len(message) < Header.SIZE or message[0] & 0b111 != request.op + 1:
        return False
    if message[4:8] != expected[4:8]:
        return False
    if int.from_bytes(message[2:4], "big") != len(message) - Header.SIZE:
        raise ProtocolError("the length in an answer's header is wrong", f"header {message[:8]!r}")
    return True


def _open_error(url: str, error: Exception) -> DeviceNotFound | PortBusy:
    code = getattr(error, "errno", None)
    if code in _BUSY:
        return PortBusy(
            "another program holds the port", url, "close it (a monitor, a terminal) and try again"
        )
    if code == errno.EACCES:
        return DeviceNotFound(
            "you may not open the port", url, "add yourself to the group that owns it (dialout)"
        )
    return DeviceNotFound(
        f"the port cannot be opened: {error}", url, "check its name and the cable"
    )
