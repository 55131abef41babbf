"""What a person sees while something takes time: short lines, and on a terminal a bar."""

import sys
import time
from typing import TextIO

_SHOW_AFTER_S = 2.0
_REDRAW_EVERY_S = 0.1
_BAR_WIDTH = 30


def say(step: str, what: str, stream: TextIO | None = None) -> None:
    """One line: the step in a fixed column, then what it does."""
    print(f"  {step:<9} {what}", file=stream or sys.stderr, flush=True)


def size_text(n_bytes: int) -> str:
    """A size as people read it, decimal units."""
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 100_000 else f"{n_bytes / 1e3:.1f} kB"


class Bar:
    """A bar on a terminal for what takes longer than two seconds; silent elsewhere."""

    def __init__(self, label: str, total: int, stream: TextIO | None = None) -> None:
        self._label = label
        self._total = total
        self._stream = stream or sys.stderr
        self._start = time.monotonic()
        self._drawn_at = 0.0
        self._shown = False

    def update(self, done: int) -> None:
        """Draw the state at `done` of `total` units, not more often than the eye can follow."""
        now = time.monotonic()
        if not self._stream.isatty() or now - self._start < _SHOW_AFTER_S:
            return
        if now - self._drawn_at < _REDRAW_EVERY_S:
            return
        self._drawn_at, self._shown = now, True
        share = min(1.0, done / self._total) if self._total else 0.0
        filled = "#" * round(share * _BAR_WIDTH)
        rate = done / max(now - self._start, 1e-3)
        self._stream.write(
            f"\r  {self._label:<28.28} [{filled:<{_BAR_WIDTH}}] {share:4.0%}"
            f" {size_text(int(rate))}/s "
        )
        self._stream.flush()

    def close(self) -> None:
        """Take the bar off the screen again."""
        if self._shown:
            self._stream.write("\r" + " " * 78 + "\r")
            self._stream.flush()
