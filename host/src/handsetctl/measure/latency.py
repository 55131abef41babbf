"""Distributions of delays: access times and mouth-to-ear delays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from handsetctl.measure.align import Alignment
from handsetctl.measure.errors import MeasureError


@dataclass(frozen=True)
class Percentiles:
    """p50 and p95 of n measured values, in milliseconds, and the extremes."""

    p50: float
    p95: float
    n: int
    minimum: float
    maximum: float

    def as_report(self) -> dict[str, float | int]:
        """The part of it that goes into report.json."""
        return {"p50": round(self.p50, 2), "p95": round(self.p95, 2), "n": self.n}


def percentiles(values_ms: Sequence[float]) -> Percentiles:
    """By nearest rank: p95 is the smallest measured value that 95 % of the values do not exceed.

    Never an interpolation between two values, so 20 values tolerate exactly one outlier.
    Raises MeasureError when there is no value, or one that is not a number.
    """
    if not values_ms:
        raise MeasureError("no measured delay: percentiles of nothing were asked for")
    if any(math.isnan(value) for value in values_ms):
        raise MeasureError("a measured delay is not a number")
    ordered = sorted(float(value) for value in values_ms)

    def rank(percent: int) -> float:
        return ordered[max(0, -(-percent * len(ordered) // 100) - 1)]

    return Percentiles(rank(50), rank(95), len(ordered), ordered[0], ordered[-1])


def mouth_to_ear(alignment: Alignment) -> Percentiles:
    """Percentiles over the bursts that were heard. MeasureError when none was.

    Bursts that were not heard have no delay; they show in STOI and in the clipped milliseconds.
    """
    heard = [item.delay_ms for item in alignment.heard_bursts]
    if not heard:
        raise MeasureError(
            f"none of {len(alignment.bursts)} bursts of speech was recognised in the heard signal"
        )
    return percentiles(heard)
