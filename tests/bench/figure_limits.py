"""What some figures must keep to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Figures = dict[str, int | float]

BOOT_MINSTR = 250
"""Million instructions from reset to the first possible press: 1.6 s of an ESP32-C3."""
HEADROOM = 0.30
"""Of the Python heap's budget, with everything running."""
_HEADROOM_OF = ("heap_free_boot", "heap_free_after_hour")
_BUDGETED = ("voice_rom", "voice_ram", "voice_stack")
_DRIFT = "heap_drift_"
DELAY_PERFECT_AIR_MS, DELAY_BAD_AIR_MS = 120, 200
"""Mouth to ear, 95 %: on perfect air; with 5 % lost and 30 ms of jitter."""
# Nothing stays behind for good; but the collector takes what looks like an address for one.
_DRIFT_MAX_BYTES = 256


@dataclass(frozen=True)
class Limit:
    """Bounds of a figure; None: no bound on that side."""

    at_most: float | None = None
    at_least: float | None = None

    def holds(self, value: float) -> bool:
        """Whether a value is within."""
        too_much = self.at_most is not None and value > self.at_most
        too_little = self.at_least is not None and value < self.at_least
        return not (too_much or too_little)

    def __str__(self) -> str:
        if self.at_most is not None:
            return f"<= {self.at_most:,}"
        return f">= {self.at_least:,}"


def limits_of(figures: Figures) -> dict[str, Limit]:
    """The limits of those figures that have one: fixed ones, and budgets that are figures too."""
    found: dict[str, Limit] = {}
    for name in figures:
        board, _, figure = name.partition(".")
        if figure == "boot_minstr":
            found[name] = Limit(at_most=BOOT_MINSTR)
        elif figure in _HEADROOM_OF:
            found[name] = Limit(at_least=round(HEADROOM * figures[f"{board}.heap_budget"]))
        elif figure.startswith(_DRIFT):
            found[name] = Limit(at_most=_DRIFT_MAX_BYTES)
        elif board == "receive":
            found |= _limit_of_receiving(name, figures)
        elif figure.removesuffix("_bytes") in _BUDGETED:
            found[name] = Limit(at_most=figures[name.replace("_bytes", "_budget_bytes")])
    return found


def _limit_of_receiving(name: str, figures: Figures) -> dict[str, Limit]:
    if name.endswith("perfect_air.delay_p95_ms"):
        return {name: Limit(at_most=DELAY_PERFECT_AIR_MS)}
    if name.endswith("loss5_random.jitter30.delay_p95_ms"):
        return {name: Limit(at_most=DELAY_BAD_AIR_MS)}
    if name.endswith((".stoi", ".pesq")):
        least = figures[f"{name}_reference"] - figures[f"{name}_spread"]
        return {name: Limit(at_least=round(least, 4))}
    return {}


def beyond(figures: Figures, limits: Mapping[str, Limit]) -> list[str]:
    """Names of the figures that are beyond their limits."""
    return [name for name, limit in limits.items() if not limit.holds(figures[name])]
