from __future__ import annotations

import io

from rich.console import Console

from handsetctl.report import default_limits, headline, judged, summary_rows, summary_table


def _by_path(report):
    return {row.path: row for row in summary_rows(report)}


def test_rows_hold_value_unit_limit_and_judgement(report):
    rows = _by_path(report)
    assert rows["stoi"].value == "0.973"
    assert rows["stoi"].limit == "at least 0.95"
    assert rows["stoi"].passed is True
    assert rows["mouth_to_ear_ms.p95"].value == "126 ms"
    assert rows["pesq_wb"].limit == ""
    assert rows["pesq_wb"].passed is None


def test_what_was_not_measured_is_said_and_fails(figures):
    figures["stoi"] = None
    row = _by_path(judged(figures))["stoi"]
    assert row.value == "n/a"
    assert row.passed is False


def test_a_little_is_never_written_as_nothing(figures):
    figures["heap_bytes_per_frame"] = 0.004
    row = _by_path(judged(figures))["heap_bytes_per_frame"]
    assert row.value == "0.004 bytes"
    assert row.passed is False


def test_a_limit_on_an_unknown_figure_gets_its_row(figures):
    figures["jitter"] = {"p95_ms": 12.0}
    row = _by_path(judged(figures, {"jitter.p95_ms": {"max": 10}}))["jitter.p95_ms"]
    assert row.value == "12.00"
    assert row.passed is False


def test_geolocation_shows_when_it_is_judged(figures):
    figures["geo"]["datagrams_after_off"] = 2
    assert "geo.datagrams_after_off" not in _by_path(judged(figures))
    row = _by_path(judged(figures, {"geo.datagrams_after_off": {"max": 0}}))[
        "geo.datagrams_after_off"
    ]
    assert (row.label, row.value, row.passed) == ("Datagrams after off", "2", False)


def test_headline_says_how_it_went(figures):
    assert headline(judged(figures)) == "Passed: the speech was heard, in time and intelligible"
    emulated = headline(judged(figures, default_limits("amrwb", emulated=True)))
    assert emulated.startswith("Passed") and emulated.endswith("timings were not judged")
    figures["frames_lost"] = 1
    assert headline(judged(figures)) == "Failed: 1 requirement is not met"
    figures["stoi"] = 0.1
    assert headline(judged(figures)) == "Failed: 2 requirements are not met"


def test_the_table_shows_all_of_it_and_prints_nothing_by_itself(figures, capsys):
    figures["frames_lost"] = 12
    table = summary_table(judged(figures))
    assert capsys.readouterr().out == ""
    console = Console(file=io.StringIO(), width=100)
    console.print(table)
    text = console.file.getvalue()
    for expected in ("Intelligibility", "0.973", "at least 0.95", "FAILED", "12", "Failed: 1"):
        assert expected in text
