from __future__ import annotations

import pytest

from handsetctl.report import Event
from handsetctl.report import events as kinds
from handsetctl.report.events import Press, Span, handsets, presses, spans


def test_unknown_kinds_are_refused():
    with pytest.raises(ValueError, match="ptt_pres"):
        Event(1.0, "ptt_pres")


def test_stretches_pair_starts_with_ends_of_the_same_handset():
    events = [
        Event(5.0, kinds.GEO_OFF),
        Event(1.0, kinds.GEO_ON),
        Event(2.0, kinds.GEO_OFF, "B"),
        Event(3.0, kinds.GEO_ON),
        Event(7.0, kinds.GEO_ON),
    ]
    found = spans(events, "A", [kinds.GEO_ON], [kinds.GEO_OFF], last_s=9.0)
    assert found == [Span(1.0, 5.0), Span(7.0, 9.0)]
    assert spans(events, "B", [kinds.GEO_ON], [kinds.GEO_OFF], last_s=9.0) == []


def test_a_press_knows_its_access_time(timeline):
    found = presses(timeline, "A", 8.0)
    assert [round(press.access_ms) for press in found] == [130, 131, 132, 133]
    assert found[0].release_s == pytest.approx(1.6)
    assert presses(timeline, "B", 8.0) == []


def test_a_press_without_permission_has_no_access_time():
    events = [
        Event(1.0, kinds.PTT_PRESS),
        Event(1.1, kinds.DENIED),
        Event(1.4, kinds.PTT_RELEASE),
        Event(2.0, kinds.TALK_PERMISSION),
    ]
    assert presses(events, "A", 9.0) == [Press(1.0, None, 1.4)]
    assert presses(events, "A", 9.0)[0].access_ms is None


def test_handsets_are_named_once(timeline):
    assert handsets(timeline) == ["A", "B"]
