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
ENCODE_MIPS = {"rv32.amrwb.12650": 70, "rv32.opus.16000": 70}
"""Of the encoders as we build them, by mode."""
FAST_OVER_RELEASED = {"rv32.amrnb.12200": 0.8}
"""The encoder's share of what the released one takes."""
LOOP_ADDED_MIPS = 3
LOOP_ADDED_SRTP_MIPS = 6
"""What the loop may add to the codec, talking or listening, in any mode."""
ENGINE_WITHOUT_OPUS_BYTES = 40 * 1024
"""RAM and stack together, of a board without Opus."""
MOUTH_TO_EAR_P95_MS = 120
"""On perfect air."""
_BUDGETED = ("voice_rom", "voice_ram", "voice_stack", "vault_rom", "vault_ram", "vault_stack")
_DRIFT = "heap_drift_"
STORE_AT_MOST = {
    "store.update.program_ratio": 2.4,
    "store.update.erases_per_1000": 40,
    "store.journal.program_ratio": 1.9,
    "store.ram.heap_bytes_per_1000_records": 6000,
}
"""Bytes programmed a byte of payload, and sectors erased, of records of 64 bytes; and what boards
reckon with in RAM."""
PIN_WAIT_MS = 20
"""The longest that everything else waits while a PIN is checked."""
STORE_AT_LEAST = {
    "store.update.vs_littlefs.program": 1.4,
    "store.journal.vs_littlefs.program": 10,
}
"""How many times as much sealed records in files of littlefs cost."""
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
        elif figure == "engine.ram_and_stack_without_opus_bytes":
            found[name] = Limit(at_most=ENGINE_WITHOUT_OPUS_BYTES)
        elif figure == "mouth_to_ear_p95_ms":
            found[name] = Limit(at_most=MOUTH_TO_EAR_P95_MS)
        elif name == "store.pin.unlock_wait_ms":
            found[name] = Limit(at_most=PIN_WAIT_MS)
        elif name in STORE_AT_MOST:
            found[name] = Limit(at_most=STORE_AT_MOST[name])
        elif name in STORE_AT_LEAST:
            found[name] = Limit(at_least=STORE_AT_LEAST[name])
        elif limit := _of_voice_mode(name):
            found[name] = limit
    return found


def _of_voice_mode(name: str) -> Limit | None:
    """The limit of a figure that every mode of every codec has."""
    mode, _, figure = name.rpartition(".")
    if figure in ("loop_added_mips", "loop_added_rx_mips"):
        return Limit(at_most=LOOP_ADDED_MIPS)
    if figure in ("loop_added_srtp_mips", "loop_added_srtp_rx_mips"):
        return Limit(at_most=LOOP_ADDED_SRTP_MIPS)
    if figure == "encode_mips" and mode in ENCODE_MIPS:
        return Limit(at_most=ENCODE_MIPS[mode])
    if figure == "fast_over_released" and mode in FAST_OVER_RELEASED:
        return Limit(at_most=FAST_OVER_RELEASED[mode])
    return None


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
