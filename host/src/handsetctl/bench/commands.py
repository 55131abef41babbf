"""What the long-running bench can be told to do: one function a command, JSON in and out."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from handsetctl.bench.faults import CrashReport, HandsetCrashed, PathUnusable
from handsetctl.bench.handset import VirtualHandset
from handsetctl.bench.interface import OUTPUTS
from handsetctl.bench.room import Recording
from handsetctl.bench.user_files import check_writable, usable
from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.bench.wav import read_wav, write_wav
from handsetctl.errors import BenchError

_WITHOUT_AIR = ("now", "stop")
"""What is of use even when the air has ended: asking whether the bench runs, and ending it."""


class Commands:
    """The commands of one bench, by name. Each may be called from any thread."""

    def __init__(self, bench: VirtualBench, stop: Callable[[], None]) -> None:
        """``stop`` asks the process that holds the bench to end."""
        self._bench = bench
        self._stop = stop
        self._recordings: dict[str, Recording] = {}

    def run(self, command: str, args: dict[str, Any]) -> Any:
        """Carry a command out. Raises BenchError; KeyError and the like never get out."""
        function = getattr(self, f"do_{command}", None)
        if function is None:
            known = sorted(name[3:] for name in dir(self) if name.startswith("do_"))
            raise BenchError(
                f"unknown command {command!r}", "the bench", f"it knows: {', '.join(known)}"
            )
        if command not in _WITHOUT_AIR:
            self._bench.check()
        try:
            bound = inspect.signature(function).bind(**args)
            return function(*bound.args, **bound.kwargs)
        except (TypeError, ValueError, OSError) as error:
            raise BenchError(
                f"{command}: {error}", "the bench", "correct the command's arguments"
            ) from error

    def do_list(self) -> list[dict[str, Any]]:
        return [
            {
                "name": handset.name,
                "board": self._bench.board.name,
                "port": handset.port,
                "state": handset.state,
                "pid": handset.pid,
                "boots": handset.boots,
                "outputs": {name: handset.output(name) for name in OUTPUTS},
                "crash": None if handset.crash is None else crash_as_json(handset.crash),
            }
            for handset in self._bench.handsets.values()
        ]

    def do_now(self) -> float:
        return self._bench.now_s()

    def do_press(self, name: str, button: str) -> float:
        handset = self._handset(name)
        handset.check_on()
        return handset.press(button)

    def do_release(self, name: str, button: str) -> float:
        return self._handset(name).release(button)

    def do_output(self, name: str, output: str) -> str:
        return self._handset(name).output(output)

    def do_history(
        self, name: str, output: str | None = None, since: float | None = None
    ) -> list[list[Any]]:
        edges = self._handset(name).history(output, since)
        return [[edge.name, edge.value, edge.instant_s] for edge in edges]

    def do_wait_output(
        self, name: str, output: str, value: str, timeout_s: float, since: float | None = None
    ) -> float:
        return self._handset(name).wait_output(output, value, timeout_s, since)

    def do_say(self, name: str, path: str, at_s: float | None = None) -> dict[str, float]:
        handset = self._handset(name)
        handset.check_on()
        samples = read_wav(Path(path))
        start_s = handset.say(samples, at_s)
        return {"start_s": start_s, "duration_s": len(samples) / 16000}

    def do_tone(
        self,
        name: str,
        frequency_hz: float,
        duration_s: float,
        level_dbfs: float = -12.0,
        at_s: float | None = None,
    ) -> float:
        handset = self._handset(name)
        handset.check_on()
        return handset.say_tone(frequency_hz, duration_s, level_dbfs, at_s)

    def do_hear(self, name: str, start_s: float, end_s: float, path: str) -> None:
        handset = self._handset(name)
        check_writable(Path(path))
        write_wav(Path(path), handset.hear(start_s, end_s))

    def do_record_start(self, name: str) -> float:
        handset = self._handset(name)
        if name in self._recordings:
            raise BenchError(
                "this speaker is being recorded already", f"handset {name}", "stop it first"
            )
        self._recordings[name] = recording = handset.acoustics.record()
        return handset.tape.instant_of(recording.start_index)

    def do_record_stop(self, name: str, path: str) -> dict[str, float]:
        handset = self._handset(name)
        if name not in self._recordings:
            raise BenchError("nothing is being recorded", f"handset {name}", "start it first")
        check_writable(Path(path))  # a wrong path must not cost the recording
        recording = self._recordings.pop(name)
        start_s, samples = handset.acoustics.finish(recording)
        write_wav(Path(path), samples)
        return {"start_s": start_s, "duration_s": len(samples) / 16000}

    def do_gnss_play(self, name: str, path: str, rate: float = 1.0) -> None:
        file = Path(path)
        if not file.is_file():
            raise PathUnusable("there is no such recording", path, "check its name")
        with usable(file):
            lines = file.read_text("latin-1").splitlines()
        self._handset(name).gnss_play(lines, rate)

    def do_gnss_stop(self, name: str) -> None:
        self._handset(name).gnss_stop()

    def do_power_off(self, name: str) -> None:
        self._handset(name).power_off()

    def do_power_on(self, name: str) -> None:
        self._handset(name).power_on()

    def do_reset(self, name: str) -> None:
        self._handset(name).reset()

    def do_air(
        self, changes: dict[str, float], source: str | None = None, target: str | None = None
    ) -> None:
        self._bench.air.set(source=source, target=target, **changes)

    def do_cut(self, name: str, on: bool = True) -> None:
        self._bench.air.cut(name, on)

    def do_air_stats(self) -> dict[str, Any]:
        return self._bench.air.stats()

    def do_tap(self, port: int | None) -> None:
        self._bench.air.tap(port)

    def do_pcap(self, path: str | None) -> None:
        if path is not None:
            check_writable(Path(path))
        self._bench.air.pcap(None if path is None else Path(path))

    def do_stop(self) -> None:
        self._stop()

    def _handset(self, name: str) -> VirtualHandset:
        handset = self._bench.handsets.get(name)
        if handset is None:
            raise BenchError(
                f"there is no virtual handset {name!r}",
                "the bench",
                f"there is: {', '.join(self._bench.handsets)}",
            )
        return handset


def crash_as_json(report: CrashReport) -> dict[str, Any]:
    """A crash report as JSON; CrashReport(**it) is the report again."""
    return dict(vars(report))


def error_as_json(error: BenchError) -> dict[str, Any]:
    """An error as the client needs it to raise it again."""
    report = crash_as_json(error.report) if isinstance(error, HandsetCrashed) else None
    return {
        "kind": type(error).__name__,
        "what": error.what,
        "subject": error.subject,
        "next_step": error.next_step,
        "crash": report,
    }
