"""The host's side of the store with the firmware's own store and keeper at the other end."""

import asyncio
import random

import pytest
from loopback import SERIAL

from handset.store.layout import PERSONAL, PROFESSIONAL, SERVICE
from handsetctl.device import Device
from handsetctl.errors import CommandRefused, WrongPin
from handsetctl.store.device_store import DeviceStore
from handsetctl.store.looks import Looks

PIN = "271828"
SECRET = b"nobody else's business"


def opened(real):
    return DeviceStore(Device(real))


@pytest.fixture
def looks(tmp_path):
    return Looks(tmp_path)


def test_what_was_written_while_locked_is_exported_after_unlocking(real):
    store = opened(real)
    store.change_pin("", PIN)
    assert store.status().locked
    real.store.put("form/1", b"first " * 300)
    for number in range(20):
        real.store.append("calls", b"call %d" % number)
    with pytest.raises(CommandRefused):
        list(store.records())
    store.unlock(PIN)
    records = list(store.records())
    assert [(r.name, r.data) for r in records if r.source == "values"] == [
        ("form/1", b"first " * 300)
    ]
    assert [r.data for r in records if r.source == "calls"] == [b"call %d" % n for n in range(20)]
    store.lock()
    with pytest.raises(CommandRefused, match="unlock"):
        list(store.records())


def test_nothing_of_a_store_that_was_wiped_is_served_from_the_next_one(real):
    """Begun unlocked, then locked by time-out, then wiped by wrong PINs."""
    store = opened(real)
    store.change_pin("", PIN)
    store.unlock(PIN)
    for number in range(3):
        real.store.put("form/%d" % number, SECRET * 60)
    assert next(store._whole_records()).data == SECRET * 60
    real.clock.pass_ms(real.keeper.settings["lock_after_ms"])
    real.keeper.tick()
    while real.keeper.pin_set:
        real.clock.pass_ms(real.keeper.wait_ms())
        with pytest.raises(WrongPin):
            store.unlock("000000")
    assert not store.status().locked
    with pytest.raises(CommandRefused, match="begin with page 0"):
        store._call("records", {"page": 1})


def test_an_export_is_not_cut_by_the_time_out(real):
    store = opened(real)
    store.change_pin("", PIN)
    store.unlock(PIN)
    for number in range(12):
        real.store.put("form/%d" % number, SECRET * 60)
    found = []
    for record in store.records():
        found.append(record.name)
        real.clock.pass_ms(real.keeper.settings["lock_after_ms"] - 1)
        real.keeper.tick()
    assert len(found) == 12
    real.clock.pass_ms(1)
    real.keeper.tick()
    assert real.keeper.locked, "nothing else keeps it open"


def test_what_is_trimmed_during_an_export_is_not_lost(real):
    journal = real.store.span("positions")
    assert journal == (0, 0)
    while not real.store.span("positions")[0]:
        real.store.append("positions", bytes(100))
    first, end = real.store.span("positions")
    pages = opened(real)._whole_records()
    numbers = [next(pages).number]
    while real.store.span("positions")[0] < first + 30:
        real.store.append("positions", bytes(100))
        while real.store.tidy():
            pass
    lost = []
    for record in pages:
        (numbers if record.data is not None else lost).append(record.number)
    assert lost == [] and real.store.stats()["damage"] == 0
    assert numbers[0] == first and numbers[-1] >= end - 1
    gone = set(range(first, end)) - set(numbers)
    assert gone and max(gone) < real.store.span("positions")[0]


def test_no_page_of_an_export_looks_through_the_whole_store(real, monkeypatch):
    """The handset does nothing else while it answers."""
    n_read = 0
    read = real.flash.read

    def counted(*arguments):
        nonlocal n_read
        n_read += 1
        return read(*arguments)

    store = opened(real)
    for number in range(200):  # a record each, and its name
        real.store.put("service/%d" % number, b"", SERVICE)
    for name in ("first", "second"):
        real.store.put(name, b"text")
    monkeypatch.setattr(real.flash, "read", counted)
    page, pages, longest = {"more": True}, 0, 0
    while page["more"] and page.get("source", "values") == "values":
        before = n_read
        page = store._call("records", {"page": pages})
        longest = max(longest, n_read - before)
        pages += 1
    assert 400 / 64 < pages < 400 / 64 + 4
    assert longest <= 2.5 * 64, "a record is looked at, and whether its sector is the one it was"


def test_pages_go_on_while_the_store_is_written_to(real):
    real_pages = opened(real)._whole_records()
    noise = random.Random(3)
    values = {"form/%d" % n: noise.randbytes(200) for n in range(60)}
    for name, value in values.items():
        real.store.put(name, value)
    found = {}
    for record in real_pages:
        found[record.name] = record.data
        real.store.put("other", noise.randbytes(100))
        real.store.tidy()
    assert {name: found.get(name) for name in values} == values


def test_personal_records_stay_even_when_they_are_open(real):
    store = opened(real)
    real.store.put("secret", SECRET, PERSONAL)
    real.store.put(SECRET.decode(), b"x", PERSONAL)
    real.store.put("kept", SECRET, SERVICE)
    real.store.put("form", b"mine", PROFESSIONAL)
    real.keeper._unlock_without_pin(True)
    assert real.keeper.personal_open
    assert [(r.name, r.data) for r in store.records()] == [("form", b"mine")]


def test_nothing_over_the_link_opens_the_personal_domain(real):
    store = opened(real)
    store.change_pin("", PIN)
    store.unlock(PIN)
    assert not real.keeper.locked and not real.keeper.personal_open
    store.change_pin(PIN, "0042")
    assert not real.keeper.personal_open


def test_wrong_pins_count_and_the_last_one_wipes(real):
    store = opened(real)
    store.change_pin("", PIN)
    real.store.put("form", b"text")
    for left in range(9, 0, -1):
        real.clock.pass_ms(store.status().wait_ms)
        with pytest.raises(WrongPin, match=f"wiped: {left}"):
            store.unlock("000000")
    with pytest.raises(CommandRefused, match="wait"):
        store.unlock(PIN)
    real.clock.pass_ms(store.status().wait_ms)
    with pytest.raises(WrongPin, match="everything is wiped"):
        store.unlock("000000")
    assert not store.status().pin_set
    assert list(store.records()) == []


def test_settings_outlive_a_restart_and_count_at_once(real):
    store = opened(real)
    assert "next day" in store.provision(tries_max=4, keep_days={"calls": 90})
    assert store.provision(lock_after_ms=0) == ""
    for _ in range(2):
        now = opened(real).settings()
        assert (now.tries_max, now.lock_after_ms) == (4, 0)
        assert (now.keep_days["calls"], now.keep_days["positions"]) == (90, 61)
        assert opened(real).status().tries_left == 4
        real.boot()


def test_only_who_has_the_pin_changes_how_many_tries_there_are(real):
    store = opened(real)
    store.change_pin("", PIN)
    with pytest.raises(CommandRefused, match="unlock"):
        store.provision(tries_max=1000)
    assert store.settings().tries_max == 10, "shown, all the same"
    store.unlock(PIN)
    store.provision(tries_max=5)
    store.lock()
    with pytest.raises(WrongPin, match="wiped: 4"):
        store.unlock("000000")


def test_fewer_tries_than_were_wrong_are_refused(real):
    """The next start would wipe."""
    store = opened(real)
    store.change_pin("", PIN)
    store.unlock(PIN)
    for _ in range(4):
        real.clock.pass_ms(store.status().wait_ms)
        with pytest.raises(WrongPin):
            store.unlock("000000")
    assert not store.status().locked
    with pytest.raises(CommandRefused, match="are 4"):
        store.provision(tries_max=4)
    store.provision(tries_max=5)
    real.boot()
    assert store.status().pin_set and store.status().tries_left == 1


def test_wipe_leaves_an_empty_store(real):
    store = opened(real)
    real.store.put("form", b"text")
    status = store.wipe(SERIAL)
    assert (status.state, status.pin_set) == ("ready", False)
    assert list(store.records()) == []


def test_all_copies_of_the_keys_are_gone_before_anything_is_erased(real, monkeypatch):
    store = opened(real)
    bodies = [real.store.keys_body()]
    for old, new in (("", PIN), (PIN, "0042")):
        store.change_pin(old, new)
        bodies.append(real.store.keys_body())
    wrapped = [body[85:329] for body in bodies]  # README.md, "Keys"
    assert wrapped[-1] in real.flash.image()
    images = []
    erase = real.flash.erase
    monkeypatch.setattr(
        real.flash, "erase", lambda at: (images.append(real.flash.image()), erase(at))
    )
    real.store.wipe()
    assert images and not [keys for keys in wrapped if keys in images[0]]


def test_an_older_image_of_the_flash_is_found_out(real, looks):
    for number in range(5):
        real.store.append("calls", b"call %d" % number)
        assert looks.look(opened(real), SERIAL).reasons == ()
    image = real.flash.image()
    real.boot()
    assert looks.look(opened(real), SERIAL).reasons == ()
    real.flash.load(image)
    real.boot()
    for number in range(30):  # it outgrows what was seen
        real.store.append("calls", b"another %d" % number)
    (reason,) = looks.look(opened(real), SERIAL).reasons
    assert "number that was left" in reason


def test_a_store_that_was_wiped_by_itself_is_found_out(real, looks):
    looks.look(opened(real), SERIAL)
    asyncio.run(real.keeper.wipe())
    assert looks.look(opened(real), SERIAL).reasons


def test_an_altered_record_is_listed(real, looks):
    for number in range(5):
        real.store.append("calls", b"call %d" % number)
    looks.look(opened(real), SERIAL)
    image = bytearray(real.flash.image())
    sector, _, _, end_bytes, _ = next(s for s in real.store.sectors() if s[1] == "head")
    image[sector * 4096 + end_bytes - 20] ^= 0x10  # in the tag of the last record
    real.flash.load(bytes(image))
    real.boot()
    look = looks.look(opened(real), SERIAL).look
    assert look.damaged == len(look.damage) == 1
    assert (look.damage[0].kind, look.damage[0].sector) == ("altered", sector)


def test_sectors_and_status_agree(real):
    store = opened(real)
    for number in range(100):
        real.store.put("form", bytes([number]) * 300)
        real.store.tidy()
    sectors, status = store.sectors(), store.status()
    assert len(sectors) == 16
    assert max(s.erases for s in sectors) == status.erases_max
    assert sum(s.live_bytes for s in sectors) <= status.capacity_bytes
    assert [s.state for s in sectors].count("head") in (1, 2)
