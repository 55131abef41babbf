from __future__ import annotations

import pytest

from handsetctl.report import SCHEMA, ReportError, validate_report


def test_a_complete_report_is_valid_and_may_hold_more(report):
    validate_report(report)
    validate_report({**report, "identities": {"A": "SIM-0001"}, "notes": ["perfect air"]})


@pytest.mark.parametrize("path", [field.path for field in SCHEMA if field.required])
def test_each_required_field_is_missed_by_name(report, path):
    *parents, name = path.split(".")
    place = report
    for parent in parents:
        place = place[parent]
    del place[name]
    with pytest.raises(ReportError, match=rf"(^|\W){path.replace('.', '[.]')} is missing"):
        validate_report(report)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("codec", ""),
        ("codec", 7),
        ("frames_sent", -1),
        ("frames_sent", 1.5),
        ("frames_lost", True),
        ("frames_lost", None),
        ("stoi", float("nan")),
        ("stoi", "0.9"),
        ("build", []),
        ("geo", None),
        ("notes", "perfect air"),
        ("created_utc", 5),
        ("limits", {"stoi": 0.95}),
        ("limits", {"stoi": {"least": 0.95}}),
        ("limits", {"stoi": {}}),
        ("extra", object()),
    ],
)
def test_wrong_values_are_refused(report, key, value):
    report[key] = value
    with pytest.raises(ReportError):
        validate_report(report)


def test_figures_that_could_not_be_measured_are_null(report):
    report["stoi"] = report["pesq_wb"] = report["first_syllable_clipped_ms"] = None
    report["mouth_to_ear_ms"] = {"p50": None, "p95": None, "n": 0}
    validate_report(report)


def test_all_breaches_are_told_at_once(report):
    del report["codec"]
    report["frames_sent"] = -3
    report["verdict"]["passed"] = "yes"
    with pytest.raises(ReportError) as caught:
        validate_report(report)
    for path in ("codec", "frames_sent", "verdict.passed"):
        assert path in str(caught.value)
