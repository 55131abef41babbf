"""The link on a scripted console: whole lines, short writes, silence of the host, reset."""

import asyncio
import itertools

import pytest
from link_doubles import (
    ManualClock,
    ScriptedConsole,
    decode_frames,
    encode_frames,
    settle,
    text_lines,
)
from smp import os_management as os_models

from handset.link.link import Link
from handset.link.os_group import INFO, OsGroup
from handset.link.server import READ, Server

STALL_MS = 500


class Bench:
    """A running link between doubles; use as `async with`."""

    def __init__(self, limits=None):
        self.console = ScriptedConsole(limits)
        self.clock = ManualClock()
        self.sent_at_reset = None
        self.requests_at_reset = None
        self.server = Server(1024)
        self.link = Link(
            self.console, self.server, self.clock, self._reset, STALL_MS, self.clock.sleep_ms
        )
        info = {name: name for _, name in INFO}
        OsGroup(self.clock, self.link.request_reset, info).register(self.server)

    def _reset(self):
        self.sent_at_reset = bytes(self.console.sent)
        self.requests_at_reset = self.server.requests

    async def __aenter__(self):
        self._task = asyncio.create_task(self.link.run())
        await settle()
        return self

    async def __aexit__(self, *exc_info):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def type_in(self, *requests):
        self.console.type_in(encode_frames([bytes(request) for request in requests]))
        await settle()

    def echoes(self):
        frames = decode_frames(self.console.sent)
        return [os_models.EchoWriteResponse.loads(frame).r for frame in frames]


def echo(text):
    return os_models.EchoWriteRequest(d=text)


def run(scenario):
    asyncio.run(scenario())


def test_a_request_is_answered():
    async def scenario():
        async with Bench() as bench:
            await bench.type_in(echo("hello"))
            assert bench.echoes() == ["hello"]

    run(scenario)


def test_pipelined_requests_are_answered_in_order():
    async def scenario():
        async with Bench() as bench:
            await bench.type_in(*(echo(f"n{n}") for n in range(20)))
            await settle()
            assert bench.echoes() == [f"n{n}" for n in range(20)]

    run(scenario)


def test_the_first_thing_sent_closes_a_line_left_open_by_others():
    async def scenario():
        async with Bench() as bench:
            bench.link.log("up")
            await settle()
            assert bytes(bench.console.sent) == b"\nup\n"
            bench.link.log("still up")
            await settle()
            assert bytes(bench.console.sent) == b"\nup\nstill up\n"

    run(scenario)


@pytest.mark.parametrize(
    "limits", [[1], [2], [3], [7], [126], [127], [1, 0, 50], [0, 0, 5], [128, 0]]
)
def test_lines_stay_whole_through_short_writes(limits):
    async def scenario():
        async with Bench(itertools.cycle(limits)) as bench:
            for n in range(5):
                bench.link.log(f"log line {n}")
                bench.console.type_in(encode_frames([bytes(echo("x" * 150 + str(n)))]))
            for _ in range(200):
                await settle()
            assert bench.echoes() == ["x" * 150 + str(n) for n in range(5)]
            expected = [b"log line %d" % n for n in range(5)]
            assert text_lines(bench.console.sent) == expected

    run(scenario)


def test_log_lines_never_come_between_the_lines_of_a_packet():
    async def scenario():
        async with Bench(itertools.cycle([10])) as bench:
            bench.console.type_in(encode_frames([bytes(echo("x" * 400))]))
            for _ in range(10):
                bench.link.log("busy")
                await asyncio.sleep(0)
            await settle()
            lines = bytes(bench.console.sent).split(b"\n")
            marks = [line[:2] for line in lines if line]
            first = marks.index(b"\x06\x09")
            assert marks[first + 1 : first + 4] == [b"\x04\x14"] * 3
            assert bench.echoes() == ["x" * 400]

    run(scenario)


def test_control_characters_in_a_log_line_are_made_harmless():
    async def scenario():
        async with Bench() as bench:
            bench.link.log("a\x06\x09\nb\x04\x14\x03\x7fc\ttab é")
            await settle()
            assert text_lines(bench.console.sent) == ["a?\t?b????c\ttab é".encode()]

    run(scenario)


def test_long_log_lines_are_shortened_and_counted():
    async def scenario():
        async with Bench() as bench:
            bench.link.log("y" * 1000)
            await settle()
            (line,) = text_lines(bench.console.sent)
            assert 60 < len(line) < 128
            assert set(line) == set(b"y")
            assert bench.link.stats()["log_lines_shortened"] == 1

    run(scenario)


def test_the_oldest_log_lines_are_dropped_while_nobody_reads():
    async def scenario():
        async with Bench() as bench:
            bench.console.set_reading(False)
            for n in range(100):
                bench.link.log(f"line {n}")
            await settle()
            bench.console.set_reading(True)
            await settle()
            lines = text_lines(bench.console.sent)
            assert lines[-1] == b"line 99"
            assert bench.link.stats()["log_lines_dropped"] == 100 - len(lines)

    run(scenario)


def test_a_stalled_log_line_is_given_up_and_the_next_begins_afresh():
    async def scenario():
        async with Bench(itertools.chain([1, 5, 0], itertools.repeat(200))) as bench:
            bench.console.writable = _never
            bench.link.log("first line")
            await settle()
            bench.clock.advance(STALL_MS - 1)
            await settle()
            assert bench.link.stats()["console_stalls"] == 0
            bench.clock.advance(1)
            await settle()
            assert bench.link.stats()["console_stalls"] == 1
            assert bench.link.stats()["log_lines_dropped"] == 1
            bench.link.log("second line")
            await settle()
            assert bytes(bench.console.sent) == b"\nfirst\nsecond line\n"

    run(scenario)


async def _never():
    await asyncio.Event().wait()


def test_progress_restarts_the_patience_with_a_slow_reader():
    async def scenario():
        async with Bench(itertools.cycle([2, 0])) as bench:
            release = asyncio.Event()

            async def writable():
                await release.wait()
                release.clear()

            bench.console.writable = writable
            bench.link.log("slow but alive")
            for _ in range(20):
                await settle()
                bench.clock.advance(STALL_MS - 1)
                await settle()
                release.set()
            await settle()
            assert bytes(bench.console.sent) == b"\nslow but alive\n"
            assert bench.link.stats()["console_stalls"] == 0

    run(scenario)


def test_an_unread_response_is_given_up_and_the_next_request_is_answered():
    async def scenario():
        async with Bench() as bench:
            bench.link.log("up")
            await settle()
            bench.console.set_reading(False)
            await bench.type_in(echo("lost"), echo("found"))
            bench.clock.advance(STALL_MS)
            await settle()
            assert bench.link.stats()["responses_dropped"] == 1
            bench.console.set_reading(True)
            await settle()
            assert bench.echoes() == ["found"]

    run(scenario)


def test_half_a_response_is_closed_with_a_newline():
    async def scenario():
        async with Bench(itertools.chain([1, 20, 0], itertools.repeat(200))) as bench:
            bench.console.writable = _never
            await bench.type_in(echo("half"), echo("whole"))
            bench.clock.advance(STALL_MS)
            await settle()
            lines = bytes(bench.console.sent).split(b"\n")
            assert (lines[0], len(lines[1])) == (b"", 20)
            assert decode_frames(b"\n".join(lines[2:])) != []
            assert bench.link.stats()["responses_dropped"] == 1

    run(scenario)


def test_reset_happens_after_its_answer_and_waiting_log_lines_are_out():
    async def scenario():
        async with Bench(itertools.cycle([3])) as bench:
            bench.link.log("before")
            bench.link.log("at once")
            await bench.type_in(os_models.ResetWriteRequest())
            for _ in range(20):
                await settle()
            (answer,) = decode_frames(bench.sent_at_reset)
            os_models.ResetWriteResponse.loads(answer)
            assert text_lines(bench.sent_at_reset) == [b"before", b"at once"]

    run(scenario)


def test_reset_does_not_wait_for_a_host_that_does_not_read():
    async def scenario():
        async with Bench() as bench:
            bench.console.set_reading(False)
            for n in range(16):
                bench.link.log(f"line {n}")
            await bench.type_in(os_models.ResetWriteRequest())
            for _ in range(3):
                assert bench.sent_at_reset is None
                bench.clock.advance(STALL_MS)
                await settle()
            assert bench.sent_at_reset == b""

    run(scenario)


def test_nothing_is_handled_between_the_answer_to_reset_and_the_reset():
    async def scenario():
        async with Bench(itertools.cycle([5, 0])) as bench:
            for n in range(5):  # sent after the answer: the reader has time to go on
                bench.link.log(f"line {n}")
            await bench.type_in(os_models.ResetWriteRequest(), echo("too late"))
            for _ in range(20):
                await settle()
            assert text_lines(bench.sent_at_reset)[-1] == b"line 4"
            assert len(decode_frames(bench.sent_at_reset)) == 1
            assert bench.requests_at_reset == 1

    run(scenario)


def test_stats_count_what_came_and_went():
    async def scenario():
        async with Bench() as bench:
            bench.console.type_in(b"noise\n")
            await bench.type_in(echo("a"), os_models.MCUMgrParametersReadRequest())
            stats = bench.link.stats()
            assert stats["packets"] == stats["requests"] == stats["responses"] == 2
            assert stats["noise_bytes"] == 6
            assert stats["tx_bytes"] == len(bench.console.sent)
            assert all(type(value) is int for value in stats.values())

    run(scenario)


def test_a_failing_handler_is_told_on_the_console():
    async def scenario():
        async with Bench() as bench:
            bench.server.register(72, 9, READ, lambda request: 1 // 0)
            bench.console.type_in(encode_frames([b"\x08\0\0\1\0\x48\0\x09\xa0"]))
            await settle()
            (line,) = text_lines(bench.console.sent)
            assert b"72/9" in line
            assert b"ZeroDivisionError" in line

    run(scenario)


def test_nothing_of_a_request_stays_in_what_it_was_received_with():
    async def scenario():
        async with Bench() as bench:
            await bench.type_in(os_models.EchoWriteRequest(d="7391846205174836"))
            assert bench.echoes() == ["7391846205174836"]
            assert len(bench.console.read_into) and not any(bench.console.read_into)
            assert not any(bench.link._receiver.message)

    asyncio.run(scenario())
