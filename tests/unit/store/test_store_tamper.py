"""Whoever changes the image is noticed, or has changed nothing. A sample; all: run_tamper.py."""

from __future__ import annotations

import pytest
from store_cases import FAMILIES, JUDGES, Cases
from store_victim import SECTOR_BYTES

_SAMPLE = {"bits": 160, "records": 90, "sectors": 60, "mixed": 60}


@pytest.fixture(scope="module")
def cases() -> Cases:
    return Cases()


def test_there_is_something_to_change(cases: Cases) -> None:
    kinds = {(r.kind, r.domain, bool(r.box)) for r in cases.victim.records()}
    assert {kind for kind, _, _ in kinds} >= {1, 2, 3, 4, 5, 6, 7, 8}
    assert {domain for _, domain, _ in kinds} == {0, 1, 2, 3}
    assert {is_boxed for _, _, is_boxed in kinds} == {False, True}
    assert len({r.sector for r in cases.victim.records()}) >= 5


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_change_is_noticed_or_harmless(cases: Cases, family: str, judge: str) -> None:
    n = cases.count(family)
    # Evenly over all of them, and on no multiple of 8.
    numbers = {
        (i * n // _SAMPLE[family]) | (i % 8 if family == "bits" else 0)
        for i in range(_SAMPLE[family])
    }
    wrong = [cases.judge(judge, family, number) for number in sorted(numbers)]
    assert [report for report in wrong if report] == []


@pytest.mark.parametrize("judge", JUDGES)
def test_a_damaged_mac_costs_its_own_record_alone(cases: Cases, judge: str) -> None:
    """The next one's continues it."""
    macs = [SECTOR_BYTES * r.sector + r.end - 8 for r in cases.victim.records()]
    wrong = [cases.judge(judge, "bits", 8 * mac + i % 64) for i, mac in enumerate(macs)]
    assert [report for report in wrong if report] == []
