"""The store's commands as typed calls."""

import dataclasses

import pytest
from loopback import PIN, SERIAL

from handset.link.store_spec import COMMANDS
from handsetctl import spec
from handsetctl.errors import CommandRefused, ProtocolError, WrongPin
from handsetctl.store import facts
from handsetctl.store.device_store import DeviceStore


@pytest.fixture
def store(device):
    return DeviceStore(device)


@pytest.mark.parametrize(
    ("command", "part", "typed"),
    [
        ("status", None, facts.Status),
        ("verify", None, facts.Look),
        ("verify", "damage", facts.Damage),
        ("settings", None, facts.Settings),
    ],
)
def test_typed_objects_have_the_fields_of_the_table(command, part, typed):
    fields = spec.store_commands()[command].answers
    if part:
        fields = next(field for field in fields if field.name == part).of
    assert {f.name for f in dataclasses.fields(typed)} == {field.name for field in fields}


def test_every_command_of_the_table_is_known_here():
    assert list(spec.store_commands()) == [row[1] for row in COMMANDS]
    assert spec.store_group() == 73


def test_unlock_waits_for_the_result_and_lock_closes(handset, store):
    assert store.status().locked
    assert not store.unlock(PIN).locked
    store.lock()
    assert store.status().locked


def test_a_wrong_pin_says_how_many_tries_are_left_and_not_which_pin_it_was(store):
    with pytest.raises(WrongPin, match="wiped: 9") as wrong:
        store.unlock("98765")
    assert wrong.value.exit_code == 6
    assert "98765" not in str(wrong.value)


def test_a_refused_pin_is_in_no_message(handset, store):
    handset.keeper.state = "no keys"
    with pytest.raises(CommandRefused, match="no keys") as refused:
        store.unlock("98765")
    with pytest.raises(CommandRefused) as refused_change:
        store.change_pin("98765", "56789")
    for error in (refused, refused_change):
        assert "98765" not in str(error.value) and "56789" not in str(error.value)


def test_the_last_try_wipes_and_that_is_said(handset, store):
    handset.keeper.tries = 9
    with pytest.raises(WrongPin, match="everything is wiped"):
        store.unlock("0000")


def test_what_the_keeper_says_is_passed_on(handset, store):
    handset.keeper.failure = ValueError("too many wrong PINs: wait 4 s")
    with pytest.raises(CommandRefused, match="wait 4 s"):
        store.unlock(PIN)


def test_changing_the_pin(handset, store):
    store.change_pin(PIN, "5678")
    assert handset.keeper.pin == "5678"
    with pytest.raises(WrongPin):
        store.change_pin(PIN, "9999")
    assert handset.keeper.pin == "5678"


def test_wipe_needs_the_right_serial_number(handset, store):
    with pytest.raises(CommandRefused, match="serial number"):
        store.wipe("SIM-0002")
    assert handset.keeper.wiped == 0
    assert store.wipe(SERIAL).task_state == "done"
    assert handset.keeper.wiped == 1


def test_records_come_whole_whatever_their_length(handset, store):
    values = {"form/%d" % n: bytes([n]) * (997 * n % 5000) for n in range(12)}
    for name, value in values.items():
        handset.store.put(name, value)
    entries = [b"%d" % n for n in range(500)]
    for entry in entries:
        handset.store.append("positions", entry)
    handset.unlocked()
    records = list(store.records())
    assert {r.name: r.data for r in records if r.source == "values"} == values
    assert [r.data for r in records if r.source == "positions"] == entries
    assert [r.number for r in records if r.source == "positions"] == list(range(500))


def test_a_value_met_twice_is_one_record(handset, store):
    handset.store.put("a", b"1")
    names = handset.store.names
    handset.store.names = lambda domain: list(names(domain)) * 2
    handset.unlocked()
    assert [r.name for r in store.records()] == ["a"]


def test_damaged_records_have_no_data(handset, store):
    for name in ("a", "b"):
        handset.store.put(name, b"x")
    handset.store.damaged = {"a"}
    handset.unlocked()
    assert [(r.name, r.data) for r in store.records()] == [("a", None), ("b", b"x")]
    handset.store.nameless = {"a", "b"}
    assert [(r.name, r.data) for r in store.records()] == [("", None), ("", None)]


def test_locked_records_are_refused_with_the_next_step(store):
    with pytest.raises(CommandRefused, match="handsetctl store unlock"):
        list(store.records())


def test_all_sectors_are_read(handset, store):
    handset.store.n_sectors = 256
    sectors = store.sectors()
    assert [s.number for s in sectors] == list(range(256))
    assert (sectors[255].erases, sectors[255].n_bytes) == (258, 4096)


def endless(monkeypatch, *first, **again):
    """A handset that answers these pages to `records`, and then the last for ever."""
    nothing = {"names": [], "numbers": [], "data": [], "lost": [], "cut": False, "more": True}
    pages = [{**nothing, **page} for page in (*first, again)]
    asked = []

    def page(self, name, body, timeout_s=None):
        asked.append(body["page"])
        assert len(asked) < 1030, "it goes on for ever"
        return pages[min(len(asked), len(pages)) - 1]

    monkeypatch.setattr(DeviceStore, "_call", page)


VALUE = {"source": "values", "names": ["form/1"], "cut": True}
CALL = {"source": "calls", "numbers": [7], "cut": True}


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ([{**VALUE, "data": [b""]}], "values 'form/1'"),
        ([{**VALUE, "data": [b"x"]}, {**VALUE, "data": [b""]}], "values 'form/1'"),
        ([{**CALL, "data": [b"x"]}, {**CALL, "data": [b""]}], "calls 7"),
        ([{**CALL, "data": [b""], "lost": [0]}], "calls 7"),
        ([{**VALUE, "cut": False, "data": [b"x"]}, {"source": "calls"}], "nothing of calls"),
        ([{**VALUE, "cut": False, "data": [b"x"]}, {"source": "values"}], "nothing of values"),
        ([{**VALUE, "data": [b"x"]}, {"source": "values"}], "the record that was cut"),
    ],
)
def test_pages_that_bring_nothing_end_in_an_error(store, monkeypatch, pages, said):
    endless(monkeypatch, *pages[:-1], **pages[-1])
    with pytest.raises(ProtocolError, match=said) as error:
        list(store.records())
    assert error.value.exit_code == 5


def test_a_handset_may_look_for_values_for_many_pages(store, monkeypatch):
    nothing = {"source": "values"}
    endless(monkeypatch, *[nothing] * 500, {**VALUE, "data": [b"x"], "cut": False}, **nothing)
    records = store.records()
    assert next(records).data == b"x"


def test_an_empty_value_is_a_record_as_any(handset, store):
    handset.store.put("a", b"")
    handset.store.put("b", b"")
    handset.unlocked()
    assert [(r.name, r.data) for r in store.records()] == [("a", b""), ("b", b"")]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("records", {"numbers": [1]}),
        ("records", {"lost": [7]}),
        ("records", {"cut": True}),
        ("records", {"data": ["text"]}),
        ("sectors", {"erases": []}),
    ],
)
def test_answers_that_make_no_sense_are_said_to_be_so(handset, store, monkeypatch, name, change):
    handset.unlocked()
    handset.store.append("calls", b"x")
    right = DeviceStore._call

    def wrong(self, asked, body, timeout_s=None):
        answer = right(self, asked, body, timeout_s)
        if asked != name:
            return answer
        answer = {**answer, **change}
        if mismatch := spec.store_answer_mismatch(name, answer):
            raise self._nonsense(name, mismatch)
        return answer

    monkeypatch.setattr(DeviceStore, "_call", wrong)
    if name == "records" and "numbers" in change:
        handset.store.append("calls", b"y")
    with pytest.raises(ProtocolError, match=name):
        list(getattr(store, name)())
