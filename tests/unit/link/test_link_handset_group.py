"""Group 72: the table itself, and requests and responses that follow it."""

import pytest

from handset.link import cbor, server, spec
from handset.link.handset_group import HandsetGroup
from handset.link.server import CommandError, Server

POSITION = {"lat_deg_e7": 488566000, "lon_deg_e7": 23522000, "utc_ms": 1763775720250, "age_ms": 40}

EXAMPLES = {
    "identity": {
        "serial_number": "SIM-0001",
        "user_id": "sip:a@sim.invalid",
        "firmware": "0.1.0",
        "board": "sim",
        "chip": "esp32",
        "micropython": "1.26.1",
        "capabilities": ["ptt", "gnss"],
        "codecs": ["amrwb", "opus"],
        "heap_bytes": 262144,
    },
    "floor": {"state": "silence", "talker": "", "protected": False},
    "geo": {
        "enabled": True,
        "fix": True,
        "own": POSITION,
        "heard": [dict(POSITION, user_id="sip:b@sim.invalid")],
    },
    "codec": {"name": "amrwb", "bitrate_bps": 12650, "dtx": False},
    "memory": {
        "heap_free_bytes": 1,
        "heap_used_bytes": 2,
        "alloc_total_bytes": 3,
        "heap_bytes_in_voice_path": 0,
        "frames_in_voice_path": 50,
    },
}


class Bench:
    def __init__(self):
        self.written = []
        self.server = Server(1024)
        providers = {name: self._reader(name) for name in EXAMPLES}
        HandsetGroup(dict(providers, set_codec=self._set_codec)).register(self.server)

    def _reader(self, name):
        return lambda request: EXAMPLES[name]

    def _set_codec(self, request):
        if request["name"] == "g711":
            raise CommandError(server.EINVAL, "no such codec")
        self.written.append(request)
        return request

    def call(self, op, number, body):
        data = cbor.dumps(body)
        message = bytes((8 | op, 0, 0, len(data), 0, spec.GROUP, 1, number)) + data
        n_bytes = self.server.handle(message, len(message))
        return cbor.decode(self.server.response, 8, n_bytes)


@pytest.mark.parametrize("command", spec.commands(), ids=lambda command: command.name)
def test_examples_follow_the_table_over_the_wire(command):
    answer = Bench().call(server.READ, command.number, {})
    assert answer == EXAMPLES[command.name]
    assert spec.mismatch(command.read, answer) == ""


def test_geo_without_a_fix_follows_the_table():
    message = {"enabled": False, "fix": False, "own": None, "heard": []}
    assert spec.mismatch(spec.command("geo").read, message) == ""


def test_a_write_reaches_its_provider():
    bench = Bench()
    wanted = {"name": "opus", "bitrate_bps": 16000, "dtx": True}
    assert bench.call(server.WRITE, 4, wanted) == wanted
    assert bench.written == [wanted]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "opus"},
        {"name": "opus", "bitrate_bps": 16000},
        {"name": "opus", "bitrate_bps": "16000", "dtx": False},
        {"name": "opus", "bitrate_bps": True, "dtx": False},
        {"name": "opus", "bitrate_bps": 16000, "dtx": 1},
        {"name": 1, "bitrate_bps": 16000, "dtx": False},
        {"name": "opus", "bitrate_bps": 16000, "dtx": False, "extra": 1},
    ],
)
def test_a_write_that_does_not_follow_the_table_is_refused(body):
    bench = Bench()
    assert bench.call(server.WRITE, 4, body)["rc"] == server.EINVAL
    assert bench.written == []


def test_a_provider_may_refuse():
    answer = Bench().call(server.WRITE, 4, {"name": "g711", "bitrate_bps": 64000, "dtx": False})
    assert answer == {"rc": server.EINVAL, "rsn": "no such codec"}


def test_reads_take_no_arguments():
    assert Bench().call(server.READ, 0, {"x": 1})["rc"] == server.EINVAL


@pytest.mark.parametrize("number", [n for n in range(7) if n != 4] + [7, 255])
def test_only_the_codec_can_be_written(number):
    """No management command switches the microphone or the receiver on."""
    assert Bench().call(server.WRITE, number, {}) == {"rc": server.ENOTSUP}


def test_every_command_needs_its_provider_and_no_other():
    providers = dict.fromkeys([*EXAMPLES, "set_codec"], dict)
    HandsetGroup(providers)
    with pytest.raises(ValueError, match="memory"):
        HandsetGroup({name: p for name, p in providers.items() if name != "memory"})
    with pytest.raises(ValueError, match="set_codec"):
        HandsetGroup({name: p for name, p in providers.items() if name != "set_codec"})
    with pytest.raises(ValueError, match="talk"):
        HandsetGroup(dict(providers, talk=dict))


def test_the_table_is_in_order_and_documented():
    numbers = [command.number for command in spec.commands()]
    assert numbers == sorted(set(numbers))
    assert len({command.name for command in spec.commands()}) == len(numbers)
    for command in spec.commands():
        assert command.doc.endswith(".")
        for fields in (command.read, command.write or ()):
            _check_fields(fields)


def _check_fields(fields):
    assert len({field.name for field in fields}) == len(fields)
    for field in fields:
        assert field.doc
        assert field.kind in ("str", "bytes", "int", "bool", "map", "list")
        assert bool(field.of) == (field.kind in ("map", "list"))
        # A number says what it counts in, in its name and in its unit.
        assert (field.kind == "int") == bool(field.unit)
        if isinstance(field.of, tuple):
            _check_fields(field.of)


@pytest.mark.parametrize(
    ("name", "change", "what"),
    [
        ("identity", {"codecs": "amrwb"}, "list"),
        ("identity", {"codecs": [1]}, "item"),
        ("identity", {"heap_bytes": True}, "int"),
        ("identity", {"heap_bytes": None}, "int"),
        ("identity", {"serial_number": b"x"}, "str"),
        ("identity", {"extra": 1}, "unknown"),
        ("geo", {"own": {}}, "lacks"),
        ("geo", {"own": 5}, "map"),
        ("geo", {"heard": [POSITION]}, "lacks"),
        ("geo", {"fix": 1}, "bool"),
    ],
)
def test_mismatches_are_named(name, change, what):
    message = dict(EXAMPLES[name], **change)
    assert what in spec.mismatch(spec.command(name).read, message)


def test_missing_fields_are_named():
    for command in spec.commands():
        for field in command.read:
            message = {k: v for k, v in EXAMPLES[command.name].items() if k != field.name}
            assert repr(field.name) in spec.mismatch(command.read, message)


def test_unknown_command_name():
    with pytest.raises(KeyError):
        spec.command("talk")
