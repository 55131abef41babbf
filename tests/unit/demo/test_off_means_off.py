"""The demonstration's check that nothing leaves after "off" must be able to fail."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from handsetctl.demo import geolocation

REPORT_INTERVAL_S = 5.0


class World:
    """Bench, air and walker in one, on a clock that jumps; a cheating handset goes on reporting."""

    def __init__(self, *, cheats: bool, last_report_s: float) -> None:
        self._now_s = 100.0
        self._cheats = cheats
        self._last_report_s = self._now_s + last_report_s
        self._sent = 10
        self.air = SimpleNamespace(flush=lambda: None, sent_by=lambda name: self._sent)
        self.name = "A"

    def now_s(self) -> float:
        return self._now_s

    def wait_until(self, instant_s: float) -> None:
        self._now_s = instant_s
        while self._cheats and self._last_report_s + REPORT_INTERVAL_S <= self._now_s:
            self._last_report_s += REPORT_INTERVAL_S
            self._sent += 1


def datagrams_after_off(world: Any) -> int:
    seen = geolocation.Geolocation()
    geolocation.check_silence(world, world, seen)
    return seen.datagrams_after_off


@pytest.mark.parametrize("last_report_s", [0.0, -1.0, -2.5, -4.9])
def test_a_handset_that_goes_on_reporting_is_caught(last_report_s: float) -> None:
    assert datagrams_after_off(World(cheats=True, last_report_s=last_report_s)) > 0


def test_a_handset_that_is_silent_passes() -> None:
    assert datagrams_after_off(World(cheats=False, last_report_s=0.0)) == 0
