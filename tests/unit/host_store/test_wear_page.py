"""The picture of flash use and wear."""

import dataclasses
import re
from html.parser import HTMLParser

import pytest

from handsetctl.store.device_store import DeviceStore
from handsetctl.store.facts import Sector
from handsetctl.store.wear_page import use_svg, wear_page, wear_svg


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words += data


@pytest.fixture
def status(device):
    return DeviceStore(device).status()


def sector(number, state="live", live_bytes=2048, erases=0):
    return Sector(number, state, 4096, live_bytes, 4096, erases)


def test_a_cell_a_sector_with_state_share_and_erases():
    parsed = Tags(
        use_svg([sector(0, erases=12), sector(1, "clean", 0), sector(2, live_bytes=4096)])
    )
    rects = [attrs for tag, attrs in parsed.tags if tag == "rect"]
    assert len(rects) == 6
    tall = [float(rect["height"]) for rect in rects[1::2]]
    assert tall == [7.0, 0.0, 14.0]
    assert rects[0]["fill"] != rects[2]["fill"]
    assert "sector 0: live, 2048 bytes needed" in parsed.words and "erased 12 times" in parsed.words


def test_bars_grow_with_erases():
    parsed = Tags(wear_svg([sector(0, erases=5), sector(1, erases=10), sector(2)]))
    tall = [float(attrs["height"]) for tag, attrs in parsed.tags if tag == "rect"]
    assert tall == [60.0, 120.0, 0.0]


@pytest.mark.parametrize("n_sectors", [0, 1, 256])
def test_the_page_is_whole_and_asks_nothing_of_any_server(status, n_sectors):
    sectors = [sector(n, erases=n) for n in range(n_sectors)]
    page = wear_page("SIM-0001", "2026-01-01", status, sectors, {"commits": 12})
    parsed = Tags(page)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)
    assert "<script" not in page and "<link" not in page
    assert len([tag for tag, _ in parsed.tags if tag == "svg"]) == 2
    assert page.count("erased 0 times") == (2 if n_sectors else 0)


def test_a_dumped_flash_is_spoken_of_only_where_it_matters(status):
    words = "Not protected against a dumped flash"
    assert words in wear_page("A", "", status, [], {})
    protected = dataclasses.replace(status, protected=True)
    assert words not in wear_page("A", "", protected, [], {})


def test_names_are_not_markup(status):
    page = wear_page("<b>", "<i>", status, [sector(0, "<u>")], {"<s>": 1})
    for tag in ("<b>", "<i>", "<u>", "<s>"):
        assert tag not in page
