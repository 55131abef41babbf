"""Start a long-running virtual bench and tell it what to do: the library behind ``handsetctl sim``.

Instants are seconds of CLOCK_MONOTONIC, the same for every process of this machine. Paths may be
relative. Every method raises BenchNotRunning when no bench runs, BenchTimeout and HandsetCrashed
as the bench would, BenchError for the rest.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handsetctl.bench.endpoint import socket_address
from handsetctl.bench.faults import (
    BenchNotRunning,
    BenchTimeout,
    CrashReport,
    HandsetCrashed,
    PathUnusable,
    switched_off,
)
from handsetctl.bench.interface import Edge
from handsetctl.bench.places import DEFAULT_BOARD, default_state_dir
from handsetctl.bench.programs import find_program
from handsetctl.bench.sdp import write_sdp
from handsetctl.bench.user_files import make_folder
from handsetctl.errors import BenchError

_ANSWER_TIMEOUT_S = 30.0
_START_MARGIN_S = 15.0
_RETRY_S = 0.02


@dataclass(frozen=True)
class HandsetStatus:
    """One virtual handset of a running bench."""

    name: str
    board: str
    port: str
    """pyserial URL of its console."""
    state: str
    """ "on", "off" or "crashed"."""
    pid: int | None
    boots: int
    outputs: Mapping[str, str]
    crash: CrashReport | None


Statuses = list[HandsetStatus]
Edges = list[Edge]


class BenchClient:
    """Talks to the bench of a state directory; a connection a call, so threads may share it."""

    def __init__(self, state_dir: Path | None = None) -> None:
        """Default: $HANDSETCTL_STATE, else build/sim-run."""
        self.state_dir = state_dir or default_state_dir()

    @property
    def running(self) -> bool:
        """Whether a bench answers."""
        try:
            self._do("now")
        except BenchNotRunning:
            return False
        return True

    def list(self) -> Statuses:
        """The handsets, in the bench's order."""
        return [
            HandsetStatus(**{**entry, "crash": _crash(entry["crash"])})
            for entry in self._do("list")
        ]

    def port(self, name: str) -> str:
        """Serial URL of a handset's console; HandsetCrashed, or that it is off, if none answers."""
        statuses = self.list()
        for status in statuses:
            if status.name == name:
                return _answering(status).port
        raise BenchError(
            f"there is no virtual handset {name!r}",
            "the bench",
            f"there is: {', '.join(status.name for status in statuses)}",
        )

    def now_s(self) -> float:
        """The bench clock."""
        return float(self._do("now"))

    def press(self, name: str, button: str) -> float:
        """Push a button ("ptt", "geo"); returns the instant."""
        return float(self._do("press", name=name, button=button))

    def release(self, name: str, button: str) -> float:
        """Let a button go; returns the instant."""
        return float(self._do("release", name=name, button=button))

    def output(self, name: str, output: str) -> str:
        """Present value of an output ("led", "geo_led", "gnss_power", "ready")."""
        return str(self._do("output", name=name, output=output))

    def history(self, name: str, output: str | None = None, since: float | None = None) -> Edges:
        """Edges of one output or button, or of all."""
        edges = self._do("history", name=name, output=output, since=since)
        return [Edge(*edge) for edge in edges]

    def wait_output(
        self, name: str, output: str, value: str, timeout_s: float, since: float | None = None
    ) -> float:
        """Instant of the edge of an output to a value; see BenchHandset.wait_output."""
        return float(
            self._do(
                "wait_output",
                timeout_s + _ANSWER_TIMEOUT_S,
                name=name,
                output=output,
                value=value,
                timeout_s=timeout_s,
                since=since,
            )
        )

    def say(self, name: str, wav: Path, at_s: float | None = None) -> tuple[float, float]:
        """Play a WAV file (16 kHz, mono, 16 bits) into the microphone: (start, duration) in s."""
        result = self._do("say", name=name, path=_absolute(wav), at_s=at_s)
        return result["start_s"], result["duration_s"]

    def tone(
        self,
        name: str,
        frequency_hz: float,
        duration_s: float,
        level_dbfs: float = -12.0,
        at_s: float | None = None,
    ) -> float:
        """Play a sine into the microphone; returns its start."""
        return float(
            self._do(
                "tone",
                name=name,
                frequency_hz=frequency_hz,
                duration_s=duration_s,
                level_dbfs=level_dbfs,
                at_s=at_s,
            )
        )

    def hear(self, name: str, start_s: float, end_s: float, wav: Path) -> None:
        """Write what the speaker played in [start_s, end_s) to a WAV file, once it has."""
        wait_s = max(0.0, end_s - time.monotonic())
        timeout_s = wait_s + _ANSWER_TIMEOUT_S
        self._do("hear", timeout_s, name=name, start_s=start_s, end_s=end_s, path=_absolute(wav))

    def record_start(self, name: str) -> float:
        """Begin to record the speaker, for as long as need be; returns the instant."""
        return float(self._do("record_start", name=name))

    def record_stop(self, name: str, wav: Path) -> tuple[float, float]:
        """End the recording and write it to a WAV file: (start, duration) in s."""
        result = self._do("record_stop", name=name, path=_absolute(wav))
        return result["start_s"], result["duration_s"]

    def gnss_play(self, name: str, nmea: Path, rate: float = 1.0) -> None:
        """Play a file of NMEA sentences, one epoch a second times ``rate``."""
        self._do("gnss_play", name=name, path=_absolute(nmea), rate=rate)

    def gnss_stop(self, name: str) -> None:
        """Stop playing NMEA."""
        self._do("gnss_stop", name=name)

    def power_off(self, name: str) -> None:
        """Cut a handset's power."""
        self._do("power_off", name=name)

    def power_on(self, name: str) -> None:
        """Give a handset power."""
        self._do("power_on", name=name)

    def reset(self, name: str) -> None:
        """Pull a handset's reset line."""
        self._do("reset", name=name)

    def air(
        self, *, source: str | None = None, target: str | None = None, **changes: float
    ) -> None:
        """Change loss, delay_ms, jitter_ms, reorder, reorder_ms of all links or of some."""
        self._do("air", changes=changes, source=source, target=target)

    def cut(self, name: str, on: bool = True) -> None:
        """Cut a handset off the air both ways, or let it back."""
        self._do("cut", name=name, on=on)

    def air_stats(self) -> dict[str, Any]:
        """Counts of the air; see AirControl.stats."""
        result: dict[str, Any] = self._do("air_stats")
        return result

    def tap(self, port: int | None, sdp: Path | None = None, codec: str = "amrwb") -> None:
        """Copy all media to a loopback UDP port (None: stop), with its description in ``sdp``."""
        if port is not None and sdp is not None:
            write_sdp(sdp, codec, port)
        self._do("tap", port=port)

    def pcap(self, path: Path | None) -> None:
        """Capture the air into a file from now on (None: end the capture)."""
        self._do("pcap", path=None if path is None else _absolute(path))

    def stop(self) -> bool:
        """End the bench and wait until it is gone; False if none was running."""
        try:
            connection = self._connect()
        except BenchNotRunning:
            return False
        with connection:
            connection.settimeout(_ANSWER_TIMEOUT_S)
            connection.sendall(_request("stop", {}))
            try:
                while connection.recv(4096):
                    pass  # the answer, then nothing until the process has gone
            except TimeoutError:
                raise BenchTimeout(
                    "the bench does not end",
                    str(self.state_dir),
                    "end it by hand: its process id is in sim.lock there",
                ) from None
            except ConnectionResetError:
                pass  # gone
        return True

    def _do(self, command: str, answer_timeout_s: float = _ANSWER_TIMEOUT_S, **args: Any) -> Any:
        with self._connect() as connection:
            connection.settimeout(answer_timeout_s)
            try:
                connection.sendall(_request(command, args))
                with connection.makefile("rb") as stream:
                    line = stream.readline()
            except TimeoutError:
                raise BenchTimeout(
                    f"the bench did not answer {command!r} within {answer_timeout_s:g} s",
                    str(self.state_dir),
                    "stop it and start it again: handsetctl sim stop",
                ) from None
            except (BrokenPipeError, ConnectionResetError):
                line = b""
        if not line:
            raise _not_running(self.state_dir)
        answer = json.loads(line)
        if not answer["ok"]:
            raise _error(answer["error"])
        return answer["result"]

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with socket_address(self.state_dir) as address:
                connection.connect(address)
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            raise _not_running(self.state_dir) from None
        except OSError as error:
            connection.close()
            raise PathUnusable(
                f"no bench can be reached there: {error.strerror or error}",
                str(self.state_dir),
                "name another folder in HANDSETCTL_STATE",
            ) from None
        return connection


def start(
    state_dir: Path | None = None,
    names: Sequence[str] | None = None,
    *,
    board: str | None = None,
    binary: Path | None = None,
    command: Sequence[str] | None = None,
    flash_bytes: int | None = None,
    seed: int = 1,
    timeout_s: float = 20.0,
) -> BenchClient:
    """Start a bench and wait until its handsets are ready; if one is running, that is the one.

    Raises HandsetCrashed or BenchTimeout with the firmware's last words, BenchError if the running
    one has other handsets than ``names`` or is of another ``board`` (default for a new one: A and
    B, sim).
    """
    client = BenchClient(state_dir)
    make_folder(client.state_dir)
    arguments = ["--state", str(client.state_dir.resolve()), "--names", ",".join(names or "AB")]
    arguments += ["--seed", str(seed), "--timeout", str(timeout_s)]
    arguments += ["--board", board or DEFAULT_BOARD]
    if binary is not None:
        arguments += ["--binary", _absolute(binary)]
    if flash_bytes is not None:
        arguments += ["--flash-bytes", str(flash_bytes)]
    if command is not None:
        arguments += ["--", *command]
    report = _launch(client.state_dir, arguments, timeout_s + _START_MARGIN_S)
    if "error" in report:
        raise _error(report["error"])
    if "running" in report:
        _wait_answering(client, timeout_s + _START_MARGIN_S)
        _check_running(client, names, board)
    return client


def _launch(state_dir: Path, arguments: Sequence[str], timeout_s: float) -> dict[str, Any]:
    """Start the daemon; returns the line it reports."""
    log = state_dir / "daemon.log"
    with log.open("wb") as log_file:
        process = subprocess.Popen(
            [
                find_program("setsid", "util-linux"),
                "--fork",
                sys.executable,
                "-m",
                "handsetctl.bench.daemon",
                *arguments,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log_file,
        )
    assert process.stdout is not None
    with process.stdout as stream:
        process.wait()  # setsid has forked: what goes on is nobody's child
        line = _read_line(stream.fileno(), timeout_s)
    if not line:
        said = log.read_text("utf-8", "replace").strip() or "nothing"
        raise BenchError(
            f"the bench did not start; it said: {said}", str(log), "fix the cause and try again"
        )
    report: dict[str, Any] = json.loads(line)
    return report


def _read_line(fd: int, timeout_s: float) -> bytes:
    """A line from a pipe; empty at its end or when the time is over."""
    deadline_s = time.monotonic() + timeout_s
    line = b""
    while not line.endswith(b"\n"):
        left_s = max(0.0, deadline_s - time.monotonic())
        if not select.select([fd], [], [], left_s)[0]:
            return b""
        chunk = os.read(fd, 65536)
        if not chunk:
            return b""
        line += chunk
    return line


def _wait_answering(client: BenchClient, timeout_s: float) -> None:
    """Another bench has the lock: wait until it answers."""
    deadline_s = time.monotonic() + timeout_s
    while not client.running:
        if time.monotonic() > deadline_s:
            raise BenchTimeout(
                "another bench is starting or stopping and does not answer",
                str(client.state_dir),
                "try again; if that does not help, end the process named in sim.lock there",
            )
        time.sleep(_RETRY_S)


def _check_running(client: BenchClient, names: Sequence[str] | None, board: str | None) -> None:
    """See that the bench that runs is what was asked for."""
    statuses = client.list()
    present, boards = [status.name for status in statuses], {status.board for status in statuses}
    other_names = names is not None and list(names) != present
    if other_names or board not in (None, *boards):
        raise BenchError(
            f"a bench with the handsets {', '.join(present)} ({', '.join(boards)}) is running",
            str(client.state_dir),
            "stop it first: handsetctl sim stop",
        )


def _answering(status: HandsetStatus) -> HandsetStatus:
    """The same, if its firmware runs: what is known need not be found out by a time-out."""
    if status.crash is not None:
        raise HandsetCrashed(status.crash)
    if status.state == "off":
        raise switched_off(status.name)
    return status


def _request(command: str, args: dict[str, Any]) -> bytes:
    return json.dumps({"do": command, "args": args}).encode() + b"\n"


def _absolute(path: Path) -> str:
    return str(Path(path).absolute())


def _crash(report: dict[str, Any] | None) -> CrashReport | None:
    return None if report is None else CrashReport(**report)


def _error(fault: dict[str, Any]) -> BenchError:
    """The error the bench raised, raised here."""
    report = _crash(fault["crash"])
    if report is not None:
        return HandsetCrashed(report)
    kinds = {kind.__name__: kind for kind in (BenchTimeout, PathUnusable)}
    kind = kinds.get(fault["kind"], BenchError)
    return kind(fault["what"], fault["subject"], fault["next_step"])


def _not_running(state_dir: Path) -> BenchNotRunning:
    return BenchNotRunning(
        "no virtual bench is running", str(state_dir), "start one with: handsetctl sim start"
    )
