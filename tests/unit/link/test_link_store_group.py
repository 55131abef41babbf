"""Group 73: the store over the link, on a store and a keeper that are dicts and flags."""

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_doubles import JOURNALS, SECTOR_BYTES, DictStore, FlagKeeper, Report

from handset.link import cbor, server, spec, store_spec
from handset.link.server import Server
from handset.link.store_group import StoreGroup
from handset.store.layout import PERSONAL, PROFESSIONAL, SERVICE

SERIAL = "SIM-0001"
HOST = b"computer"
SECRET = b"nobody else's business"
MESSAGE_BYTES = 512


def nonce(number):
    return bytes([number]) * store_spec.NONCE_BYTES


class Bench:
    """The group behind a real server; tasks run when the test says so."""

    def __init__(self, message_bytes_max=MESSAGE_BYTES):
        self.store = DictStore()
        self.keeper = FlagKeeper(self.store)
        self.tasks = []  # begun and not yet run
        self.server = Server(message_bytes_max)
        self.group = StoreGroup(
            self.store, self.keeper, JOURNALS, SECTOR_BYTES, SERIAL, self.tasks.append
        )
        self.group.register(self.server)
        self.raw = b""

    def call(self, name, **body):
        number, op = next((row[0], row[2]) for row in store_spec.COMMANDS if row[1] == name)
        return self.send(op, number, cbor.dumps(body))

    def send(self, op, number, data):
        message = bytes((8 | op, 0, len(data) >> 8, len(data) & 255, 0, 73, 1, number)) + data
        n_bytes = self.server.handle(message, len(message))
        self.raw = bytes(self.server.response[:n_bytes])
        return cbor.decode(self.raw, 8, n_bytes)

    def run_tasks(self):
        while self.tasks:
            asyncio.run(self.tasks.pop(0))

    def unlocked(self):
        self.call("unlock", pin=b"1234")
        self.run_tasks()
        return self

    def pages(self):
        for number in itertools.count():
            page = self.call("records", page=number)
            assert len(self.raw) <= self.server.message_bytes_max
            yield page
            if not page["more"]:
                return

    def exported(self):
        """(source, name or number, data) of all pages, cut records put together."""
        found = []
        goes_on = False
        for page in self.pages():
            keys = page["names"] if page["source"] == "values" else page["numbers"]
            assert len(keys) == len(page["data"])
            for key, data in zip(keys, page["data"], strict=True):
                if goes_on:
                    data = found.pop()[2] + data
                found.append((page["source"], key, data))
                goes_on = False
            goes_on = page["cut"]
        return found


def test_the_table_is_in_order_and_documented():
    rows = [row[:3] for row in store_spec.COMMANDS]
    assert sorted({row[0] for row in rows}) == list(range(rows[-1][0] + 1))
    assert rows == sorted(rows, key=lambda row: (row[0], row[2]))
    assert (
        len({(number, op) for number, _, op in rows}) == len({row[1] for row in rows}) == len(rows)
    )
    for _, name, op, doc, takes, answers in store_spec.COMMANDS:
        assert doc.endswith(".") and op in (server.READ, server.WRITE)
        for row in takes + answers:
            check_row(name, row)


def check_row(command, row):
    field = spec.field(row)
    assert field.doc, (command, field.name)
    assert field.kind in ("str", "bytes", "int", "bool", "list")
    assert (field.kind == "int") == bool(field.unit)
    for inner in row[4] if field.of and isinstance(row[4], tuple) else ():
        check_row(command, inner)


EXAMPLES = {
    "status": {},
    "verify": {"host": HOST, "last": b"", "nonce": nonce(1)},
    "records": {"page": 0},
    "unlock": {"pin": b"1234"},
    "lock": {},
    "pin": {"old": b"1234", "new": b"5678"},
    "wipe": {"confirm": SERIAL},
    "sectors": {"first": 0},
    "settings": {},
    "provision": {
        "tries_max": 5,
        "lock_after_ms": -1,
        "check_ms": -1,
        "keep_days": [{"journal": "calls", "days": 90}],
    },
}


@pytest.mark.parametrize("row", store_spec.COMMANDS, ids=lambda row: row[1])
def test_answers_follow_the_table(row):
    bench = Bench().unlocked()
    bench.store.report = Report(damage=[("altered", 1, 48)])
    bench.store.put("form", b"text")
    answer = bench.call(row[1], **EXAMPLES[row[1]])
    assert spec.mismatch(spec.fields(row[5]), answer) == ""
    for task in bench.tasks:
        task.close()


@pytest.mark.parametrize("name", [name for name, body in EXAMPLES.items() if body])
def test_requests_that_do_not_follow_the_table_are_refused(name):
    bench = Bench().unlocked()
    for field, value in EXAMPLES[name].items():
        others = {k: v for k, v in EXAMPLES[name].items() if k != field}
        for body in (others, {**others, field: None}, {**others, field: value, "extra": 1}):
            assert bench.call(name, **body)["rc"] == server.EINVAL
    assert bench.tasks == [] and bench.keeper.wiped == 0


def test_status_says_how_the_store_is():
    bench = Bench()
    bench.keeper.flash_protected = True
    bench.store.report = Report(damage=[("header", 2, 0)], tail="in doubt")
    status = bench.call("status")
    assert (status["state"], status["tail"], status["damaged"]) == ("ready", "in doubt", 1)
    assert (status["locked"], status["pin_set"], status["tries_left"]) == (True, True, 10)
    assert (status["erases_min"], status["erases_max"]) == (3, 9)
    assert (status["capacity_bytes"], status["free_bytes"]) == (3 * 4096, 3 * 4096 - 1000)
    assert status["protected"] is True
    assert Bench().call("status")["protected"] is False


# ------------------------------------------------------------------------------------------- PIN


def test_unlocking_answers_at_once_and_status_tells_the_result():
    bench = Bench()
    assert bench.call("unlock", pin=b"1234") == {}
    assert bench.call("status")["task_state"] == "running"
    assert bench.call("status")["locked"] is True
    assert bench.call("unlock", pin=b"1234")["rc"] == server.EBUSY
    bench.run_tasks()
    status = bench.call("status")
    assert (status["task"], status["task_state"], status["locked"]) == ("unlock", "done", False)
    assert bench.store.open_domains == {SERVICE, PROFESSIONAL}


def test_a_wrong_pin_a_failure_and_the_last_try_are_told_apart():
    bench = Bench()
    bench.call("unlock", pin=b"0000")
    bench.run_tasks()
    assert bench.call("status")["task_state"] == "wrong PIN"
    assert bench.call("status")["tries_left"] == 9
    bench.keeper.failure = OSError(5)
    bench.call("unlock", pin=b"1234")
    bench.run_tasks()
    status = bench.call("status")
    assert (status["task_state"], status["reason"], status["locked"]) == ("failed", "5", True)
    bench.keeper.failure = None
    bench.keeper.tries = 9
    bench.call("unlock", pin=b"0000")
    bench.run_tasks()
    assert bench.call("status")["task_state"] == "wiped"


class Handlers:
    """In place of a server: requests reach the group as they are made here."""

    message_bytes_max = MESSAGE_BYTES

    def register_group(self, group, handler):
        self.handle = handler


@pytest.mark.parametrize("refusal", ["busy", "no store", "too much", "too little"])
def test_a_pin_that_is_refused_is_erased(refusal):
    bench, handlers = Bench(), Handlers()
    bench.group.register(handlers)
    old, new = bytearray(b"1234"), bytearray(b"5678")
    request = {"old": old, "new": new}
    if refusal == "busy":
        bench.call("unlock", pin=b"1234")
    elif refusal == "no store":
        bench.keeper.state = "foreign"
    elif refusal == "too much":
        request["other"] = 1
    else:
        request = {"new": new}
        old = bytearray()
    with pytest.raises(server.CommandError):
        handlers.handle(5, server.WRITE, request)
    assert not any(old) and not any(new)
    for task in bench.tasks:
        task.close()


def test_a_pin_as_text_is_refused():
    assert Bench().call("unlock", pin="1234")["rc"] == server.EINVAL


def test_nothing_over_the_link_is_said_to_be_at_the_handset():
    bench = Bench().unlocked()
    bench.call("pin", old=b"1234", new=b"5678")
    bench.run_tasks()
    assert bench.call("status")["task_state"] == "done"
    assert (bench.keeper.pin, bench.keeper.at_handset) == ("5678", [False, False])


def test_lock_is_at_once():
    bench = Bench().unlocked()
    assert bench.call("lock") == {}
    assert bench.call("status")["locked"] is True


def test_a_store_that_is_not_there_is_named():
    bench = Bench()
    bench.keeper.state = "foreign"
    for name in ("records", "unlock", "pin"):
        answer = bench.call(name, **EXAMPLES[name])
        assert answer["rc"] == server.EBADSTATE and "foreign" in answer["rsn"]
    verified = bench.call("verify", **EXAMPLES["verify"])
    assert (verified["state"], verified["stored"], verified["mac"]) == ("foreign", False, b"")


# ------------------------------------------------------------------------------------------ wipe


def test_wiping_needs_the_serial_number_and_locks_before_it_begins():
    bench = Bench().unlocked()
    for confirm in ("", "SIM-0002", SERIAL.lower(), "yes"):
        assert bench.call("wipe", confirm=confirm)["rc"] == server.EINVAL
    assert bench.tasks == [] and bench.call("status")["locked"] is False
    assert bench.call("wipe", confirm=SERIAL) == {}
    assert bench.keeper.wiped == 0 and bench.call("status")["locked"] is True
    bench.run_tasks()
    assert bench.keeper.wiped == 1
    assert bench.call("status")["task_state"] == "done"


def test_wiping_does_not_wait_for_a_pin_being_checked():
    bench = Bench()
    bench.call("unlock", pin=b"0000")
    assert bench.call("wipe", confirm=SERIAL) == {}
    bench.run_tasks()
    status = bench.call("status")
    assert (bench.keeper.wiped, status["task"], status["task_state"]) == (1, "wipe", "done")


def test_wiping_is_not_begun_twice():
    bench = Bench()
    assert bench.call("wipe", confirm=SERIAL) == {}
    assert bench.call("wipe", confirm=SERIAL)["rc"] == server.EBUSY
    bench.run_tasks()
    assert (bench.keeper.wiped, bench.call("status")["task_state"]) == (1, "done")
    assert bench.call("wipe", confirm=SERIAL) == {}
    bench.run_tasks()
    assert bench.keeper.wiped == 2


# ---------------------------------------------------------------------------------------- verify


def test_numbers_left_by_a_host_come_back_to_it_and_to_no_other():
    bench = Bench()
    first = bench.call("verify", host=HOST, last=b"", nonce=nonce(1))
    assert (first["nonces"], first["stored"], first["version"]) == ([], True, 10)
    second = bench.call("verify", host=HOST, last=nonce(1), nonce=nonce(2))
    assert (second["nonces"], second["version"]) == ([nonce(1)], 11)
    other = bench.call("verify", host=b"anothers", last=b"", nonce=nonce(3))
    assert other["nonces"] == []


def test_answers_that_never_arrive_cost_nothing():
    bench = Bench()
    bench.call("verify", host=HOST, last=b"", nonce=nonce(1))
    for number in range(2, 9):  # the host knows of none of these
        answer = bench.call("verify", host=HOST, last=nonce(1), nonce=nonce(number))
        assert nonce(1) in answer["nonces"]


def test_a_number_that_was_rolled_back_does_not_come_back_by_asking():
    bench = Bench()
    for number in range(2, 6):
        answer = bench.call("verify", host=HOST, last=nonce(1), nonce=nonce(number))
        assert nonce(1) not in answer["nonces"]


def test_eight_computers_are_kept_and_the_least_recent_goes_first():
    bench = Bench(message_bytes_max=1024)
    hosts = [b"host%04d" % n for n in range(9)]
    for host in hosts:
        bench.call("verify", host=host, last=b"", nonce=nonce(7))
    assert bench.call("verify", host=hosts[1], last=nonce(7), nonce=nonce(8))["nonces"]
    assert not bench.call("verify", host=hosts[0], last=nonce(7), nonce=nonce(8))["nonces"]


def test_a_full_store_says_that_it_kept_nothing():
    bench = Bench()
    bench.store.is_full = True
    assert bench.call("verify", **EXAMPLES["verify"])["stored"] is False


def test_damage_is_listed_as_far_as_it_fits():
    bench = Bench(message_bytes_max=2048)
    bench.store.report = Report(damage=[("incomplete", n, 4000 + n) for n in range(200)])
    answer = bench.call("verify", **EXAMPLES["verify"])
    assert answer["damaged"] == 200 and len(answer["damage"]) == 32
    assert answer["damage"][0] == {"kind": "incomplete", "sector": 0, "offset": 4000}


@pytest.mark.parametrize("part", ["host", "last", "nonce"])
def test_numbers_of_another_length_are_refused(part):
    for length in (1, 15, 17, 64):
        body = {**EXAMPLES["verify"], part: bytes(length)}
        assert Bench().call("verify", **body)["rc"] == server.EINVAL


# --------------------------------------------------------------------------------------- records


def test_records_need_an_unlocked_store():
    bench = Bench()
    bench.store.put("form", b"text")
    answer = bench.call("records", page=0)
    assert answer["rc"] == server.EACCESSDENIED and "unlock" in answer["rsn"]


def test_every_professional_record_comes_once_and_whole():
    bench = Bench().unlocked()
    values = {"form/%d" % n: bytes([n]) * (40 * n) for n in range(40)}
    for name, value in values.items():
        bench.store.put(name, value)
    entries = [b"entry %d" % n for n in range(300)]
    for entry in entries:
        bench.store.append("positions", entry)
    bench.store.append("calls", b"called")
    expected = [("values", name, value) for name, value in values.items()]
    expected += [("calls", 0, b"called")]
    expected += [("positions", n, entry) for n, entry in enumerate(entries)]
    assert bench.exported() == expected


def test_no_page_looks_for_names_longer_than_the_store_would():
    bench = Bench().unlocked()
    bench.store.is_slow = True
    for name in ("a", "b"):
        bench.store.put(name, b"text")
    bench.store.put("service", b"", SERVICE)
    bench.store.put("c", bytes(3000))
    bench.store.append("calls", b"called")
    assert [page["names"] for page in bench.pages()][:5] == [["a"], ["b"], [], ["c"], ["c"]]
    assert [key for _, key, _ in bench.exported()] == ["a", "b", "c", 0]


@given(
    st.lists(
        st.tuples(st.text(max_size=40), st.binary(max_size=1200)),
        max_size=12,
        unique_by=lambda pair: pair[0],
    ),
    st.lists(st.binary(max_size=1200), max_size=12),
)
def test_pages_of_whatever_is_in_the_store_fit(values, entries):
    bench = Bench().unlocked()
    for name, value in values:
        bench.store.put(name, value)
    for entry in entries:
        bench.store.append("calls", entry)
    expected = [("values", name, value) for name, value in values]
    assert bench.exported() == expected + [("calls", n, e) for n, e in enumerate(entries)]


@pytest.mark.parametrize("before", [[], ["a"]])
def test_pages_go_on_however_long_a_name_is(before):
    """A name with which no page has room for even a byte of data is lost like a damaged one."""
    bench = Bench().unlocked()
    n_room = MESSAGE_BYTES - 8 - 160 - 14
    for n_bytes in range(n_room - 3, n_room + 3):
        bench.store.values.clear()
        for name in before + ["n" * n_bytes, "z"]:
            bench.store.put(name, b"some data")
        pages = list(itertools.islice(bench.pages(), 20))
        assert not pages[-1]["more"]
        assert sum(len(page["lost"]) for page in pages) == (n_bytes >= n_room)
        names = [name for page in pages for name in page["names"]]
        assert set(names) == {*before, "n" * n_bytes if n_bytes < n_room else "", "z"}
        if n_bytes < n_room:
            data = [data for page in pages for data in page["data"]]
            assert b"".join(data) == b"some data" * (2 + len(before))


def test_an_empty_store_is_one_empty_page():
    page = Bench().unlocked().call("records", page=0)
    assert (page["data"], page["more"]) == ([], False)


def test_a_damaged_record_is_named_and_costs_no_other():
    bench = Bench().unlocked()
    for name in ("a", "b", "c"):
        bench.store.put(name, name.encode())
    bench.store.damaged = {"b"}
    page = bench.call("records", page=0)
    assert page["names"] == ["a", "b", "c"]
    assert page["data"] == [b"a", b"", b"c"] and page["lost"] == [1]


def test_a_damaged_name_costs_no_other():
    bench = Bench().unlocked()
    for name in ("a", "b", "c"):
        bench.store.put(name, name.encode())
    bench.store.nameless = {"b"}
    page = bench.call("records", page=0)
    assert (page["names"], page["data"]) == (["a", "", "c"], [b"a", b"", b"c"])
    assert page["lost"] == [1]


def test_damaged_entries_are_named_and_cost_no_other():
    bench = Bench().unlocked()
    for number in range(6):
        bench.store.append("calls", b"%d" % number)
    bench.store.damaged = {("calls", 0), ("calls", 3), ("calls", 5)}
    page = bench.call("records", page=0)
    assert page["numbers"] == [0, 1, 2, 3, 4, 5] and page["lost"] == [0, 3, 5]
    assert page["data"] == [b"", b"1", b"2", b"", b"4", b""]


def test_pages_come_in_order_only():
    bench = Bench().unlocked()
    for n in range(50):
        bench.store.put("form/%d" % n, bytes(100))
    assert bench.call("records", page=1)["rc"] == server.EBADSTATE
    bench.call("records", page=0)
    bench.call("records", page=1)
    for page in (1, 3, -1):
        assert bench.call("records", page=page)["rc"] == server.EBADSTATE
    assert bench.call("records", page=2)["names"]
    assert bench.call("records", page=0)["names"][0] == "form/0"


def test_locking_ends_an_export():
    bench = Bench().unlocked()
    for n in range(50):
        bench.store.put("form/%d" % n, bytes(100))
    bench.call("records", page=0)
    bench.keeper.lock()  # by time-out, not through the link
    assert bench.call("records", page=1)["rc"] == server.EACCESSDENIED
    bench.unlocked()
    assert bench.call("records", page=1)["rc"] == server.EBADSTATE


def test_what_was_read_goes_with_the_keys_whoever_locks_and_whether_or_not_anybody_asks():
    bench = Bench().unlocked()
    bench.store.put("form", bytes(2000))
    assert bench.call("records", page=0)["more"]
    bench.keeper.lock()
    bench.unlocked()
    assert bench.call("records", page=1)["rc"] == server.EBADSTATE


# ------------------------------------------------------------------------------------- settings


def test_settings_are_shown_also_while_locked():
    settings = Bench().call("settings")
    assert (settings["tries_max"], settings["lock_after_ms"]) == (10, 300_000)
    assert {"journal": "calls", "days": 30} in settings["keep_days"]


def test_only_what_is_given_is_provisioned():
    bench = Bench()
    assert bench.call("provision", **EXAMPLES["provision"])["rc"] == server.EACCESSDENIED
    bench.unlocked()
    later = bench.call("provision", **EXAMPLES["provision"])["later"]
    assert bench.keeper.provisioned == [({"tries_max": 5}, {"calls": 90})]
    assert "days" in later and "check_ms" not in later
    body = {**EXAMPLES["provision"], "keep_days": [], "lock_after_ms": 0}
    assert bench.call("provision", **body) == {"later": ""}
    assert bench.keeper.provisioned[1] == ({"tries_max": 5, "lock_after_ms": 0}, {})


def test_nothing_is_provisioned_without_a_store_or_while_a_pin_is_checked():
    bench = Bench().unlocked()
    bench.call("unlock", pin=b"1234")
    assert bench.call("provision", **EXAMPLES["provision"])["rc"] == server.EBUSY
    bench.run_tasks()
    bench.keeper.state = "foreign"
    for name in ("settings", "provision"):
        assert bench.call(name, **EXAMPLES[name])["rc"] == server.EBADSTATE
    assert bench.keeper.provisioned == []


# ------------------------------------------------------------------------------------- personal


def with_secrets():
    """Everything is open and something lies in every domain: as bad as it can be."""
    bench = Bench(message_bytes_max=2048).unlocked()
    bench.store.open_domains.add(PERSONAL)
    for domain in (PERSONAL, SERVICE):
        bench.store.put("secret", SECRET, domain)
        bench.store.put(SECRET.decode(), SECRET, domain)
    bench.store.append("private", SECRET)
    bench.store.append("alarms", SECRET)
    bench.store.put("form", b"mine to export")
    return bench


def no_secret_in(bench):
    return SECRET not in bench.raw


def test_no_command_lets_personal_or_service_records_out():
    bench = with_secrets()
    said = bench.exported()
    assert said == [("values", "form", b"mine to export")]
    for name, body in EXAMPLES.items():
        bench.store.open_domains |= {PROFESSIONAL, PERSONAL}
        bench.call(name, **body)
        assert no_secret_in(bench), name
    for task in bench.tasks:
        task.close()


def test_no_command_opens_the_personal_domain():
    for name, body in EXAMPLES.items():
        bench = Bench()
        bench.call(name, **body)
        bench.run_tasks()
        assert PERSONAL not in bench.store.open_domains, name
        assert True not in bench.keeper.at_handset


WORDS = ["", SERIAL, "1234", "secret", "private", "personal", "values", SECRET.decode()]
ANYTHING = st.one_of(
    st.sampled_from(WORDS),
    st.integers(-5, 5),
    st.just(b"1234"),
    st.binary(max_size=16),
    st.booleans(),
    st.none(),
)
NAMES = sorted({row[0] for command in store_spec.COMMANDS for row in command[4]}) + ["domain"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([server.READ, server.WRITE]),
            st.integers(0, 12),
            st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=4),
        ),
        max_size=20,
    )
)
def test_no_request_whatever_lets_them_out(requests):
    bench = with_secrets()
    for op, number, body in requests:
        bench.send(op, number, cbor.dumps(body))
        assert no_secret_in(bench)
    bench.run_tasks()
    assert True not in bench.keeper.at_handset


# -------------------------------------------------------------------------------------- sectors


def test_sectors_come_in_pages_that_fit():
    bench = Bench(message_bytes_max=2048)
    bench.store.n_sectors = 256
    states, erases = [], []
    while True:
        page = bench.call("sectors", first=len(states))
        assert page["total"] == 256 and page["sector_bytes"] == 4096
        if not page["states"]:
            break
        states += page["states"]
        erases += page["erases"]
    assert states == [row[1] for row in bench.store.sectors()]
    assert erases == list(range(3, 259))
