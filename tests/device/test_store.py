"""The store over the serial port: export, PIN, wipe, damage, roll-back, on every virtual board."""

from __future__ import annotations

import dataclasses
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.device import Device
from handsetctl.errors import CommandRefused, WrongPin
from handsetctl.store.device_store import DeviceStore
from handsetctl.store.facts import Record
from handsetctl.store.looks import Looks
from handsetctl.tree import BOARDS_DIR

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

READY_TIMEOUT_S = 20.0
PIN = "271828"
OTHER_PIN = "0042"


@pytest.fixture
def lone(board_name: str, tmp_path: Path) -> Iterator[VirtualBench]:
    """One handset with an erased flash."""
    with VirtualBench(tmp_path, names=("A",), board=board_name) as running:
        running.wait_ready(READY_TIMEOUT_S)
        yield running


@pytest.fixture
def device(lone: VirtualBench) -> Iterator[Device]:
    with Device.open(lone["A"].port) as opened:
        yield opened


@pytest.fixture
def store(device: Device) -> DeviceStore:
    return DeviceStore(device)


@pytest.fixture
def looks(tmp_path: Path) -> Looks:
    return Looks(tmp_path / "looks")


def push_geo_key(bench: VirtualBench) -> None:
    """The agent's consent and its end: two entries of a journal."""
    for state in ("on", "off"):
        pressed_s = bench["A"].press("geo")
        bench["A"].release("geo")
        bench["A"].wait_output("geo_led", state, READY_TIMEOUT_S, since=pressed_s)


def consents(store: DeviceStore) -> list[Record]:
    return [record for record in store.records() if record.source == "consent"]


def flash_of(tmp_path: Path) -> Path:
    return tmp_path / "A" / "flash.bin"


def restart(bench: VirtualBench) -> None:
    bench["A"].power_on()
    bench.wait_ready(READY_TIMEOUT_S)


def test_what_is_written_while_locked_is_read_after_unlocking(
    lone: VirtualBench, store: DeviceStore
) -> None:
    assert not store.status().pin_set
    assert store.change_pin("", PIN).locked
    push_geo_key(lone)
    with pytest.raises(CommandRefused, match="unlock"):
        consents(store)
    assert not store.unlock(PIN).locked
    assert [(r.number, r.data is None) for r in consents(store)] == [(0, False), (1, False)]
    store.lock()
    with pytest.raises(CommandRefused, match="unlock"):
        consents(store)


def test_records_pin_and_lock_outlive_a_power_cut(lone: VirtualBench, store: DeviceStore) -> None:
    push_geo_key(lone)
    before = consents(store)
    store.change_pin("", PIN)
    store.unlock(PIN)
    lone["A"].power_off()
    restart(lone)
    assert (store.status().pin_set, store.status().locked) == (True, True)
    with pytest.raises(WrongPin, match="wiped: 9"):
        store.unlock(OTHER_PIN)
    store.unlock(PIN)
    assert consents(store) == before and len(before) == 2


def test_another_pin_opens_the_same_records(lone: VirtualBench, store: DeviceStore) -> None:
    push_geo_key(lone)
    before = consents(store)
    store.change_pin("", PIN)
    store.change_pin(PIN, OTHER_PIN)
    with pytest.raises(WrongPin):
        store.unlock(PIN)
    store.unlock(OTHER_PIN)
    assert consents(store) == before


def test_the_link_answers_while_a_pin_is_checked(store: DeviceStore, device: Device) -> None:
    store.change_pin("", PIN)
    store._call("unlock", {"pin": PIN.encode()})
    n_answers = 0
    while store.status().task_state == "running":
        assert device.echo("still here") == "still here"
        n_answers += 1
    assert n_answers > 0
    assert not store.status().locked


def test_settings_count_at_once_and_outlive_a_power_cut(
    lone: VirtualBench, store: DeviceStore
) -> None:
    before = store.settings()
    assert "next day" in store.provision(tries_max=4, keep_days={"calls": 90})
    wanted = dataclasses.replace(before, tries_max=4, keep_days={**before.keep_days, "calls": 90})
    assert store.settings() == wanted
    assert store.status().tries_left == 4
    lone["A"].power_off()
    restart(lone)
    assert store.settings() == wanted
    store.change_pin("", PIN)
    with pytest.raises(CommandRefused, match="unlock"):
        store.provision(tries_max=1000)
    with pytest.raises(WrongPin, match="wiped: 3"):
        store.unlock(OTHER_PIN)
    store.unlock(PIN)
    for settings, why in (
        ({"tries_max": 2}, "3 to 1000"),
        ({"keep_days": {"calls": 2}}, "3 to 600"),
        ({"keep_days": {"diary": 30}}, "positions"),
    ):
        with pytest.raises(CommandRefused, match=why):
            store.provision(**settings)
    assert store.settings() == wanted
    store.provision(tries_max=before.tries_max)
    assert store.status().tries_left == before.tries_max


def test_wipe_leaves_nothing(
    lone: VirtualBench, store: DeviceStore, device: Device, tmp_path: Path
) -> None:
    push_geo_key(lone)
    store.change_pin("", PIN)
    with pytest.raises(CommandRefused, match="serial number"):
        store.wipe("SIM-0000")
    status = store.wipe(device.identity().serial_number)
    assert (status.state, status.pin_set) == ("ready", False)
    assert consents(store) == []
    lone["A"].power_off()
    restart(lone)
    assert consents(store) == []


def test_an_older_image_is_found_out_and_a_power_cut_is_none(
    lone: VirtualBench, store: DeviceStore, device: Device, looks: Looks, tmp_path: Path
) -> None:
    serial_number = device.identity().serial_number
    assert looks.look(store, serial_number).before is None
    image = tmp_path / "image"
    lone["A"].power_off()
    shutil.copyfile(flash_of(tmp_path), image)
    restart(lone)
    verdict = looks.look(store, serial_number)
    assert verdict.before is not None and verdict.reasons == ()
    lone["A"].power_off()
    shutil.copyfile(image, flash_of(tmp_path))
    restart(lone)
    push_geo_key(lone)
    assert "number that was left" in looks.look(store, serial_number).reasons[0]


@pytest.mark.parametrize("where", ["tag", "text"])
def test_a_flipped_bit_is_found_and_costs_its_record_only(
    board_name: str,
    lone: VirtualBench,
    store: DeviceStore,
    looks: Looks,
    tmp_path: Path,
    where: str,
) -> None:
    push_geo_key(lone)
    push_geo_key(lone)
    before = consents(store)
    # The last record: text, tag (16), MAC (8), mark (4).
    back = {"tag": 20, "text": 40}[where]
    head = max(store.sectors(), key=lambda sector: sector.state == "head" and sector.end_bytes)
    start_bytes, _ = partition(board_name)
    lone["A"].power_off()
    flip(flash_of(tmp_path), start_bytes + head.number * head.n_bytes + head.end_bytes - back)
    restart(lone)
    look = looks.look(store, "A").look
    after = consents(store)
    if where == "tag":  # opening sees it
        assert look.damaged == 1
        assert after == before[:-1]
    else:  # reading sees it
        assert after == [*before[:-1], dataclasses.replace(before[-1], data=None)]


def flip(file: Path, at: int) -> None:
    """One bit of an image."""
    image = bytearray(file.read_bytes())
    image[at] ^= 1
    file.write_bytes(image)


def partition(board_name: str) -> tuple[int, int]:
    """Where the store is in the flash, and its size."""
    facts = tomllib.loads((BOARDS_DIR / board_name / "board.toml").read_text())
    (found,) = (part for part in facts["flash"]["partition"] if part["name"] == "store")
    return found["offset_bytes"], found["size_bytes"]


def test_sectors_are_those_of_the_partition(board_name: str, store: DeviceStore) -> None:
    sectors, status = store.sectors(), store.status()
    assert sum(sector.n_bytes for sector in sectors) == partition(board_name)[1]
    assert max(sector.erases for sector in sectors) == status.erases_max
    assert not status.protected
