"""The bench's hand on the air: starts the air process and tells it what to do."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from handsetctl.bench.priority import prefer
from handsetctl.errors import BenchError

_TIMEOUT_S = 10.0


class AirControl:
    """A running air process. Methods may be called from any thread; BenchError on refusal."""

    def __init__(self, seed: int = 1) -> None:
        """Start the process and wait until it carries datagrams."""
        self._lock = threading.Lock()
        self._number = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "handsetctl.bench.air", "--seed", str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        self._pidfd = os.pidfd_open(self._process.pid)
        prefer(self._process.pid)
        self._pending = b""
        try:
            ready = self._read_line()
        except BenchError:
            self.close()
            raise
        self.media_port: int = ready["media_port"]
        self.floor_port: int = ready["floor_port"]

    @property
    def pid(self) -> int:
        """Process id of the air."""
        return self._process.pid

    def fileno(self) -> int:
        """Readable from the moment the process has ended."""
        return self._pidfd

    def check(self) -> None:
        """Raise BenchError if the process has ended."""
        if self._process.poll() is not None:
            raise self.fault()

    def fault(self) -> BenchError:
        """The error that tells how the process ended, or that it does not answer."""
        status = self._process.poll()
        if status is None:
            what = "the air process does not answer"
        else:
            how = f"signal {-status}" if status < 0 else f"exit {status}"
            what = f"the air process ended ({how}): the handsets do not hear each other any more"
        return BenchError(
            what,
            "the virtual air",
            "start the bench again (handsetctl sim stop, then handsetctl sim start); the error "
            "output of the bench (daemon.log beside sim.lock) says why",
        )

    def join(self, member: str, media_port: int, floor_port: int) -> None:
        """Put a member on the air, by the loopback ports it uses."""
        self._do("join", member=member, media_port=media_port, floor_port=floor_port)

    def leave(self, member: str) -> None:
        """Take a member off the air."""
        self._do("leave", member=member)

    def set(
        self, *, source: str | None = None, target: str | None = None, **changes: float
    ) -> None:
        """Change loss, delay_ms, jitter_ms, reorder, reorder_ms (LinkSettings) of all links, or
        of those from ``source`` and/or to ``target``."""
        self._do("set", **{"from": source, "to": target}, **changes)

    def cut(self, member: str, on: bool = True) -> None:
        """Cut a member off the air both ways, or let it back."""
        self._do("cut", member=member, on=on)

    def tap(self, port: int | None) -> None:
        """Copy all media to a loopback UDP port (None: stop)."""
        self._do("tap", port=port)

    def pcap(self, path: Path | None) -> None:
        """Capture everything sent from now on into a file (None: end the capture)."""
        self._do("pcap", path=None if path is None else str(path.resolve()))

    def stats(self) -> dict[str, Any]:
        """Counts since the start: "members", "links" (as "A>B"), "strangers", "unsendable"."""
        result: dict[str, Any] = self._do("stats")
        return result

    def sent_by(self, member: str) -> int:
        """How many datagrams, of media and floor, a member has put on the air until now."""
        self.flush()
        count = self.stats()["members"][member]
        return int(count["media_datagrams"]) + int(count["floor_datagrams"])

    def flush(self) -> None:
        """Return once everything sent before the call has been taken in (delays still run)."""
        self._do("flush")

    def close(self) -> None:
        """End the process and collect it. Idempotent."""
        with self._lock:
            if self._process.stdin is not None:
                self._process.stdin.close()
            try:
                self._process.wait(_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            if self._pidfd >= 0:
                os.close(self._pidfd)
                self._pidfd = -1

    def _do(self, command: str, **args: Any) -> Any:
        with self._lock:
            self._number += 1
            request = {"id": self._number, "do": command, "args": args}
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
            except (BrokenPipeError, ValueError):
                raise self._gone() from None
            reply = self._read_line()
        if not reply["ok"]:
            raise BenchError(
                f"the air refused {command}: {reply['error']}",
                "the virtual air",
                "correct the command; python -m handsetctl.bench.air --help lists them",
            )
        return reply["result"]

    def _read_line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        while b"\n" not in self._pending:
            readable, _, _ = select.select([self._process.stdout], [], [], _TIMEOUT_S)
            chunk = self._process.stdout.read(65536) if readable else b""
            if not chunk:
                raise self._gone() if readable else self.fault()
            self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _gone(self) -> BenchError:
        """Its pipes are closed: it has ended, or is about to, which says how it ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_TIMEOUT_S)
        return self.fault()
