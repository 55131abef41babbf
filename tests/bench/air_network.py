"""The simulated air: which packets of a talk arrive, and when.

A handset's frame is complete 20 ms after its first sample; its packet leaves 0 to 5 ms later
(Python's pump) and takes 5 ms at least. Jitter of J ms adds a delay that is uniform within 0 to
2 J, that is J on average and up to J more or less, as Linux' netem has it: with 80 ms packets
overtake each other as a rule. On top of that, one packet in a hundred is held up by 30 ms (and
overtaken), and one comes twice. Losses are independent, or in bursts of three on average
(Gilbert-Elliott: nothing is lost in its good state, everything in its bad one).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FRAME_US = 20_000
PUMP_US = 5_000
LEAST_US = 5_000
HELD_UP_US = 30_000
HELD_UP_SHARE = DOUBLE_SHARE = 0.01
BURST_PACKETS = 3.0

ARRIVAL = np.dtype([("at_us", "<u8"), ("packet", "<u4")])
"""As the C programs read them."""


@dataclass(frozen=True)
class Network:
    """One cell of the table: how much is lost, how, and how unevenly the rest arrives."""

    loss_percent: int = 0
    bursty: bool = False
    jitter_ms: int = 0
    mishaps: bool = True
    drift_ppm: int = 0

    def __str__(self) -> str:
        kind = ("_bursty" if self.bursty else "_random") if self.loss_percent else ""
        return f"loss{self.loss_percent}{kind}.jitter{self.jitter_ms}"


def arrivals(network: Network, n_packets: int, seed: int) -> npt.NDArray[np.void]:
    """What arrives, in order of time. The same for the same arguments."""
    random = np.random.default_rng([seed, network.loss_percent, network.bursty, network.jitter_ms])
    frames = np.arange(1, n_packets + 1, dtype=np.float64)
    sent_us = frames * FRAME_US * (1 + network.drift_ppm * 1e-6)
    sent_us += random.uniform(0, PUMP_US, n_packets) + LEAST_US
    sent_us += random.uniform(0, 2000 * network.jitter_ms, n_packets)
    packets = np.arange(n_packets)
    if network.mishaps:
        sent_us[random.random(n_packets) < HELD_UP_SHARE] += HELD_UP_US
    kept = ~_lost(network, n_packets, random)
    at_us, packets = sent_us[kept], packets[kept]
    if network.mishaps:
        double = random.random(packets.size) < DOUBLE_SHARE
        again_us = at_us[double] + random.uniform(0, FRAME_US, int(double.sum()))
        at_us, packets = np.append(at_us, again_us), np.append(packets, packets[double])
    order = np.argsort(at_us, kind="stable")
    found = np.empty(order.size, ARRIVAL)
    found["at_us"], found["packet"] = at_us[order], packets[order]
    return found


def _lost(network: Network, n_packets: int, random: np.random.Generator) -> npt.NDArray[np.bool_]:
    share = network.loss_percent / 100
    if not network.bursty:
        return random.random(n_packets) < share
    into_bad = share / (BURST_PACKETS * (1 - share))
    out_of_bad = 1 / BURST_PACKETS
    lost, bad = np.zeros(n_packets, np.bool_), False
    for index, chance in enumerate(random.random(n_packets)):
        bad = chance >= out_of_bad if bad else chance < into_bad
        lost[index] = bad
    return lost
