"""The ways a bench can fail, as types a caller can tell apart."""

from __future__ import annotations

from dataclasses import dataclass

from handsetctl.errors import BenchError


class BenchTimeout(BenchError):
    """Raised when something awaited (an output edge, readiness) did not happen in time."""


class PathUnusable(BenchError):
    """Raised when a file or folder that the caller named cannot be read or written."""

    exit_code = 2


class BenchNotRunning(BenchError):
    """Raised by the client when no bench answers in the state directory."""


@dataclass(frozen=True)
class CrashReport:
    """How a handset's firmware ended when nobody asked it to."""

    handset: str
    exit_status: int
    """As subprocess has it: the exit code, or minus the signal number."""
    text: str
    """Last words: what the firmware wrote on its error stream, else the unread console output."""
    instant_s: float
    """Bench clock."""
    boots: int
    """How many times the firmware had been started when it ended."""

    def summary(self) -> str:
        """One line: which handset, and how it ended."""
        how = f"signal {-self.exit_status}" if self.exit_status < 0 else f"exit {self.exit_status}"
        return f"the firmware of handset {self.handset} ended unexpectedly ({how})"


def switched_off(handset: str) -> BenchError:
    """The error for what needs a handset that runs, asked of one without power."""
    return BenchError(
        "it is switched off",
        f"handset {handset}",
        f"give it power: handsetctl sim power-on {handset}",
    )


class HandsetCrashed(BenchError):
    """Raised by waits and checks once a handset's firmware ended unexpectedly."""

    def __init__(self, report: CrashReport) -> None:
        last_words = report.text.strip() or "it said nothing"
        super().__init__(
            f"{report.summary()}; its last words: {last_words}",
            f"handset {report.handset}",
            "fix the cause, then switch it off and on again: "
            f"handsetctl sim power-off {report.handset}, then handsetctl sim power-on "
            f"{report.handset}",
        )
        self.report = report
