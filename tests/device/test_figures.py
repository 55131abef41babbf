"""Promises of every build that cost little to check; `make bench` has all figures."""

from __future__ import annotations

from boot_figures import boot_kinstr
from counted_handset import counted_handset
from figure_limits import BOOT_MINSTR, HEADROOM
from heap_figures import free_after_collection
from instruction_figures import measure

from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.device import Device


def test_heap_has_headroom_with_the_application_up(bench: VirtualBench, device_a: Device) -> None:
    assert free_after_collection(device_a) >= HEADROOM * bench.board.heap_bytes


def test_bare_metal_boots_within_its_instructions() -> None:
    with counted_handset() as handset:
        kinstr = boot_kinstr(handset)
    assert 0 < kinstr <= 1000 * BOOT_MINSTR


def test_single_deeds_can_be_counted_on_bare_metal() -> None:
    """With the whole application up, its store included."""
    figures = measure()
    deeds = ("smp_roundtrip", "floor_message", "position_heard", "gnss_epoch", "gc_pause")
    assert all(figures[f"qemu_rv32.{deed}_kinstr"] > 0 for deed in deeds)
