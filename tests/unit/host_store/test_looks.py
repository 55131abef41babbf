"""Roll-back, as it is seen by who looked before."""

import copy
import errno
import os
import stat

import pytest
from loopback import SERIAL
from store_doubles import Report

from handsetctl.bench.faults import PathUnusable
from handsetctl.errors import DeviceTimeout
from handsetctl.store.device_store import DeviceStore
from handsetctl.store.looks import Looks, default_folder


@pytest.fixture
def store(device):
    return DeviceStore(device)


@pytest.fixture
def looks(tmp_path):
    return Looks(tmp_path / "state" / "store")


def image_of(handset):
    return copy.deepcopy((handset.store.values, handset.store.version))


def flash(handset, image):
    handset.store.values, handset.store.version = copy.deepcopy(image)


def test_a_store_that_only_goes_on_is_as_it_was_left(handset, store, looks):
    first = looks.look(store, SERIAL)
    assert (first.before, first.reasons) == (None, ())
    for n in range(20):
        handset.store.put("form", bytes([n]))
        verdict = looks.look(store, SERIAL)
        assert verdict.before is not None and verdict.reasons == ()


def test_an_older_image_is_found_out(handset, store, looks):
    looks.look(store, SERIAL)
    image = image_of(handset)
    looks.look(store, SERIAL)
    flash(handset, image)
    reasons = looks.look(store, SERIAL).reasons
    assert any("number that was left" in reason for reason in reasons)


def test_an_older_image_is_found_out_even_after_it_has_outgrown_what_was_seen(
    handset, store, looks
):
    looks.look(store, SERIAL)
    image = image_of(handset)
    looks.look(store, SERIAL)
    flash(handset, image)
    for n in range(50):
        handset.store.put("form", bytes([n]))
    (reason,) = looks.look(store, SERIAL).reasons
    assert "number that was left" in reason


def test_a_head_that_went_back_is_named(handset, store, looks):
    for n in range(5):
        handset.store.put("form", bytes([n]))
    looks.look(store, SERIAL)
    handset.store.version = 11
    (reason,) = looks.look(store, SERIAL).reasons
    assert "went back from version 16 to 11" in reason


def test_a_store_that_is_gone_is_no_first_look(handset, store, looks):
    looks.look(store, SERIAL)
    handset.keeper.state = "foreign"
    handset.store.values.clear()
    assert len(looks.look(store, SERIAL).reasons) == 2


def test_roll_back_is_said_until_it_is_accepted(handset, store, looks):
    image = image_of(handset)
    looks.look(store, SERIAL)
    flash(handset, image)
    for _ in range(4):
        assert looks.look(store, SERIAL).reasons
    assert looks.look(store, SERIAL, accept=True).reasons
    assert looks.look(store, SERIAL).reasons == ()


def test_lost_answers_are_no_roll_back(handset, store, looks):
    looks.look(store, SERIAL)
    handset.is_dumb = True
    for _ in range(5):
        with pytest.raises(DeviceTimeout):
            looks.look(store, SERIAL)
    handset.is_dumb = False
    assert looks.look(store, SERIAL).reasons == ()


def test_lost_answers_do_not_hide_a_roll_back(handset, store, looks):
    image = image_of(handset)
    looks.look(store, SERIAL)
    flash(handset, image)
    handset.is_dumb = True
    for _ in range(3):
        with pytest.raises(DeviceTimeout):
            looks.look(store, SERIAL)
    handset.is_dumb = False
    assert looks.look(store, SERIAL).reasons


def test_a_full_store_is_judged_by_the_last_number_it_took(handset, store, looks):
    looks.look(store, SERIAL)
    handset.store.is_full = True
    for _ in range(3):
        verdict = looks.look(store, SERIAL)
        assert (verdict.reasons, verdict.look.stored) == ((), False)
    handset.store.is_full = False
    assert looks.look(store, SERIAL).reasons == ()


def test_two_computers_do_not_disturb_each_other(store, tmp_path):
    both = [Looks(tmp_path / name) for name in ("one", "other")]
    for _ in range(3):
        for looks in both:
            assert looks.look(store, SERIAL).reasons == ()


def test_handsets_are_remembered_apart_and_forgotten_one_by_one(store, looks):
    looks.look(store, SERIAL)
    looks.look(store, "../" + SERIAL)
    assert looks.recall(SERIAL) is not None
    looks.forget(SERIAL)
    looks.forget(SERIAL)
    assert looks.recall(SERIAL) is None
    assert looks.recall("../" + SERIAL) is not None


def test_the_memory_is_for_its_user_only_and_nowhere_else(store, looks, tmp_path):
    looks.look(store, "../../" + SERIAL)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent for path in files} == {tmp_path / "state" / "store"}
    assert len(files) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"version": 1, "nonce": "x", "seen_utc": ""}',
        '{"version": 1, "nonce": "", "seen_utc": ""}',
        '{"version": 1, "nonce": "0102", "seen_utc": ""}',
    ],
)
def test_a_garbled_memory_is_not_taken_for_a_first_look(store, looks, tmp_path, text):
    looks.look(store, SERIAL)
    (tmp_path / "state" / "store" / f"{SERIAL}.json").write_text(text)
    with pytest.raises(PathUnusable, match="SIM-0001.json.*the next look is the first"):
        looks.look(store, SERIAL)


@pytest.mark.parametrize("text", ["", "00", "x" * 16])
def test_a_garbled_name_of_this_computer_is_said(store, looks, tmp_path, text):
    looks.look(store, SERIAL)
    (tmp_path / "state" / "store" / "this-computer").write_text(text)
    with pytest.raises(PathUnusable, match="this-computer.*not|not.*this-computer"):
        looks.look(store, SERIAL)


def test_a_memory_that_can_not_be_written_is_as_it_was(store, looks, tmp_path, monkeypatch):
    def refuse(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    looks.look(store, SERIAL)
    folder = tmp_path / "state" / "store"
    before = {file.name: file.read_text() for file in folder.iterdir()}
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(PathUnusable, match="no space left"):
            looks.look(store, SERIAL)
    assert {file.name: file.read_text() for file in folder.iterdir()} == before
    assert looks.look(store, SERIAL).reasons == ()


def test_damage_and_tail_come_along(handset, store, looks):
    handset.store.report = Report(damage=[("altered", 3, 48)], tail="in doubt")
    look = looks.look(store, SERIAL).look
    assert (look.damaged, look.damage[0].kind, look.tail) == (1, "altered", "in doubt")


def test_where_the_memory_is(monkeypatch, tmp_path):
    monkeypatch.setenv("HANDSETCTL_STATE", str(tmp_path / "own"))
    assert default_folder() == tmp_path / "own" / "store"
    monkeypatch.delenv("HANDSETCTL_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "handsetctl" / "store"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder() == tmp_path / ".local" / "state" / "handsetctl" / "store"
