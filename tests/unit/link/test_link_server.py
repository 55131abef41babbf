"""The SMP server and its OS group, answers read by the stock client's models."""

import struct

import pytest
from link_doubles import ManualClock
from smp import os_management as os_models

from handset.link import cbor, server
from handset.link.os_group import OsGroup
from handset.link.server import CommandError, Server

INFO = {
    "kernel": "MicroPython",
    "node": "SIM-0001",
    "release": "1.26.1",
    "version": "0.1",
    "build_date": "2025-11-22",
    "machine": "xtensa",
    "processor": "lx6",
    "platform": "sim",
    "os": "handset",
}


class Bench:
    """A server with its OS group, and what it asked of its collaborators."""

    def __init__(self, utc_ms=1763775720250, message_bytes_max=512):
        self.clock = ManualClock(utc_ms)
        self.resets = 0
        self.reports = []
        self.server = Server(message_bytes_max, self.reports.append)
        OsGroup(self.clock, self._reset, INFO).register(self.server)

    def _reset(self):
        self.resets += 1

    def raw(self, message):
        n_bytes = self.server.handle(message, len(message))
        return bytes(self.server.response[:n_bytes])

    def call(self, op, group, command, body, version=1):
        data = body if isinstance(body, bytes) else cbor.dumps(body, 1024)
        head = struct.pack(">BBHHBB", op | version << 3, 0, len(data), group, 77, command)
        answer = self.raw(head + data)
        first, flags, length, *rest = struct.unpack(">BBHHBB", answer[:8])
        assert (first & 7, flags, length, rest) == (
            op + 1,
            0,
            len(answer) - 8,
            [group, 77, command],
        )
        assert first >> 3 == min(version, 1)
        return cbor.loads(answer[8:])

    def ask(self, request, response_class):
        return response_class.loads(self.raw(bytes(request)))


def test_echo():
    bench = Bench()
    answer = bench.ask(os_models.EchoWriteRequest(d="grüße"), os_models.EchoWriteResponse)
    assert answer.r == "grüße"


def test_parameters_announce_the_message_size():
    answer = Bench(message_bytes_max=700).ask(
        os_models.MCUMgrParametersReadRequest(), os_models.MCUMgrParametersReadResponse
    )
    assert (answer.buf_size, answer.buf_count) == (700, 1)


@pytest.mark.parametrize(
    ("wanted", "output"),
    [
        (None, "MicroPython"),
        ("", "MicroPython"),
        ("s", "MicroPython"),
        ("o", "handset"),
        ("rs", "MicroPython 1.26.1"),
        ("nn", "SIM-0001"),
        ("bpm", "2025-11-22 xtensa lx6"),
        ("a", "MicroPython SIM-0001 1.26.1 0.1 2025-11-22 xtensa lx6 sim handset"),
        ("ai", "MicroPython SIM-0001 1.26.1 0.1 2025-11-22 xtensa lx6 sim handset"),
    ],
)
def test_os_info_answers_in_its_own_order(wanted, output):
    answer = Bench().ask(
        os_models.OSApplicationInfoReadRequest(format=wanted),
        os_models.OSApplicationInfoReadResponse,
    )
    assert answer.output == output


def test_os_info_refuses_an_unknown_format_in_both_versions():
    bench = Bench()
    refusal = bench.ask(
        os_models.OSApplicationInfoReadRequest(format="sx"), os_models.OSManagementErrorV2
    )
    assert refusal.err.rc == os_models.OS_MGMT_RET_RC.INVALID_FORMAT
    assert bench.call(server.READ, 0, 7, {"format": "sx"}, version=0)["rc"] == server.EINVAL


def test_os_group_wants_all_its_facts():
    with pytest.raises(ValueError, match="node"):
        OsGroup(ManualClock(), None, {"kernel": "x"})


def test_datetime_is_read_and_set():
    bench = Bench(utc_ms=1763775720250)
    read = os_models.DateTimeReadRequest()
    assert bench.ask(read, os_models.DateTimeReadResponse).datetime == "2025-11-22T01:42:00.250"
    write = os_models.DateTimeWriteRequest(datetime="2031-02-03T04:05:06")
    bench.ask(write, os_models.DateTimeWriteResponse)
    assert bench.ask(read, os_models.DateTimeReadResponse).datetime == "2031-02-03T04:05:06.000"


def test_an_unset_clock_says_so():
    refusal = Bench(utc_ms=-1).ask(os_models.DateTimeReadRequest(), os_models.OSManagementErrorV2)
    assert refusal.err.rc == os_models.OS_MGMT_RET_RC.RTC_NOT_SET


def test_a_wrong_date_is_refused():
    bench = Bench()
    answer = bench.call(server.WRITE, 0, 4, {"datetime": "2025-02-29T00:00:00"})
    assert answer["rc"] == server.EINVAL
    assert bench.clock.utc == 1763775720250


def test_reset_answers_and_asks_for_a_reset():
    bench = Bench()
    bench.ask(os_models.ResetWriteRequest(), os_models.ResetWriteResponse)
    assert bench.resets == 1


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize(
    ("op", "group", "command"),
    [(server.READ, 0, 99), (server.WRITE, 0, 6), (server.READ, 1, 0), (server.READ, 65535, 255)],
)
def test_unknown_commands_are_not_supported(op, group, command, version):
    assert Bench().call(op, group, command, {}, version) == {"rc": server.ENOTSUP}


@pytest.mark.parametrize("body", [b"\xa1", b"\x00", b"\xff", b"\x80", b"\xa0\x00"])
def test_a_bad_body_is_refused(body):
    bench = Bench()
    assert bench.call(server.READ, 0, 6, body)["rc"] == server.EINVAL
    assert bench.server.bad_messages == 1


def test_a_request_without_a_body_is_an_empty_map():
    assert Bench().call(server.READ, 0, 6, b"")["buf_count"] == 1


@pytest.mark.parametrize("delta", [-1, 1, 300])
def test_a_wrong_length_in_the_header_is_corrupt(delta):
    bench = Bench()
    message = struct.pack(">BBHHBB", 8, 0, 1 + delta, 0, 5, 6) + b"\xa0"
    assert cbor.loads(bench.raw(message)[8:])["rc"] == server.ECORRUPT


def test_a_later_protocol_version_is_refused():
    assert Bench().call(server.READ, 0, 6, {}, version=3) == {"rc": 13}


@pytest.mark.parametrize("message", [b"", b"\x08\0\0\0\0\0\0", b"\x09" + b"\0" * 7])
def test_what_is_no_request_gets_no_answer(message):
    bench = Bench()
    assert bench.raw(message) == b""
    assert bench.server.bad_messages == 1


def test_a_response_that_does_not_fit_is_refused():
    bench = Bench(message_bytes_max=96)
    bench.server.register(72, 1, server.READ, lambda request: {"x": "y" * 200})
    assert bench.call(server.READ, 72, 1, {})["rc"] == server.EMSGSIZE


def test_handlers_refuse_with_code_and_reason():
    def refuse(request):
        raise CommandError(server.EBUSY, "talking", 5)

    bench = Bench()
    bench.server.register(72, 1, server.WRITE, refuse)
    assert bench.call(server.WRITE, 72, 1, {}, version=0) == {"rc": server.EBUSY, "rsn": "talking"}
    assert bench.call(server.WRITE, 72, 1, {}) == {"err": {"group": 72, "rc": 5}}
    assert bench.server.refused == 2


@pytest.mark.parametrize("answer", [{"x": object()}, "not a map at all but encodable"])
def test_a_defective_handler_is_reported_and_survived(answer):
    def fail(request):
        if isinstance(answer, str):
            raise ZeroDivisionError(answer)
        return answer

    bench = Bench()
    bench.server.register(72, 1, server.READ, fail)
    assert bench.call(server.READ, 72, 1, {})["rc"] == server.EUNKNOWN
    assert bench.server.handler_faults == 1
    assert len(bench.reports) == 1
    assert bench.call(server.READ, 0, 6, {})["buf_count"] == 1


def test_a_command_is_served_once_only():
    with pytest.raises(ValueError, match="twice"):
        Bench().server.register(0, 0, server.WRITE, lambda request: {})
