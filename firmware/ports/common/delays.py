"""Delay distributions from round trips, for boards whose clocks do not agree.

A probe that goes out and comes back by unicast gives twice the unicast delay, if both ways are
alike. A probe that goes out by multicast and comes back by unicast gives both in one sum.
"""


def summary(values: list) -> dict:
    """n, minimum, median, 95th percentile and maximum; zeros when there are none."""
    ordered = sorted(values)
    if not ordered:
        return {"n": 0, "min": 0, "p50": 0, "p95": 0, "max": 0}
    return {
        "n": len(ordered),
        "min": ordered[0],
        "p50": _percentile(ordered, 50),
        "p95": _percentile(ordered, 95),
        "max": ordered[-1],
    }


def one_way(unicast_round_us: list, multicast_round_us: list) -> tuple:
    """One-way delays of both kinds: the way back is taken as half the median unicast round."""
    back_us = summary(unicast_round_us)["p50"] // 2
    unicast_us = [round_us // 2 for round_us in unicast_round_us]
    multicast_us = [max(round_us - back_us, 0) for round_us in multicast_round_us]
    return unicast_us, multicast_us


def _percentile(ordered: list, percent: int) -> int:
    """The smallest value that at least `percent` of all do not exceed."""
    return ordered[(len(ordered) * percent + 99) // 100 - 1]
