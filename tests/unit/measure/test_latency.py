from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handsetctl.measure import MeasureError, percentiles


def test_twenty_values_tolerate_one_outlier():
    figures = percentiles([100.0] * 19 + [900.0])
    assert (figures.p50, figures.p95, figures.n) == (100.0, 100.0, 20)
    assert figures.maximum == 900.0
    assert percentiles([100.0] * 18 + [900.0] * 2).p95 == 900.0


def test_one_value_is_every_percentile():
    figures = percentiles([12.5])
    assert (figures.p50, figures.p95, figures.minimum, figures.maximum) == (12.5,) * 4


def test_report_form():
    assert percentiles([1.0, 2.004, 3.0]).as_report() == {"p50": 2.0, "p95": 3.0, "n": 3}


@pytest.mark.parametrize("values", [[], [1.0, float("nan")]])
def test_nothing_or_nonsense_is_an_error(values):
    with pytest.raises(MeasureError):
        percentiles(values)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_percentiles_are_measured_values_that_cover_their_share(values):
    figures = percentiles(values)
    assert figures.p50 in values
    assert figures.p95 in values
    assert sum(v <= figures.p95 for v in values) >= 0.95 * len(values)
    assert sum(v < figures.p95 for v in values) < 0.95 * len(values)
    assert figures.minimum <= figures.p50 <= figures.p95 <= figures.maximum
