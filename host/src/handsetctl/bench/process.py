"""Power supply and supervisor of one firmware process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from handsetctl.bench.console import Console
from handsetctl.bench.faults import CrashReport
from handsetctl.bench.loop import BenchLoop
from handsetctl.bench.machines.machine import Invocation
from handsetctl.bench.priority import prefer
from handsetctl.bench.programs import find_program

RESET_EXIT_STATUS = 64
"""Exit status with which the firmware asks for a reset."""
_MAX_RESETS = 20
_RESET_WINDOW_S = 5.0
_TAIL_BYTES = 2048
"""Enough for a traceback; what a handset said before it is rarely of help."""


@dataclass(frozen=True)
class Launch:
    """How to start the firmware: everything that stays the same from boot to boot."""

    invocation: Invocation
    directory: Path
    console: Console
    inherited_fds: Sequence[int]


class FirmwareProcess:
    """Starts the firmware, starts it again when it asks for a reset, reports when it dies.

    All methods and callbacks run in the loop's thread. The firmware's standard streams are the
    console; its error stream passes through here on the way there, to have its last words.
    """

    def __init__(
        self,
        name: str,
        loop: BenchLoop,
        launch: Launch,
        before_boot: Callable[[], None],
        came_up: Callable[[], bool],
        after_exit: Callable[[CrashReport | None], None],
    ) -> None:
        """Callbacks of the handset around it.

        came_up: whether the application of the firmware that just ended had been ready.
        after_exit: gets None for a power cut or reset, a report for an unexpected end.
        """
        self._name = name
        self._loop = loop
        self._launch = launch
        self._before_boot = before_boot
        self._came_up = came_up
        self._after_exit = after_exit
        self._child: subprocess.Popen[bytes] | None = None
        self._pidfd = -1
        self._error_fd = -1
        self._last_words = b""
        self._reset_instants: list[float] = []
        self.boots = 0

    @property
    def pid(self) -> int | None:
        """Process id while running."""
        return self._child.pid if self._child is not None else None

    def start(self) -> None:
        """Start the firmware unless it runs. BenchError if there is no such program."""
        if self._child is not None:
            return
        self._reset_instants.clear()
        self._boot()

    def kill(self) -> None:
        """Cut the power: the firmware gets no chance to do anything more."""
        if self._child is not None:
            self._reap(kill=True)
            self._after_exit(None)

    def _boot(self) -> None:
        invocation = self._launch.invocation
        setpriv = find_program("setpriv", "util-linux")
        self._before_boot()
        self._last_words = b""
        error_fd, child_error_fd = os.pipe()
        os.set_blocking(error_fd, False)
        console_fd = self._launch.console.handset_fd
        try:
            self._child = subprocess.Popen(
                [setpriv, "--pdeathsig", "KILL", "--", *invocation.command],
                stdin=console_fd,
                stdout=console_fd,
                stderr=child_error_fd,
                pass_fds=tuple(self._launch.inherited_fds),
                env=dict(invocation.environment),
                cwd=self._launch.directory,
                start_new_session=True,
            )
        except OSError:
            os.close(error_fd)
            raise
        finally:
            os.close(child_error_fd)
        # Before the firmware starts threads: they inherit it.
        prefer(self._child.pid)
        self.boots += 1
        self._error_fd = error_fd
        self._pidfd = os.pidfd_open(self._child.pid)
        self._loop.add_reader(self._error_fd, self._read_error_stream)
        self._loop.add_reader(self._pidfd, self._exited)

    def _exited(self) -> None:
        exit_status = self._reap(kill=False)
        if exit_status == RESET_EXIT_STATUS and self._may_reset():
            self._after_exit(None)
            self._boot()
            return
        text = self._last_words or self._said_on_console()
        if exit_status == RESET_EXIT_STATUS:
            text += f"\n(it asked for {_MAX_RESETS} resets in {_RESET_WINDOW_S:g} s, ".encode()
            text += b"without coming up)"
        report = CrashReport(
            handset=self._name,
            exit_status=exit_status,
            text=text.decode("utf-8", "replace"),
            instant_s=time.monotonic(),
            boots=self.boots,
        )
        self._after_exit(report)

    def _said_on_console(self) -> bytes:
        """The end of it, even if a host has read it, where the machine keeps a copy."""
        log = self._launch.invocation.console_log
        if log is not None and log.exists():
            return log.read_bytes()[-_TAIL_BYTES:]
        return self._launch.console.peek()[-_TAIL_BYTES:]

    def _may_reset(self) -> bool:
        """False in an endless loop of resets: those of a firmware that never comes up."""
        if self._came_up():
            self._reset_instants.clear()
        now_s = time.monotonic()
        recent = [instant for instant in self._reset_instants if instant > now_s - _RESET_WINDOW_S]
        self._reset_instants = [*recent, now_s]
        return len(self._reset_instants) <= _MAX_RESETS

    def _reap(self, kill: bool) -> int:
        """Collect the child and everything of its session; returns its exit status."""
        child = self._child
        assert child is not None
        if kill:
            child.kill()
        # Wait without collecting: while the zombie is there, its group id cannot be anyone else's.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        _kill_group(child.pid)
        exit_status = child.wait()
        self._read_error_stream()
        self._forget_error_stream()
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._child = None
        return exit_status

    def _forget_error_stream(self) -> None:
        if self._error_fd >= 0:
            self._loop.remove_reader(self._error_fd)
            os.close(self._error_fd)
            self._error_fd = -1

    def _read_error_stream(self) -> None:
        while self._error_fd >= 0:
            try:
                text = os.read(self._error_fd, 65536)
            except BlockingIOError:
                return
            if not text:
                self._forget_error_stream()
                return
            self._last_words = (self._last_words + text)[-_TAIL_BYTES:]
            self._launch.console.write_as_handset(text)


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # the group may have died with its leader
        os.killpg(group, signal.SIGKILL)
