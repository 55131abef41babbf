from __future__ import annotations

import base64
import io
import json
import re
import subprocess
from html.parser import HTMLParser

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from handsetctl import speech
from handsetctl.report import Event, ReportError, judged, write_report

RATE_HZ = 16_000
SIX_MB = 6_000_000


class Page(HTMLParser):
    """What is in a page: tags with their attributes, and the text outside of style and script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside not in ("style", "script"):
            self.words += data + " "

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def written(tmp_path_factory, good_report, sound, timeline, tracks):
    return write_report(
        tmp_path_factory.mktemp("report") / "demo",
        good_report,
        *sound,
        RATE_HZ,
        timeline,
        tracks=tracks,
        access_times_ms=[130.0, 131.0, 132.0, 133.0],
    )


def _embedded(attributes):
    kind, content = attributes["src"].split(";base64,")
    return kind, base64.b64decode(content)


def test_figures_and_recordings_are_there_as_given(written, good_report, sound):
    assert json.loads(written.report_json.read_text()) == good_report
    for path, samples in ((written.spoken_wav, sound[0]), (written.heard_wav, sound[1])):
        back, rate_hz = speech.read_wav(path)
        assert rate_hz == RATE_HZ
        assert np.array_equal(back, samples)
    assert {path.name for path in written.report_json.parent.iterdir()} == {
        "report.json",
        "spoken.wav",
        "heard.wav",
        "report.html",
        "summary.png",
    }


def test_the_page_needs_nothing_from_outside(written):
    text = written.report_html.read_text()
    page = Page(text)
    sources = [a["src"] for a in page.all("img") + page.all("audio")]
    assert len(sources) == 7
    assert all(source.startswith("data:") for source in sources)
    assert not page.all("link")
    assert not [a for a in page.all("script") if "src" in a]
    assert not re.search(r"https?://|url\(|@import|\bfetch\(", re.sub(r"base64,[^\"]+", "", text))
    for source in page.all("img"):
        svg = _embedded(source)[1].decode()
        outside = re.findall(r'(?:href|src)="([^"#][^"]*)"', svg)
        assert all(link.startswith("data:image/png") for link in outside)


def test_the_page_can_be_read_by_everybody(written):
    page = Page(written.report_html.read_text())
    assert page.all("html")[0]["lang"] == "en"
    assert all(len(a["alt"]) > 20 for a in page.all("img"))
    labels = {a["for"] for a in page.all("label")}
    assert {a["id"] for a in page.all("audio")} == labels == {"audio-spoken", "audio-heard"}


def test_the_page_tells_verdict_figures_limits_and_build(written):
    words = Page(written.report_html.read_text()).words
    for expected in (
        "Passed: the speech was heard",
        "AMR-WB",
        "board sim",
        "0.973",
        "at least 0.95",
        "150",
        "at most 200 ms",
        "1.5.2",
        "ab" * 32,
        "cd" * 32,
        "ef" * 32,
        "positions seen",
    ):
        assert expected in words


def test_the_recordings_in_the_page_can_be_played(written, sound):
    (spoken, heard) = Page(written.report_html.read_text()).all("audio")
    for attributes, samples in ((spoken, sound[0]), (heard, sound[1])):
        kind, content = _embedded(attributes)
        assert kind == "data:audio/wav"
        assert content[-samples.nbytes :] == samples.tobytes()


def test_a_failed_call_says_first_what_failed(tmp_path, figures, sound):
    figures["stoi"] = 0.41
    files = write_report(tmp_path, judged(figures), *sound, RATE_HZ, [])
    words = Page(files.report_html.read_text()).words
    assert "Failed: 1 requirement is not met" in words
    assert "stoi is 0.4100, must be at least 0.95" in words
    assert words.index("stoi is 0.41") < words.index("What was said")


def test_long_recordings_stay_small_and_lossless_while_they_can(tmp_path, report, sound):
    spoken, heard = (np.tile(signal, 8) for signal in sound)
    files = write_report(tmp_path, report, spoken, heard, RATE_HZ, [])
    assert files.report_html.stat().st_size < SIX_MB
    kind, content = _embedded(Page(files.report_html.read_text()).all("audio")[1])
    assert kind == "data:audio/flac"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", "-", "-f", "s16le", "-"]
    plain = subprocess.run(command, input=content, capture_output=True, check=True).stdout
    assert np.array_equal(np.frombuffer(plain, "<i2"), heard)
    # The length stands in the file's head: players show it and can seek.
    assert int.from_bytes(content[21:26], "big") & 0xFFFFFFFFF == heard.size


def test_the_worst_to_pack_still_fits(tmp_path, report):
    noise = np.random.default_rng(2).normal(0, 3000, 70 * RATE_HZ).astype(np.int16)
    files = write_report(tmp_path, report, noise, noise, RATE_HZ, [])
    assert files.report_html.stat().st_size < SIX_MB
    assert files.summary_png.stat().st_size < 300_000
    assert "data:audio/mpeg" in files.report_html.read_text()


def test_the_summary_picture_fits_a_readme(written):
    content = written.summary_png.read_bytes()
    assert len(content) < 300_000
    image = Image.open(io.BytesIO(content))
    assert image.format == "PNG"
    assert image.width >= 1200
    assert len(image.convert("RGB").getcolors(1 << 20)) > 50


def test_nothing_said_and_nothing_heard_is_still_a_report(tmp_path, figures):
    figures["stoi"] = figures["pesq_wb"] = figures["first_syllable_clipped_ms"] = None
    figures["mouth_to_ear_ms"] = {"p50": None, "p95": None, "n": 0}
    silence = np.zeros(2 * RATE_HZ, np.int16)
    files = write_report(tmp_path, judged(figures), silence, silence, RATE_HZ, [])
    words = Page(files.report_html.read_text()).words
    assert "stoi was not measured" in words
    assert "n/a" in words


def test_what_happens_after_the_recordings_is_still_on_the_timeline(tmp_path, report, sound):
    late = [Event(20.0, "geo_on"), Event(30.0, "geo_off")]
    page = Page(write_report(tmp_path, report, *sound, RATE_HZ, late).report_html.read_text())
    axes = [a["data-axis"].split()[-1] for a in page.all("figure") if "data-axis" in a]
    assert axes == ["8.0000", "30.5000"]


def test_a_malformed_report_leaves_no_files(tmp_path, report, sound):
    del report["verdict"]
    with pytest.raises(ReportError, match="verdict"):
        write_report(tmp_path / "demo", report, *sound, RATE_HZ, [])
    assert not (tmp_path / "demo").exists()


def test_words_from_outside_stay_words(tmp_path, report, sound):
    report["title"] = '<script src="x"></script>'
    report["geo"] = {"<b>": '"><img src=x onerror=alert(1)>'}
    report["notes"] = ["<i>note</i>"]
    report["build"]["<u>"] = "&amp;"
    files = write_report(tmp_path, report, *sound, RATE_HZ, [Event(1.0, "geo_on", "<A&B>")])
    page = Page(files.report_html.read_text())
    assert not page.all("b") + page.all("i") + page.all("u")
    assert not [a for a in page.all("script") + page.all("img") if a.get("src") == "x"]
    assert "<i>note</i>" in page.words


def test_the_same_call_gives_the_same_files(
    tmp_path, written, good_report, sound, timeline, tracks
):
    again = write_report(
        tmp_path / "again",
        good_report,
        *sound,
        RATE_HZ,
        timeline,
        tracks=tracks,
        access_times_ms=[130.0, 131.0, 132.0, 133.0],
    )
    for path in written.report_json.parent.iterdir():
        assert path.read_bytes() == (again.report_json.parent / path.name).read_bytes()


def test_progress_runs_to_its_end_and_nothing_is_printed(tmp_path, report, sound, capfd):
    told: list[tuple[str, float]] = []
    write_report(tmp_path, report, *sound, RATE_HZ, [], progress=lambda *what: told.append(what))
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert capfd.readouterr() == ("", "")
