from __future__ import annotations

import pytest

from handsetctl.report import default_limits, judge, judged


def test_a_good_call_passes(figures):
    assert judge(figures, default_limits("amrwb")) == []
    assert judged(figures)["verdict"] == {"passed": True, "failures": []}


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("stoi", 0.91, "stoi is 0.9100, must be at least 0.95"),
        ("access_time_ms.p95", 212.4, "access_time_ms.p95 is 212.4 ms, must be at most 200 ms"),
        ("access_time_ms.n", 19, "access_time_ms.n is 19, must be at least 20"),
        ("mouth_to_ear_ms.p95", 300, "mouth_to_ear_ms.p95 is 300 ms, must be at most 200 ms"),
        ("frames_lost", 3, "frames_lost is 3, must be at most 0"),
        (
            "heap_bytes_per_frame",
            0.02,
            "heap_bytes_per_frame is 0.02 bytes, must be at most 0 bytes",
        ),
    ],
)
def test_each_figure_out_of_its_limit_is_named_with_value_and_limit(figures, path, value, sentence):
    *parents, name = path.split(".")
    place = figures
    for parent in parents:
        place = place[parent]
    place[name] = value
    assert judge(figures, default_limits("amrwb")) == [sentence]
    assert judged(figures)["verdict"] == {"passed": False, "failures": [sentence]}


def test_timings_of_emulated_hardware_are_not_judged_and_everything_else_is(figures):
    figures["access_time_ms"]["p95"] = figures["mouth_to_ear_ms"]["p95"] = 5_000
    limits = default_limits("amrwb", emulated=True)
    assert judged(figures, limits)["verdict"]["passed"]
    assert set(default_limits("amrwb")) - set(limits) == {
        "access_time_ms.p95",
        "mouth_to_ear_ms.p95",
    }
    figures["access_time_ms"]["n"], figures["frames_lost"] = 19, 1
    assert len(judge(figures, limits)) == 2


def test_a_figure_on_its_limit_passes_and_one_just_beyond_does_not_read_like_the_limit(figures):
    figures["stoi"] = 0.95
    assert judge(figures, default_limits("amrwb")) == []
    figures["stoi"] = 0.9496
    assert judge(figures, default_limits("amrwb")) == ["stoi is 0.9496, must be at least 0.95"]


@pytest.mark.parametrize("missing", [None, float("nan"), "0.97", True])
def test_a_figure_that_was_not_measured_fails(figures, missing):
    figures["stoi"] = missing
    assert judge(figures, default_limits("amrwb")) == [
        "stoi was not measured, must be at least 0.95"
    ]
    del figures["stoi"]
    assert len(judge(figures, default_limits("amrwb"))) == 1


def test_all_failures_are_told(figures):
    figures["stoi"] = 0.2
    figures["frames_lost"] = 100
    figures["mouth_to_ear_ms"] = {"p50": None, "p95": None, "n": 0}
    named = [failure.split()[0] for failure in judge(figures, default_limits("amrwb"))]
    assert named == ["stoi", "mouth_to_ear_ms.p95", "frames_lost"]


def test_each_codec_has_its_own_limit_and_lossy_air_allows_losses(figures):
    figures["stoi"] = 0.94
    figures["frames_lost"] = 5
    assert judge(figures, default_limits("opus", perfect_air=False)) == []
    assert len(judge(figures, default_limits("amrwb", perfect_air=True))) == 2
    with pytest.raises(ValueError, match="codec2"):
        default_limits("codec2")


def test_failures_that_no_figure_tells_count(figures):
    judgement = judged(figures, more_failures=["a position was sent after geolocation went off"])
    assert not judgement["verdict"]["passed"]
    assert judgement["verdict"]["failures"] == ["a position was sent after geolocation went off"]


def test_judging_leaves_the_figures_alone(figures):
    before = dict(figures)
    judged(figures, {"stoi": {"min": 0.5, "max": 0.9}})
    assert figures == before


def test_a_limit_may_have_two_sides(figures):
    assert judge(figures, {"stoi": {"min": 0.5, "max": 0.9}}) == [
        "stoi is 0.9730, must be at least 0.5 and at most 0.9"
    ]
