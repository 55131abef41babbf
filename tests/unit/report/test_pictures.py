from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import matplotlib
import numpy as np
import pytest

from handsetctl.measure import align
from handsetctl.report import Event, Track
from handsetctl.report import events as kinds
from handsetctl.report.events import Span
from handsetctl.report.pictures.press import press_picture
from handsetctl.report.pictures.signals import signals_picture, spectrogram_db
from handsetctl.report.pictures.timeline import lanes_of, timeline_picture
from handsetctl.report.pictures.timing import timing_picture
from handsetctl.report.pictures.track import nice_length, to_metres, track_picture

RATE_HZ = 16_000


def _texts(picture):
    """All words on the picture; fails when it is not well-formed XML."""
    root = ElementTree.fromstring(picture.svg)
    return [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_signals_are_labelled_and_share_one_axis(sound):
    picture = signals_picture(*sound, RATE_HZ)
    assert _texts(picture).count("spoken") == 2
    assert _texts(picture).count("heard") == 2
    assert "8 s" in picture.alt
    left, right, first_s, last_s = picture.time_axis
    assert 0 < left < right < 1
    assert (first_s, last_s) == (0.0, 8.0)


def test_a_spectrogram_has_its_energy_where_the_tone_is():
    times = np.arange(RATE_HZ) / RATE_HZ
    tone = (8000 * np.sin(2 * np.pi * 3000 * times)).astype(np.int16)
    levels = spectrogram_db(np.concatenate([tone, np.zeros(RATE_HZ, np.int16)]), RATE_HZ, 100)
    loudest = np.argmax(levels[:, :48].mean(axis=1)) * 8000 / levels.shape[0]
    assert loudest == pytest.approx(3000, abs=70)
    assert levels[:, 55:].max() < levels[:, :45].max() - 60


@pytest.mark.parametrize("n", [0, 1, 100, 700])
def test_very_short_recordings_can_be_drawn(n):
    picture = signals_picture(np.zeros(n, np.int16), np.zeros(n + 5, np.int16), RATE_HZ)
    assert "spoken" in _texts(picture)


def test_timing_tells_percentiles_limits_and_what_was_not_heard():
    picture = timing_picture([130.0] * 19 + [170.0], [120.0, 122.0, 125.0], 200, 200, 2)
    words = " ".join(_texts(picture))
    for expected in ("p50 130", "p95 130", "p95 125", "limit 200 ms", "20 presses", "3 bursts"):
        assert expected in words
    assert "2 not heard" in words
    assert "median 130 ms" in picture.alt
    assert "2 not heard" in picture.alt


def test_timing_without_values_says_so():
    picture = timing_picture([], [], None, None)
    assert _texts(picture).count("not measured") == 2
    assert "not measured" in picture.alt


def test_the_timeline_has_a_lane_for_each_thing_that_happened(timeline):
    spoken, heard = [Span(0.6, 1.5)], [Span(0.7, 1.6)]
    lanes = {lane.label: lane for lane in lanes_of(timeline, spoken, heard, 8.0)}
    assert list(lanes) == [
        "A  PTT button",
        "A  floor",
        "spoken",
        "heard",
        "A  geolocation",
        "B  positions seen",
    ]
    assert len(lanes["A  PTT button"].bars) == 4
    asking, talking = lanes["A  floor"].bars[:4], lanes["A  floor"].bars[4:]
    assert asking[0][0] == Span(0.4, pytest.approx(0.53))
    assert talking[0][0] == Span(pytest.approx(0.53), pytest.approx(1.6))
    assert [span for span, _ in lanes["A  geolocation"].bars] == [Span(1.0, 6.0), Span(2.5, 6.0)]
    assert len(lanes["B  positions seen"].dots) == 2
    picture = timeline_picture(timeline, spoken, heard, 8.0)
    assert "4 PTT presses" in picture.alt
    assert "may talk" in _texts(picture)


def test_a_denied_press_never_shows_permission():
    events = [
        Event(1.0, kinds.PTT_PRESS),
        Event(1.2, kinds.DENIED),
        Event(2.0, kinds.PTT_RELEASE),
    ]
    (floor,) = [lane for lane in lanes_of(events, [], [], 3.0) if lane.label == "A  floor"]
    assert [span for span, _ in floor.bars] == [Span(1.0, 1.2)]
    assert "may talk" not in _texts(timeline_picture(events, [], [], 3.0))


def test_the_press_picture_shows_the_median_press_and_its_delay(sound, timeline):
    alignment = align(*sound, RATE_HZ)
    picture = press_picture(timeline, *sound, RATE_HZ, alignment.bursts)
    words = " ".join(_texts(picture))
    assert "may talk after 131 ms" in words
    assert "mouth to ear 125 ms" in words
    assert "131 ms after the PTT edge" in picture.alt


def test_no_press_no_picture(sound):
    events = [Event(1.0, kinds.PTT_PRESS), Event(2.0, kinds.PTT_RELEASE)]
    assert press_picture(events, *sound, RATE_HZ, ()) is None


def test_metres_on_the_map_are_metres():
    east, north = to_metres((49.001, 2.001), (49.0, 2.0))
    assert north == pytest.approx(111.3, abs=0.5)
    assert east == pytest.approx(73.0, abs=0.5)


@pytest.mark.parametrize(
    ("width_m", "length_m"), [(100, 20), (81, 20), (40, 10), (2100, 500), (3, 0.5), (0, 1)]
)
def test_the_scale_bar_is_a_round_length(width_m, length_m):
    assert nice_length(width_m) == pytest.approx(length_m)


def test_the_map_names_its_tracks_and_its_scale(tracks):
    picture = track_picture(tracks)
    words = _texts(picture)
    for expected in ("walked", "received by B", "start", "end", "N"):
        assert expected in words
    assert any(re.fullmatch(r"\d+ k?m", word) for word in words)
    assert "20 points" in picture.alt


def test_a_map_of_one_point_and_of_none():
    assert track_picture([]) is None
    assert track_picture([Track("walked")]) is None
    picture = track_picture([Track("seen", [(48.0, 2.0)])])
    assert "start" in _texts(picture)


def test_pictures_are_the_same_every_time_and_leave_matplotlib_as_it_was(sound, timeline):
    before = dict(matplotlib.rcParams)
    first = timeline_picture(timeline, [Span(0.6, 1.5)], [], 8.0)
    assert timeline_picture(timeline, [Span(0.6, 1.5)], [], 8.0) == first
    assert dict(matplotlib.rcParams) == before
