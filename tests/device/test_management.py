"""What the management link says about a handset, and what it must not be able to do."""

from __future__ import annotations

import datetime as dt
import sys

import pytest
from live_heap import live_memory

from handsetctl import spec
from handsetctl.device import Device
from handsetctl.errors import CommandRefused
from handsetctl.tree import BOARDS_DIR

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def test_identity_agrees_with_the_board_facts(board_name: str, device_a: Device) -> None:
    facts = tomllib.loads((BOARDS_DIR / board_name / "board.toml").read_text())
    identity = device_a.identity()
    assert identity.board == facts["name"]
    assert identity.chip == facts["chip"]
    assert identity.heap_bytes == facts["heap"]["budget_bytes"] * facts["heap"]["word_factor"]
    assert list(identity.codecs) == facts["codecs"]
    assert list(identity.capabilities) == facts["capabilities"]
    assert identity.serial_number == "SIM-0001"
    assert identity.micropython == "1.26.1"


def test_two_handsets_are_told_apart(device_a: Device, device_b: Device) -> None:
    assert device_a.identity().serial_number != device_b.identity().serial_number


def test_heap_is_the_budget_of_the_chip_and_a_third_is_free(device_a: Device) -> None:
    memory = live_memory(device_a)
    budget = device_a.identity().heap_bytes
    assert memory.heap_free_bytes + memory.heap_used_bytes <= budget
    assert memory.heap_free_bytes >= 0.3 * budget


def test_no_command_writes_anything_but_the_codec() -> None:
    writable = [command.name for command in spec.commands() if command.write is not None]
    assert writable == ["codec"]


def test_codec_is_refused_by_name_while_the_old_one_stays(device_a: Device) -> None:
    before = device_a.codec()
    with pytest.raises(CommandRefused, match="g711"):
        device_a.set_codec("g711", 64000)
    assert device_a.codec() == before


def test_date_is_kept_once_it_is_set(device_a: Device) -> None:
    given = dt.datetime(2031, 5, 6, 7, 8, 9, tzinfo=dt.timezone.utc)
    device_a.set_datetime(given)
    assert 0 <= (device_a.datetime() - given).total_seconds() < 5
