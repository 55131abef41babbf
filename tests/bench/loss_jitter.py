"""The loss and jitter table: what is heard of a talk through bad air, ours and a plain receiver's.

`python tests/bench/loss_jitter.py` writes build/bench/loss_jitter.json and loss_jitter.svg and
prints the table. Every cell is several talks (seeds), each of other speech, with other losses and
another phase of the loudspeaker; both receivers get the same packets at the same times. Each begins
knowing nothing of the network. Names of the figures:

    receive.<codec>.<bit rate>.<cell>.{stoi,pesq}             means over the seeds
    receive.<codec>.<bit rate>.<cell>.{stoi,pesq}_reference
    receive.<codec>.<bit rate>.<cell>.{stoi,pesq}_spread      best less worst of the seeds, the
                                                              larger of the two receivers'
    receive.<codec>.<bit rate>.<cell>.delay_p95_ms            mouth to ear
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from air_network import FRAME_US, Network, arrivals
from air_programs import RATE_HZ, Codec, Samples, build, hear, send
from air_quality import Quality, judge
from figure_limits import beyond, limits_of
from loss_jitter_picture import picture

from handsetctl.speech import load_speech
from handsetctl.tree import SPEECH_DIR, THIRD_PARTY_DIR

RESULTS = Path(__file__).resolve().parents[2] / "build" / "bench" / "loss_jitter.json"

CODECS = (Codec("amrwb", 12650), Codec("opus", 16000))
LOSSES = (0, 1, 3, 5, 10, 20)
JITTERS_MS = (0, 30, 80)
SEEDS = range(5)
TALK_S = 12
_WORKERS = 2
RECEIVERS = ("receiver", "reference")


@dataclass(frozen=True)
class Cell:
    """One codec on one network."""

    codec: Codec
    network: Network

    def __str__(self) -> str:
        return f"receive.{self.codec}.{self.network}"


def all_cells() -> list[Cell]:
    """The table. Without loss there is no kind of loss."""
    kinds = [(loss, bursty) for bursty in (False, True) for loss in LOSSES if loss or not bursty]
    networks = [
        Network(loss, bursty, jitter_ms) for loss, bursty in kinds for jitter_ms in JITTERS_MS
    ]
    return [Cell(codec, network) for codec in CODECS for network in networks]


def talk(seed: int) -> Samples:
    """What is said with a seed: other speech for each of them."""
    speech = load_speech(THIRD_PARTY_DIR, SPEECH_DIR, 60)
    return speech[seed * TALK_S * RATE_HZ :][: TALK_S * RATE_HZ]


def measure_one(cell: Cell, seed: int) -> dict[str, Quality]:
    """Both receivers, one talk."""
    said = talk(seed)
    packets = send(cell.codec, said)
    arrived = arrivals(cell.network, said.size * 50 // RATE_HZ, seed)
    phase_us = seed * 4_321 % FRAME_US
    return {
        program: judge(said, hear(program, cell.codec, packets, arrived, phase_us).samples)
        for program in RECEIVERS
    }


def measure(cells: Sequence[Cell], seeds: Sequence[int]) -> dict[str, float]:
    """The figures of these cells, two of them at a time. Raises AirError."""
    build()
    jobs = [(cell, seed) for cell in cells for seed in seeds]
    with ProcessPoolExecutor(_WORKERS) as pool:
        done = list(pool.map(measure_one, *zip(*jobs, strict=True)))
    figures: dict[str, float] = {}
    for cell in cells:
        of_cell = [result for (of, _), result in zip(jobs, done, strict=True) if of == cell]
        figures |= _figures(str(cell), of_cell)
    return figures


def _figures(name: str, talks: Sequence[dict[str, Quality]]) -> dict[str, float]:
    figures = {}
    for what in ("stoi", "pesq"):
        of = {
            program: np.array([getattr(talk[program], what) for talk in talks])
            for program in RECEIVERS
        }
        figures[f"{name}.{what}"] = round(float(of["receiver"].mean()), 4)
        figures[f"{name}.{what}_reference"] = round(float(of["reference"].mean()), 4)
        spread = max(float(np.ptp(of[program])) for program in RECEIVERS)
        figures[f"{name}.{what}_spread"] = round(spread, 4)
    delays_ms = [delay for talk in talks for delay in talk["receiver"].delays_ms]
    figures[f"{name}.delay_p95_ms"] = round(float(np.percentile(delays_ms, 95)), 1)
    return figures


def perfect_air(codec: Codec) -> dict[str, float]:
    """Mouth to ear where nothing is lost, late, overtaken or double."""
    said = talk(0)
    network = Network(mishaps=False)
    arrived = arrivals(network, said.size * 50 // RATE_HZ, 0)
    delays_ms: list[float] = []
    for phase_us in range(0, FRAME_US, FRAME_US // 4):
        heard = hear("receiver", codec, send(codec, said), arrived, phase_us)
        delays_ms += judge(said, heard.samples).delays_ms
    p95 = float(np.percentile(delays_ms, 95))
    return {f"receive.{codec}.perfect_air.delay_p95_ms": round(p95, 1)}


def measure_all() -> dict[str, float]:
    """The whole table, with its JSON and its picture. Raises AirError."""
    # Two processes are what the machine has; numpy needs none besides.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    figures = measure(all_cells(), SEEDS)
    for codec in CODECS:
        figures |= perfect_air(codec)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=1) + "\n")
    RESULTS.with_suffix(".svg").write_text(picture(figures, CODECS, LOSSES, JITTERS_MS))
    return figures


def main() -> int:
    """Measure, print, write. 1 when a figure is beyond its limit."""
    figures = measure_all()
    for cell in all_cells():
        of = {key: figures[f"{cell}.{key}"] for key in ("stoi", "pesq", "delay_p95_ms")}
        than = {key: figures[f"{cell}.{key}_reference"] for key in ("stoi", "pesq")}
        print(
            f"{cell!s:<48} STOI {of['stoi']:.3f} ({than['stoi']:.3f})  "
            f"PESQ {of['pesq']:.2f} ({than['pesq']:.2f})  p95 {of['delay_p95_ms']:.0f} ms"
        )
    limits = limits_of(figures)
    broken = beyond(figures, limits)
    for name in broken:
        print(f"error: {name} is {figures[name]}, its limit {limits[name]}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
