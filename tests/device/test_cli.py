"""The command line as a person uses it: every command against running virtual handsets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HANDSETCTL = Path(sys.executable).with_name("handsetctl")
Run = subprocess.CompletedProcess[str]
RunCli = Callable[..., Run]


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> RunCli:
    """Runs `handsetctl` with a state of its own."""
    state = tmp_path_factory.mktemp("cli")
    environment = {**os.environ, "HANDSETCTL_STATE": str(state), "NO_COLOR": "1", "COLUMNS": "100"}

    def run(*arguments: str) -> Run:
        return subprocess.run(
            [str(HANDSETCTL), *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            env=environment,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def running(cli: RunCli) -> Iterator[RunCli]:
    """The same with two virtual handsets running."""
    started = cli("sim", "start")
    assert started.returncode == 0, started.stderr
    yield cli
    assert cli("sim", "stop").returncode == 0


def answer(run: Run) -> Any:
    """What a command said with --json."""
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_without_handsets_it_says_how_to_start_them(cli: RunCli) -> None:
    run = cli("info", "A")
    assert run.returncode == 7
    assert "handsetctl sim start" in run.stderr
    assert "Traceback" not in run.stderr
    assert answer(cli("sim", "list", "--json")) == []


def test_start_twice_is_start_once(running: RunCli) -> None:
    again = answer(running("sim", "start", "--json"))
    assert [handset["name"] for handset in again] == ["A", "B"]
    assert {handset["boots"] for handset in again} == {1}


def test_info_by_name_and_by_port_is_the_same(running: RunCli) -> None:
    by_name = answer(running("info", "A", "--json"))
    port = answer(running("sim", "list", "--json"))[0]["port"]
    assert answer(running("info", port, "--json")) == by_name
    assert by_name["serial_number"] == "SIM-0001"


def test_ptt_speech_and_what_is_heard(running: RunCli, tmp_path: Path) -> None:
    heard = tmp_path / "heard.wav"
    assert running("ptt", "press", "A").returncode == 0
    assert running("sim", "say", "A").returncode == 0
    assert running("sim", "hear", "B", str(heard), "--seconds", "2").returncode == 0
    assert running("ptt", "release", "A").returncode == 0
    with wave.open(str(heard)) as recording:
        assert recording.getnframes() == 2 * recording.getframerate()
        assert any(recording.readframes(recording.getnframes()))
    assert answer(running("voice", "stats", "B", "--json"))["rx_packets"] > 50


def test_codec_is_shown_and_chosen(running: RunCli) -> None:
    assert answer(running("voice", "codec", "B", "opus", "--json"))["name"] == "opus"
    assert answer(running("voice", "codec", "B", "--json")) == {
        "name": "opus",
        "bitrate_bps": 16000,
    }
    refused = running("voice", "codec", "B", "g711")
    assert refused.returncode == 6
    assert "g711" in refused.stderr


def test_geolocation_key_and_positions(running: RunCli) -> None:
    assert running("sim", "walk", "A", "--rate", "10").returncode == 0
    assert running("geo", "press", "A").returncode == 0
    assert answer(running("geo", "show", "A", "--json"))["enabled"] is True
    assert running("geo", "press", "A").returncode == 0
    assert answer(running("geo", "show", "A", "--json"))["enabled"] is False


def test_air_is_set_cut_tapped_and_captured(running: RunCli, tmp_path: Path) -> None:
    for arguments in (
        ("set", "--loss", "0.1"),
        ("set", "--loss", "0"),
        ("cut", "B"),
        ("restore", "B"),
        ("capture", str(tmp_path / "air.pcap")),
        ("capture",),
        ("tap", "--sdp", str(tmp_path / "call.sdp")),
        ("untap",),
    ):
        run = running("air", *arguments)
        assert run.returncode == 0, run.stderr
    assert "AMR-WB/16000" in (tmp_path / "call.sdp").read_text()
    assert (tmp_path / "air.pcap").stat().st_size >= 24
    assert set(answer(running("air", "stats", "--json"))["members"]) == {"A", "B"}


def test_power_cut_and_back(running: RunCli) -> None:
    assert running("sim", "power-off", "B").returncode == 0
    assert answer(running("sim", "list", "--json"))[1]["state"] == "off"
    assert running("sim", "power-on", "B").returncode == 0
    assert answer(running("sim", "list", "--json"))[1]["state"] == "on"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "says"),
    [
        (("info", "Z"), 7, "A, B"),
        (("info", "/dev/no-such-port"), 3, "no-such-port"),
        (("ptt", "press", "Z"), 7, "Z"),
        (("air", "set", "--loss", "2"), 7, "probability"),
        (("sim", "start", "--names", "X,Y"), 7, "A, B"),
        (("demo", "--codec", "g711"), 2, "g711"),
        (("nonsense",), 2, "nonsense"),
    ],
)
def test_errors_are_one_paragraph_with_their_exit_code(
    running: RunCli, arguments: tuple[str, ...], exit_code: int, says: str
) -> None:
    run = running(*arguments)
    assert run.returncode == exit_code, run.stderr
    assert says in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    "noun", ["", "sim", "info", "monitor", "ptt", "geo", "voice", "air", "demo"]
)
def test_help_teaches(cli: RunCli, noun: str) -> None:
    run = cli(*([noun] if noun else []), "--help")
    assert run.returncode == 0
    assert "Usage" in run.stdout
