"""The HAL's contracts (firmware/hal/contracts.py), judged on a running board.

`hal_probe.py` runs on the handset instead of the application and answers over the console; the
bench plays the world around it. The same suite serves every port.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serial

from handsetctl.bench.virtual_bench import VirtualBench

PROBE = Path(__file__).with_name("hal_probe.py")
READY_TIMEOUT_S = 20.0
ANSWER_TIMEOUT_S = 5.0


class Probe:
    """The board's parts, called from here."""

    def __init__(self, port: str) -> None:
        self._serial = serial.serial_for_url(port, timeout=ANSWER_TIMEOUT_S)

    def close(self) -> None:
        self._serial.close()

    def ask(self, part: str, call: str, *args: Any) -> dict[str, Any]:
        self.start(part, call, *args)
        return self.finish()

    def start(self, part: str, call: str, *args: Any) -> None:
        request = {"part": part, "call": call, "args": args}
        self._serial.write(json.dumps(request).encode() + b"\n")

    def finish(self) -> dict[str, Any]:
        while True:
            line = self._serial.readline()
            assert line, "the probe did not answer in time"
            if line.startswith(b"=") and not line.startswith(b"=ready"):
                answer: dict[str, Any] = json.loads(line[1:])
                return answer

    def reset(self) -> None:
        """Ask for a reset and wait until the probe runs again."""
        self._serial.reset_input_buffer()
        self.start("power", "reset")
        line = self._serial.readline()
        while not line.startswith(b"=ready"):
            assert line, "the probe did not come back after its reset"
            line = self._serial.readline()

    def result(self, part: str, call: str, *args: Any) -> Any:
        answer = self.ask(part, call, *args)
        assert "error" not in answer, answer
        return answer["result"]

    def buffer(self, part: str, call: str, *args: Any) -> bytes:
        answer = self.ask(part, call, *args)
        assert "error" not in answer, answer
        return bytes.fromhex(answer["buffers"][-1])


@pytest.fixture(scope="module")
def probed(board_name: str, state_dir: Path) -> Iterator[VirtualBench]:
    with VirtualBench(state_dir, names=("A", "B"), board=board_name, main=PROBE) as bench:
        bench.wait_ready(READY_TIMEOUT_S)
        yield bench


@pytest.fixture(scope="module")
def board(probed: VirtualBench) -> Iterator[Probe]:
    probe = Probe(probed["A"].port)
    yield probe
    probe.close()


@pytest.fixture(scope="module")
def other_board(probed: VirtualBench) -> Iterator[Probe]:
    probe = Probe(probed["B"].port)
    yield probe
    probe.close()


def test_clock_ticks_forward_and_compares_across_the_wrap(board: Probe) -> None:
    first = board.result("clock", "ticks_ms")
    second = board.result("clock", "ticks_ms")
    assert board.result("clock", "ticks_diff", second, first) >= 0
    before_wrap = board.result("clock", "ticks_add", 0, -5)
    after_wrap = board.result("clock", "ticks_add", before_wrap, 12)
    assert board.result("clock", "ticks_diff", after_wrap, before_wrap) == 12
    assert board.result("clock", "ticks_diff", before_wrap, after_wrap) == -12


def test_clock_keeps_the_date_it_was_given(board: Probe) -> None:
    given = 1_750_000_000_000
    board.result("clock", "set_utc_ms", given)
    assert 0 <= board.result("clock", "utc_ms") - given < 2_000


def test_flash_reads_erased_and_keeps_what_was_programmed(board: Probe) -> None:
    sector = board.result("flash", "sector_bytes")
    assert board.result("flash", "size_bytes") % sector == 0
    board.result("flash", "erase", 0)
    assert board.buffer("flash", "read", 0, {"buf": 4}) == b"\xff" * 4
    board.result("flash", "program", 0, {"hex": "a5005a0f"})
    assert board.buffer("flash", "read", 0, {"buf": 4}) == b"\xa5\x00\x5a\x0f"


def test_flash_programming_clears_bits_only(board: Probe) -> None:
    board.result("flash", "erase", 0)
    board.result("flash", "program", 0, {"hex": "f0"})
    board.result("flash", "program", 0, {"hex": "30"})
    assert board.ask("flash", "program", 0, {"hex": "31"})["error"] == "OSError"
    assert board.buffer("flash", "read", 0, {"buf": 1}) == b"\x30"


def test_flash_refuses_what_is_outside_or_unaligned(board: Probe) -> None:
    size = board.result("flash", "size_bytes")
    assert board.ask("flash", "read", size - 1, {"buf": 2})["error"] == "ValueError"
    assert board.ask("flash", "program", -1, {"hex": "00"})["error"] == "ValueError"
    assert board.ask("flash", "erase", 1)["error"] == "ValueError"
    assert board.ask("flash", "erase", size)["error"] == "ValueError"


def test_flash_survives_a_power_cut(probed: VirtualBench, board: Probe) -> None:
    sector = board.result("flash", "sector_bytes")
    board.result("flash", "erase", sector)
    board.result("flash", "program", sector, {"hex": "0badcafe"})
    probed["A"].reset()
    probed.wait_ready(READY_TIMEOUT_S)
    assert board.buffer("flash", "read", sector, {"buf": 4}) == bytes.fromhex("0badcafe")


def test_rng_gives_different_bytes_each_time(board: Probe) -> None:
    draws = {board.buffer("rng", "fill", {"buf": 16}) for _ in range(8)}
    assert len(draws) == 8


def test_rng_fills_all_of_a_buffer(board: Probe) -> None:
    """More than a source gives at once: no part stays as it was, or comes twice."""
    drawn = board.buffer("rng", "fill", {"buf": 1000})
    parts = [drawn[i : i + 8] for i in range(0, 1000, 8)]
    assert len(set(parts)) == len(parts)
    assert bytes(8) not in parts


def test_buttons_report_every_edge_in_order(probed: VirtualBench, board: Probe) -> None:
    handset = probed["A"]
    for button in ("ptt", "geo", "ptt"):
        handset.press(button)
        handset.release(button)
    edges = [board.result("buttons", "next_edge") for _ in range(6)]
    assert edges == [[name, pressed] for name in ("ptt", "geo", "ptt") for pressed in (True, False)]


def test_indicator_shows_at_the_bench(probed: VirtualBench, board: Probe) -> None:
    since = probed.now_s()
    board.result("indicator", "show", "talk")
    probed["A"].wait_output("led", "talk", ANSWER_TIMEOUT_S, since=since)
    board.result("indicator", "show_geo", "fix")
    probed["A"].wait_output("geo_led", "fix", ANSWER_TIMEOUT_S, since=since)


def test_gnss_is_silent_until_powered_and_after(probed: VirtualBench, board: Probe) -> None:
    handset = probed["A"]
    sentence = "$GPRMC,120000.000,V,,,,,,,010125,,*2A"
    assert handset.output("gnss_power") == "0"
    board.start("gnss", "power", True)
    board.finish()
    handset.wait_output("gnss_power", "1", ANSWER_TIMEOUT_S)
    handset.gnss_play([sentence])
    n_bytes = board.ask("gnss", "read", {"buf": 128})
    assert bytes.fromhex(n_bytes["buffers"][0])[: n_bytes["result"]] == sentence.encode() + b"\r\n"
    board.result("gnss", "power", False)
    handset.wait_output("gnss_power", "0", ANSWER_TIMEOUT_S)


def test_radio_keeps_datagrams_apart_and_channels_too(board: Probe, other_board: Probe) -> None:
    for channel in ("radio.media", "radio.floor"):
        assert other_board.result(channel, "recv", {"buf": 64}) == -1
        assert board.result(channel, "send", {"hex": "0102"}, 2) is True
        assert board.result(channel, "send", {"hex": "030405"}, 3) is True
        other_board.result(channel, "readable")
        received = []
        while len(received) < 2:
            other_board.result(channel, "readable")
            answer = other_board.ask(channel, "recv", {"buf": 64})
            received.append(answer["buffers"][0][: 2 * answer["result"]])
        assert received == ["0102", "030405"]


def test_audio_takes_turns_with_the_codecs_it_names(board: Probe) -> None:
    codecs = board.result("audio", "codecs")
    assert {"amrwb", "opus"} <= set(codecs)
    assert board.ask("audio", "configure", "g711", 64000, 8, 1, 0, 0)["error"] == "ValueError"
    board.result("audio", "open")
    board.result("audio", "configure", "amrwb", 12650, 96, 1, 0, 0)
    assert board.result("audio", "take", {"buf": 512}) == 0
    board.result("audio", "close")
    board.result("audio", "close")


def test_identity_is_what_the_bench_wired(board: Probe) -> None:
    assert board.result("identity", "serial_number").startswith("SIM-")
    assert board.result("identity", "user_id").startswith("sip:")


def test_power_reset_restarts_on_the_same_wires(probed: VirtualBench, board: Probe) -> None:
    boots = probed["A"].boots
    board.reset()
    assert board.result("clock", "ticks_diff", 5, 3) == 2
    assert probed["A"].boots == boots + 1
