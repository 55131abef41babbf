"""A long talk between clocks that run apart, with the real codec; `--soak`: an hour of it."""

from __future__ import annotations

import numpy as np
import pytest
from air_network import Network, arrivals
from air_programs import FRAME_SAMPLES, RATE_HZ, Codec, build, hear, send
from loss_jitter import talk

_TALK_S, _SOAK_S = 120, 3600
_SETTLED_S = 20


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("drift_ppm", [200, -200])
def test_the_delay_stays_where_it_is(request: pytest.FixtureRequest, drift_ppm: int) -> None:
    """Not one packet too late or missing, and the last minutes as the first."""
    soak = bool(request.config.getoption("--soak", default=False))
    said = talk(0)
    said = np.tile(said, (_SOAK_S if soak else _TALK_S) * RATE_HZ // said.size)
    codec = Codec("amrwb", 12650)
    build()
    network = Network(mishaps=False, drift_ppm=drift_ppm)
    heard = hear(
        "receiver", codec, send(codec, said), arrivals(network, said.size // FRAME_SAMPLES, 1), 0
    )
    for name in ("underruns", "rx_lost", "rx_late", "rx_overflow", "rx_resyncs", "decode_failed"):
        assert heard.stats[name] == 0, name
    assert heard.stats["rx_bursts"] == 1
    assert heard.stats["concealed"] <= 5  # after the end
    delays_ms = heard.delays_ms[_SETTLED_S:-2]
    assert min(delays_ms) >= 10
    assert max(delays_ms) <= 65
    quarter = len(delays_ms) // 4
    drift_ms = np.mean(delays_ms[-quarter:]) - np.mean(delays_ms[:quarter])
    assert abs(drift_ms) < 20
    if soak:
        won = heard.stats["stretched"] - heard.stats["compressed"]
        expected = said.size * drift_ppm * 1e-6
        assert abs(won - expected) < 1500
