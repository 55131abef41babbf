"""What a handset writes down is on its flash, readable with its secret, and survives a power cut.

The flash image is read by the format's independent reader: nothing of the firmware looks at it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import cbor2
import pytest
import store_reader

from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.demo import geolocation
from handsetctl.device import Device
from handsetctl.store.device_store import DeviceStore
from handsetctl.tree import BOARDS_DIR
from tools import toml_subset

READY_TIMEOUT_S = 20.0
WRITTEN_TIMEOUT_S = 20.0
HOLD_S = 2.5
LOCK_AFTER_S = 6.0
PIN = "271828"
TALK_S = 0.5
SERVICE = 1
POSITIONS, CALLS, CONSENT = 1, 2, 3


@pytest.fixture
def bench(board_name: str, tmp_path: Path) -> Iterator[VirtualBench]:
    """Two handsets of their own: what is in their stores is known."""
    with VirtualBench(tmp_path, names=("A", "B"), board=board_name) as running:
        running.wait_ready(READY_TIMEOUT_S)
        yield running


def wait_written(device: Device, entries: int) -> None:
    """Until so many entries are in the store."""
    deadline = time.monotonic() + WRITTEN_TIMEOUT_S
    while (counters := device.statistics("store"))["entries_written"] < entries:
        assert time.monotonic() < deadline, counters
    assert (counters["entries_waiting"], counters["entries_lost"]) == (0, 0)


def reading(board: str, folder: Path) -> store_reader.Reading:
    """A handset's store, as its flash image and its device secret show it."""
    flash = toml_subset.load(BOARDS_DIR / board / "board.toml")["flash"]
    (part,) = [part for part in flash["partition"] if part["name"] == "store"]
    image = (folder / "flash.bin").read_bytes()
    store = image[part["offset_bytes"] : part["offset_bytes"] + part["size_bytes"]]
    secret = (folder / "device_secret.bin").read_bytes()
    return store_reader.read(store, secret, None, flash["sector_bytes"])


def talk(bench: VirtualBench, name: str) -> None:
    """One burst, from permission to silence."""
    pressed_s = bench[name].press("ptt")
    bench[name].wait_output("led", "talk", READY_TIMEOUT_S, since=pressed_s)
    heard_s = bench["B"].wait_output("led", "receive", READY_TIMEOUT_S, since=pressed_s)
    bench.wait_until(heard_s + TALK_S)
    released_s = bench[name].release("ptt")
    for other in ("A", "B"):
        bench[other].wait_output("led", "idle", READY_TIMEOUT_S, since=released_s)


def ignore_progress(what: str, fraction: float) -> None:
    """Nobody watches a test's progress bar."""


def test_calls_consent_positions_and_settings_are_on_the_flash_of_a_handset_without_power(
    board_name: str, bench: VirtualBench
) -> None:
    with Device.open(bench["A"].port) as device_a, Device.open(bench["B"].port) as device_b:
        device_a.set_codec("opus", 24000)
        talk(bench, "A")
        geolocation.show(bench, bench["A"], device_b, ignore_progress, walk_s=4.0)
        # A call, geolocation on and off, and the first position of the walk.
        wait_written(device_a, 4)
        wait_written(device_b, 1)
        user_id = device_a.identity().user_id
    for name in ("A", "B"):
        bench[name].power_off()

    kept = reading(board_name, bench["A"].state_dir)
    assert kept.damage == []
    assert cbor2.loads(kept.values[SERVICE, "setting.voice"]) == ["opus", 24000, False]
    consent = [cbor2.loads(entry)[1:] for entry in kept.entries[CONSENT].values()]
    assert consent == [["geolocation", True], ["geolocation", False]]
    assert [len(entry) for entry in kept.entries[POSITIONS].values()] == [16]
    for name in ("A", "B"):
        (call,) = reading(board_name, bench[name].state_dir).entries[CALLS].values()
        _, duration_ms, talker = cbor2.loads(call)
        assert talker == user_id
        assert TALK_S * 500 < duration_ms < 60_000

    bench["A"].power_on()
    bench["A"].wait_output("ready", "1", READY_TIMEOUT_S)
    with Device.open(bench["A"].port) as device_a:
        assert device_a.codec().name == "opus"
        assert device_a.codec().bitrate_bps == 24000


def test_holding_the_geo_key_locks_and_leaves_geolocation_off(bench: VirtualBench) -> None:
    with Device.open(bench["A"].port) as device:
        store = DeviceStore(device)
        store.change_pin("", PIN)
        assert not store.unlock(PIN).locked
        pressed_s = bench["A"].press("geo")
        bench["A"].wait_output("geo_led", "on", READY_TIMEOUT_S, since=pressed_s)
        bench.wait_until(pressed_s + HOLD_S)
        released_s = bench["A"].release("geo")
        bench["A"].wait_output("geo_led", "off", READY_TIMEOUT_S, since=released_s)
        assert store.status().locked
        assert not device.geo().enabled


def test_it_locks_when_no_key_was_pressed_for_so_long(bench: VirtualBench) -> None:
    with Device.open(bench["A"].port) as device:
        store = DeviceStore(device)
        store.change_pin("", PIN)
        store.unlock(PIN)
        store.provision(lock_after_ms=round(LOCK_AFTER_S * 1000))
        began_s = at_s = bench.now_s()
        while at_s < began_s + 1.5 * LOCK_AFTER_S:
            bench["A"].press("ptt")
            bench["A"].release("ptt")
            at_s += LOCK_AFTER_S / 6
            bench.wait_until(at_s)
        assert not store.status().locked, "keys were pressed all the time"
        deadline = time.monotonic() + WRITTEN_TIMEOUT_S
        while not store.status().locked:
            assert time.monotonic() < deadline, "still open"
