"""Is the call good enough? Figures against limits, failures named in plain sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from handsetctl.report.figures import Figure, figure_at, value_at, written

Limits = Mapping[str, Mapping[str, float]]
"""Dotted path of a figure -> {"min": x} and/or {"max": x}; a figure on its limit passes."""

STOI_MIN = {"amrwb": 0.95, "opus": 0.93, "amrnb": 0.93}


TIMINGS = ("access_time_ms.p95", "mouth_to_ear_ms.p95")
"""Figures that say something about a handset only when its hardware's own time was measured."""


def default_limits(
    codec: str, perfect_air: bool = True, emulated: bool = False
) -> dict[str, dict[str, float]]:
    """What a call between two handsets has to reach.

    On perfect air no frame may be lost. Timings of emulated hardware have no limit: they tell how
    fast the emulator is.
    Raises ValueError for a codec without a limit.
    """
    if codec not in STOI_MIN:
        raise ValueError(
            f"no intelligibility limit for codec {codec!r}: known are {list(STOI_MIN)}"
        )
    limits: dict[str, dict[str, float]] = {
        "stoi": {"min": STOI_MIN[codec]},
        "access_time_ms.p95": {"max": 200},
        "access_time_ms.n": {"min": 20},
        "mouth_to_ear_ms.p95": {"max": 200},
        "heap_bytes_per_frame": {"max": 0},
    }
    if perfect_air:
        limits["frames_lost"] = {"max": 0}
    if emulated:
        limits = {path: bounds for path, bounds in limits.items() if path not in TIMINGS}
    return limits


def judge(report: Mapping[str, Any], limits: Limits) -> list[str]:
    """One sentence for each figure out of its limits: its name, its value and the limit.

    A figure that has a limit and was not measured fails. An empty list means passed.
    """
    failures = []
    for path, bounds in limits.items():
        value = value_at(report, path)
        if not within(value, bounds):
            figure = figure_at(path)
            state = "was not measured" if value is None else f"is {_with_unit(value, figure)}"
            failures.append(f"{path} {state}, must be {limit_in_words(path, bounds)}")
    return failures


def judged(
    report: Mapping[str, Any],
    limits: Limits | None = None,
    perfect_air: bool = True,
    more_failures: Iterable[str] = (),
) -> dict[str, Any]:
    """A copy of `report` with "limits" (default: those of its codec) and "verdict" filled in.

    more_failures: sentences about what no figure tells, such as a position sent after "off".
    """
    chosen = default_limits(str(report.get("codec")), perfect_air) if limits is None else limits
    failures = [*judge(report, chosen), *more_failures]
    return {
        **report,
        "limits": {path: dict(bounds) for path, bounds in chosen.items()},
        "verdict": {"passed": not failures, "failures": failures},
    }


def within(value: float | None, bounds: Mapping[str, float]) -> bool:
    """True when the value was measured and keeps its bounds."""
    if value is None:
        return False
    return bounds.get("min", float("-inf")) <= value <= bounds.get("max", float("inf"))


def limit_in_words(path: str, bounds: Mapping[str, float]) -> str:
    """Such as 'at least 0.95' or 'at most 200 ms'."""
    unit = figure_at(path).unit
    tail = f" {unit}" if unit in ("ms", "bytes") else ""
    words = []
    if "min" in bounds:
        words.append(f"at least {bounds['min']:g}{tail}")
    if "max" in bounds:
        words.append(f"at most {bounds['max']:g}{tail}")
    return " and ".join(words)


def _with_unit(value: float, figure: Figure) -> str:
    """Enough digits that a value just out of its limit does not read like the limit."""
    finer = Figure(figure.path, figure.label, figure.unit, figure.decimals + 1, figure.meaning)
    text = written(value, finer if value != int(value) else figure)
    return f"{text} {figure.unit}" if figure.unit in ("ms", "bytes") else text
