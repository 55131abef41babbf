"""From reset to the first possible press of PTT, in instructions of the release firmware.

The bench answers questions for the time meanwhile, and how long the firmware waits for that says
nothing about it: this is left out. What remains of the host is the wait for a kilobyte of random
bytes.
"""

from __future__ import annotations

from statistics import median

from counted_handset import BOARD, PinEvent, counted_handset, pin_events

from handsetctl.bench.handset import VirtualHandset

_QUESTION = "clock=?"
_READY = "ready=1"
_READY_TIMEOUT_S = 30.0


def measure(n_boots: int = 5) -> dict[str, float]:
    """The median of a few boots, and how far they lie apart."""
    with counted_handset() as handset:
        boots = [boot_kinstr(handset) for _ in range(n_boots)]
    return {
        f"{BOARD}.boot_minstr": round(median(boots) / 1000, 2),
        f"{BOARD}.boot_minstr_spread": round((max(boots) - min(boots)) / 1000, 2),
    }


def boot_kinstr(handset: VirtualHandset) -> int:
    """One boot of a handset that is off, in thousand instructions."""
    handset.power_on()
    handset.wait_output("ready", "1", _READY_TIMEOUT_S)
    handset.power_off()
    return until_ready(pin_events(handset))


def until_ready(events: list[PinEvent]) -> int:
    """Thousand instructions up to "ready", less those that waited for an answer."""
    waited = 0
    for event, following in zip(events, events[1:], strict=False):
        if event.text == _QUESTION:
            waited += following.kinstr - event.kinstr
        if following.text == _READY:
            return following.kinstr - waited
    raise ValueError(f"no {_READY} among {events}")
