"""MicroPython's raw prompt at the end of a port: mpremote's library, with our errors."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import serial
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport as MpremoteTransport

from handsetctl.errors import DeviceGone, DeviceNotFound, DeviceTimeout, HandsetError
from handsetctl.transport import SerialTransport

_ATTEMPTS = 2
_ATTEMPT_S = 4.0
# Longer than any silence inside an answer; shorter than an attempt.
_READ_TIMEOUT_S = 1.0
_STOP_TIMEOUT_S = 5.0


class ProgramFailed(HandsetError):
    """Raised when Python on the handset ended in an exception; `traceback` is what it printed."""

    def __init__(self, traceback: str, subject: str) -> None:
        self.traceback = traceback.replace("\r\n", "\n").strip()
        super().__init__(f"the program on the handset failed:\n{self.traceback}\n", subject)


class Prompt:
    """A handset whose program has been stopped, at MicroPython's raw prompt.

    As a context manager, the handset starts its application again at the end.
    """

    def __init__(self, url: str) -> None:
        """Open the port, stop what runs, reset softly: nothing of the application is left.

        DeviceNotFound, PortBusy; DeviceTimeout when there is no prompt.
        """
        self.url = url
        self._is_open = True
        self._transport = _open(url)
        try:
            self._enter()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the port, and leave the handset as it is. Idempotent."""
        self._is_open = False
        with contextlib.suppress(OSError, serial.SerialException):  # it may have gone already
            self._transport.close()

    def run(self, code: str) -> str:
        """Execute a few lines; returns what they print. ProgramFailed."""
        with self._errors():
            return bytes(self._transport.exec(code)).decode().replace("\r\n", "\n")

    @contextlib.contextmanager
    def mounted(self, folder: Path) -> Iterator[str]:
        """Show the handset a folder of this machine; gives the path that it has there."""
        with self._errors():
            self._transport.mount_local(str(folder))
            yield str(MpremoteTransport.fs_hook_mount)
            self._transport.umount_local()
        # The file system's client is Python, too, and takes some of the heap.
        self.run("del RemoteFS, RemoteFile, RemoteCommand, __mount\nimport gc\ngc.collect()")

    def write_file(self, path: str, content: bytes) -> None:
        """A file of the handset."""
        with self._errors():
            self._transport.fs_writefile(path, content)

    def start(self, code: str) -> None:
        """Begin to execute lines and do not wait for their end."""
        with self._errors():
            self._transport.exec_raw_no_follow(code)

    def follow(self, on_output: Callable[[bytes], Any]) -> None:
        """Hand over what the started lines print, until they end. ProgramFailed."""
        with self._errors():
            _, error = self._transport.follow(timeout=None, data_consumer=on_output)
        if error:
            raise ProgramFailed(error.decode("utf-8", "replace"), self.url)

    def stop(self) -> None:
        """Ctrl-C to the started lines; returns when they have ended."""
        with self._errors():
            self._transport.serial.write(b"\x03")
            self._transport.follow(timeout=_STOP_TIMEOUT_S)

    def restart(self) -> None:
        """Reset softly so that the handset starts its application; then close. Idempotent."""
        if not self._is_open:
            return
        with self._errors():
            self._transport.exit_raw_repl()
            self._transport.serial.write(b"\x04")
        self.close()

    def __enter__(self) -> Prompt:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # What went wrong first is what counts.
        with contextlib.suppress(*([HandsetError] if kind else [])), contextlib.closing(self):
            self.restart()

    def _enter(self) -> None:
        """More than once: a program may swallow the first bytes before it stops."""
        for _ in range(_ATTEMPTS):
            # It prints what it did not expect.
            with contextlib.suppress(TransportError), contextlib.redirect_stdout(io.StringIO()):
                self._transport.enter_raw_repl(timeout_overall=_ATTEMPT_S)
                return
        raise DeviceTimeout(
            "no MicroPython prompt answers; releases have none",
            self.url,
            "give the handset a development build: handsetctl dev --help",
        )

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except TransportExecError as error:
            raise ProgramFailed(error.error_output, self.url) from error
        except TransportError as error:
            raise DeviceTimeout(
                f"the prompt does not answer as it should: {error}", self.url, "try again"
            ) from error
        except (serial.SerialException, OSError) as error:
            raise DeviceGone(
                f"the port vanished: {error}", self.url, "check cable and power, then try again"
            ) from error


def _open(url: str) -> MpremoteTransport:
    try:
        return MpremoteTransport(url, timeout=_READ_TIMEOUT_S)
    except TransportError as error:
        SerialTransport(url).close()  # says why in its own words
        raise DeviceNotFound(f"the port cannot be opened: {error}", url, "try again") from error
