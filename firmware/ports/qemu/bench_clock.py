"""What an instant of the bench's clock is on this machine's: asked over the pins' wire, once."""

import virt

from ports.virtual.pins import Pins

_QUESTIONS = 4
_PATIENCE_US = 1_000_000


def tape_t0_us(pins: Pins) -> int:
    """The instant of the acoustics tape's first sample: see `here_us`."""
    return here_us(pins, int(virt.strap("tape_t0_ns") or 0))


def here_us(pins: Pins, bench_ns: int) -> int:
    """An instant of the bench (ns of its clock) in us of this machine's uptime; may be negative.

    The quickest of a few answers counts: it is wrong by half of its journey at most. OSError when
    the bench does not answer. Forgets button edges that wait on the wire.
    """
    quickest_us = _PATIENCE_US
    offset_us = 0
    unanswered = 0
    for _ in range(_QUESTIONS):
        asked_us = virt.uptime_us()
        pins.set("clock", "?")
        unanswered += 1
        # Answers come in order: one that was too late for its question is not this one's.
        answer_ns = 0
        while unanswered and answer_ns >= 0:
            answer_ns = _answer(pins, asked_us + _PATIENCE_US)
            unanswered -= answer_ns >= 0
        took_us = virt.uptime_us() - asked_us
        if not unanswered and took_us < quickest_us:
            quickest_us = took_us
            offset_us = asked_us + took_us // 2 - answer_ns // 1000
    if quickest_us == _PATIENCE_US:
        raise OSError(
            "the bench does not tell the time over the pins' wire: start it by handsetctl sim"
        )
    return bench_ns // 1000 + offset_us


def _answer(pins: Pins, deadline_us: int) -> int:
    """What the bench's clock says in ns; -1 when the answer does not come in time."""
    while virt.uptime_us() < deadline_us:
        edge = pins.take()
        if edge and edge[0] == "clock":
            return int(edge[1])
    return -1
