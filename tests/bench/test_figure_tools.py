"""The tools that make the figures: what counts as a boot, and which limits hold."""

from __future__ import annotations

import pytest
import store_page
import traffic_tape
from boot_figures import until_ready
from counted_handset import PinEvent
from figure_limits import Figures, beyond, limits_of
from figures_text import table

from handsetctl.errors import BenchError

GOOD = {
    "b.boot_minstr": 249.9,
    "b.heap_budget": 1000,
    "b.heap_free_boot": 300,
    "b.heap_drift_hour": 0,
    "b.voice_rom_budget_bytes": 50,
    "b.voice_rom_bytes": 50,
    "store.update.program_ratio": 2.4,
    "store.update.erases_per_1000": 40,
    "store.journal.program_ratio": 1.9,
    "store.ram.heap_bytes_per_1000_records": 6000,
    "store.update.vs_littlefs.program": 1.4,
    "store.journal.vs_littlefs.program": 10,
}


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("b.boot_minstr", 250.1),
        ("b.heap_free_boot", 299),
        ("b.heap_drift_hour", 257),
        ("b.voice_rom_bytes", 51),
        ("store.update.program_ratio", 2.401),
        ("store.update.erases_per_1000", 40.1),
        ("store.journal.program_ratio", 1.901),
        ("store.ram.heap_bytes_per_1000_records", 6001),
        ("store.update.vs_littlefs.program", 1.39),
        ("store.journal.vs_littlefs.program", 9.99),
    ],
)
def test_a_limit_is_kept_to_the_last_unit(name: str, bad: float) -> None:
    assert beyond(GOOD, limits_of(GOOD)) == []
    figures = {**GOOD, name: bad}
    assert beyond(figures, limits_of(figures)) == [name]


def test_table_has_each_figure_with_its_limit_and_a_gap_between_boards() -> None:
    text = table({"a.n": 1, **GOOD}, limits_of(GOOD))
    width = max(map(len, GOOD))
    assert text.splitlines()[:2] == [f"{'a.n':<{width}} {1:>12}", ""]
    assert f"{'b.heap_free_boot':<{width}} {300:>12}  >= 300" in text


def test_waiting_for_the_benchs_clock_is_no_part_of_a_boot() -> None:
    events = [
        PinEvent(100, "clock=?"),
        PinEvent(1100, "clock=5"),
        PinEvent(1110, "clock=?"),
        PinEvent(1115, "clock=6"),
        PinEvent(1200, "led=idle"),
        PinEvent(1300, "ready=1"),
        PinEvent(1400, "led=pending"),
    ]
    assert until_ready(events) == 1300 - 1000 - 5
    with pytest.raises(ValueError, match="no ready=1"):
        until_ready(events[:5])


def test_an_hour_that_lost_something_is_none() -> None:
    tape = traffic_tape.Tape(60)
    seen = {
        "link_requests": 90,
        "link_responses": 90,
        "link_handler_faults": 0,
        "floor_received": 49,
        "floor_collisions": 0,
        "geo_reports_received": 12,
        "talk": 2,
        "denied": 1,
    }
    tape.check(seen)
    with pytest.raises(BenchError, match="link_responses': \\(90, 89\\)"):
        tape.check({**seen, "link_responses": 89})


def test_the_page_shows_the_store_beside_littlefs_once_it_was_measured() -> None:
    names = [
        f"store.{side}{use}.{measure}"
        for side in ("", "littlefs.")
        for use in ("update", "journal")
        for measure in ("program_ratio", "erases_per_1000")
    ]
    figures: Figures = {name: 1.5 + n for n, name in enumerate(names)}
    shown = store_page.sections(figures)
    assert all(f"{value:,}</text>" in shown for value in figures.values())
    assert store_page.sections({"b.boot_minstr": 1}) == ""
