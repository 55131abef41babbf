"""Bad air: cells of the loss and jitter table, and the air itself."""

from __future__ import annotations

import numpy as np
import pytest
from air_network import FRAME_US, HELD_UP_US, LEAST_US, PUMP_US, Network, arrivals
from air_quality import cut_up, judge
from figure_limits import beyond, limits_of
from loss_jitter import CODECS, Cell, all_cells, measure, perfect_air, talk

_AMRWB, _OPUS = CODECS
_SAMPLE = [
    Cell(_AMRWB, Network(0, jitter_ms=80)),
    Cell(_AMRWB, Network(5, jitter_ms=30)),
    Cell(_AMRWB, Network(10, bursty=True)),
    Cell(_OPUS, Network(3, bursty=True, jitter_ms=80)),
]


@pytest.fixture(scope="module")
def sample() -> dict[str, float]:
    """The figures of some cells, two talks each."""
    return measure(_SAMPLE, range(2))


def test_ours_is_never_worse_than_the_reference(sample: dict[str, float]) -> None:
    for cell in _SAMPLE:
        assert sample[f"{cell}.stoi"] > sample[f"{cell}.stoi_reference"] - 0.03
        assert sample[f"{cell}.pesq"] > sample[f"{cell}.pesq_reference"] - 0.25


def test_ours_is_much_better_where_packets_come_unevenly(sample: dict[str, float]) -> None:
    for cell in (_SAMPLE[0], _SAMPLE[3]):
        assert sample[f"{cell}.stoi"] > sample[f"{cell}.stoi_reference"] + 0.1
        assert sample[f"{cell}.pesq"] > sample[f"{cell}.pesq_reference"] + 0.3


def test_mouth_to_ear_is_short(sample: dict[str, float]) -> None:
    assert sample[f"{_SAMPLE[1]}.delay_p95_ms"] <= 200
    assert perfect_air(_AMRWB)[f"receive.{_AMRWB}.perfect_air.delay_p95_ms"] <= 120


def test_worse_is_beyond_the_spread_of_the_talks() -> None:
    figures = {
        "receive.c.stoi": 0.9,
        "receive.c.stoi_reference": 0.92,
        "receive.c.stoi_spread": 0.03,
    }
    assert beyond(figures, limits_of(figures)) == []
    figures["receive.c.stoi_spread"] = 0.01
    assert beyond(figures, limits_of(figures)) == ["receive.c.stoi"]


def test_delays_have_their_limits() -> None:
    bad = {
        "receive.c.perfect_air.delay_p95_ms": 121.0,
        "receive.c.loss5_random.jitter30.delay_p95_ms": 201.0,
    }
    assert beyond(bad, limits_of(bad)) == list(bad)
    free = {"receive.c.loss5_random.jitter80.delay_p95_ms": 300.0}
    assert limits_of(free) == {}


def test_the_table_has_every_cell_once() -> None:
    names = [str(cell) for cell in all_cells()]
    assert len(names) == len(set(names)) == 2 * 11 * 3
    assert "receive.amrwb.12650.loss5_random.jitter30" in names


def test_the_air_loses_what_it_says_and_in_bursts() -> None:
    for bursty in (False, True):
        network = Network(10, bursty, mishaps=False)
        arrived = np.zeros(100_000, np.bool_)
        arrived[arrivals(network, arrived.size, 1)["packet"]] = True
        assert abs((~arrived).mean() - 0.10) < 0.01
        n_bursts = np.count_nonzero(arrived[:-1] & ~arrived[1:])
        assert abs((~arrived).sum() / n_bursts - (3.0 if bursty else 1.11)) < 0.15


def test_the_air_delays_doubles_and_disorders() -> None:
    for jitter_ms in (0, 30, 80):
        arrived = arrivals(Network(jitter_ms=jitter_ms), 20_000, 2)
        late_us = arrived["at_us"] - (arrived["packet"].astype(np.int64) + 1) * FRAME_US
        assert late_us.min() >= LEAST_US
        most_us = LEAST_US + PUMP_US + 2000 * jitter_ms + HELD_UP_US + FRAME_US
        assert 2000 * jitter_ms < late_us.max() < most_us
        assert (np.diff(arrived["at_us"].astype(np.int64)) >= 0).all()
        assert (np.diff(arrived["packet"].astype(np.int64)) < 0).any()
        assert abs(arrived.size / 20_000 - 1.01) < 0.005
    again = arrivals(Network(jitter_ms=80), 20_000, 2)
    assert (again == arrived).all()
    drifting = arrivals(Network(mishaps=False, drift_ppm=200), 50_000, 3)
    assert abs(int(drifting["at_us"][-1]) - 50_000 * FRAME_US - 200_000) < 12_000


def test_quality_follows_a_delay_that_changes() -> None:
    """A delay that grows by 40 ms between two pieces of speech costs nothing; a hole does."""
    said = talk(0)
    pieces = cut_up(said)
    assert all(8_000 <= p.end - p.start <= 24_000 for p in pieces if p is not pieces[-1])
    middle = pieces[len(pieces) // 2].start
    gap = np.zeros(640, np.int16)
    heard = np.concatenate((np.zeros(1600, np.int16), said[:middle], gap, said[middle:]))
    late = judge(said, heard)
    assert late.stoi > 0.99
    assert late.pesq > 4
    assert 95 < min(late.delays_ms) < 105 and 135 < max(late.delays_ms) < 145
    heard[middle : middle + 16_000] = 0
    assert judge(said, heard).stoi < late.stoi - 0.02
