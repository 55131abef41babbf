"""A small call with everything in it, made of sound that looks like speech and costs nothing."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from handsetctl.report import Event, Track, judged
from handsetctl.report import events as kinds

Samples = npt.NDArray[np.int16]
RATE_HZ = 16_000
DELAY = 2_000
GOOD_FIGURES: dict[str, Any] = {
    "codec": "amrwb",
    "board": "sim",
    "frames_sent": 400,
    "frames_received": 400,
    "frames_lost": 0,
    "stoi": 0.973,
    "pesq_wb": 3.21,
    "access_time_ms": {"p50": 131.0, "p95": 150.5, "n": 22},
    "mouth_to_ear_ms": {"p50": 125.0, "p95": 126.0, "n": 4},
    "first_syllable_clipped_ms": 0.0,
    "heap_bytes_per_frame": 0.0,
    "build": {
        "firmware": {"version": "0.1.0", "sha256": "ab" * 32, "board": "sim"},
        "sources": {"opus": {"version": "1.5.2", "sha256": "cd" * 32}},
        "binary_sha256": "ef" * 32,
        "git": "1234567",
    },
    "geo": {"positions_seen": 3, "last_lat_deg": 48.85},
}


@pytest.fixture(scope="session")
def sound() -> tuple[Samples, Samples]:
    """(spoken, heard), int16[8 s]: four bursts of filtered noise, heard 125 ms later."""
    values = np.random.default_rng(1).normal(0.0, 1.0, 8 * RATE_HZ)
    smooth = np.convolve(values, np.hanning(12), mode="same")
    times = np.arange(8 * RATE_HZ) / RATE_HZ
    talking = (times % 2.0 > 0.6) & (times % 2.0 < 1.5)
    spoken = np.where(talking, smooth * 1500, 0).astype(np.int16)
    heard = np.zeros_like(spoken)
    heard[DELAY:] = spoken[:-DELAY]
    return spoken, heard


@pytest.fixture
def figures() -> dict[str, Any]:
    """What a good call measured, without limits and verdict; a test may change it."""
    return copy.deepcopy(GOOD_FIGURES)


@pytest.fixture
def report(figures: dict[str, Any]) -> dict[str, Any]:
    return judged(figures)


@pytest.fixture(scope="session")
def good_report() -> dict[str, Any]:
    return judged(GOOD_FIGURES)


@pytest.fixture(scope="session")
def timeline() -> list[Event]:
    found = []
    for index in range(4):
        press_s = 2.0 * index + 0.4
        found += [
            Event(press_s, kinds.PTT_PRESS),
            Event(press_s + 0.001, kinds.PENDING),
            Event(press_s + 0.130 + 0.001 * index, kinds.TALK_PERMISSION),
            Event(press_s + 1.2, kinds.PTT_RELEASE),
            Event(press_s + 1.21, kinds.FLOOR_IDLE),
        ]
    found += [Event(1.0, kinds.GEO_ON), Event(2.5, kinds.GEO_FIX), Event(6.0, kinds.GEO_OFF)]
    return [*found, Event(3.0, kinds.POSITION, "B"), Event(4.0, kinds.POSITION, "B")]


@pytest.fixture(scope="session")
def tracks() -> list[Track]:
    walked = [(48.85 + 0.0001 * i, 2.35 + 0.00005 * i) for i in range(20)]
    return [Track("walked", walked), Track("received by B", walked[4:16:3])]
