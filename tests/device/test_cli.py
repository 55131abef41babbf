"""The command line as a person uses it: every command against running virtual handsets."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import typer
from typer.testing import CliRunner

from handsetctl.bench.client import BenchClient
from handsetctl.bench.faults import HandsetCrashed
from handsetctl.cli.demo import _leave_running as leave_running
from handsetctl.cli.main import app
from handsetctl.cli.output import show_facts, show_rows, tell

HANDSETCTL = Path(sys.executable).with_name("handsetctl")
Run = subprocess.CompletedProcess[str]


class RunCli:
    """Runs `handsetctl` with a state of its own."""

    def __init__(self, state: Path) -> None:
        self.state = state
        own = {"HANDSETCTL_STATE": str(state), "NO_COLOR": "1", "COLUMNS": "100"}
        self._environment = {**os.environ, **own}

    def __call__(self, *arguments: str) -> Run:
        return subprocess.run(
            [str(HANDSETCTL), *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            env=self._environment,
            check=False,
        )

    def popen(self, *arguments: str) -> subprocess.Popen[str]:
        """The same in the background."""
        return subprocess.Popen(
            [str(HANDSETCTL), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment,
        )


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> RunCli:
    return RunCli(tmp_path_factory.mktemp("cli"))


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
    assert {handset["board"] for handset in again} == {"sim"}


def test_handsets_of_another_board(board_name: str, state_dir: Path) -> None:
    cli = RunCli(state_dir)
    try:
        (started,) = answer(cli("sim", "start", "--board", board_name, "--names", "X", "--json"))
        assert started["board"] == answer(cli("info", "X", "--json"))["board"] == board_name
        assert answer(cli("sim", "list", "--json")) == [started]
    finally:
        assert cli("sim", "stop").returncode == 0


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
    assert answer(running("stats", "B", "voice", "--json"))["rx_packets"] > 50


def test_codec_is_shown_and_chosen(running: RunCli) -> None:
    assert answer(running("voice", "codec", "B", "opus", "--json"))["name"] == "opus"
    assert answer(running("voice", "codec", "B", "--json")) == {
        "name": "opus",
        "bitrate_bps": 16000,
        "dtx": False,
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


def test_the_store_is_exported_and_looked_at(running: RunCli, tmp_path: Path) -> None:
    for _ in range(2):
        assert running("geo", "press", "B").returncode == 0
    exported = answer(running("store", "export", "B", str(tmp_path / "b.jsonl"), "--json"))
    rows = [json.loads(line) for line in (tmp_path / "b.jsonl").read_text().splitlines()]
    assert exported["records"] == len(rows)
    assert [row["entry"]["on"] for row in rows if row["source"] == "consent"] == [True, False]
    looks = [answer(running("store", "verify", "B", "--json")) for _ in range(2)]
    assert [look["verdict"] for look in looks] == ["seen for the first time", "as it was left"]
    # No virtual board has fuses.
    assert looks[0]["dumped_flash"] == "not protected against a dumped flash"
    page = tmp_path / "flash.html"
    assert running("store", "stats", "B", "--page", str(page)).returncode == 0
    assert page.read_text().count("<title>sector") == 2 * 256


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


def test_a_dead_handset_is_named_with_its_state(running: RunCli) -> None:
    assert running("sim", "power-off", "A").returncode == 0
    for arguments in (("ptt", "press", "A"), ("geo", "press", "A"), ("info", "A")):
        run = running(*arguments)
        assert run.returncode == 7
        assert "switched off" in run.stderr and "handsetctl sim power-on A" in run.stderr
    assert running("sim", "power-on", "A").returncode == 0
    bench = BenchClient(running.state)
    os.kill(bench.list()[0].pid, signal.SIGSEGV)
    with pytest.raises(HandsetCrashed):
        bench.wait_output("A", "led", "fault", 20.0)
    for arguments in (("ptt", "press", "A"), ("info", "A")):
        run = running(*arguments)
        assert run.returncode == 7
        assert "signal 11" in run.stderr and "handsetctl sim power-off A" in run.stderr
    assert running("sim", "power-off", "A").returncode == 0
    assert running("sim", "power-on", "A").returncode == 0
    bench.wait_output("A", "ready", "1", 20.0)


def test_handsets_left_running_speak_the_codec_of_the_demonstration(
    running: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDSETCTL_STATE", str(running.state))
    leave_running("sim", "opus", 0, as_json=True)
    for name in ("A", "B"):
        assert answer(running("voice", "codec", name, "--json"))["name"] == "opus"
    sdp = tmp_path / "call.sdp"
    assert running("air", "tap", "--sdp", str(sdp)).returncode == 0  # learns it from a handset
    assert "opus/48000" in sdp.read_text()
    assert running("air", "untap").returncode == 0
    leave_running("sim", "amrwb", 0, as_json=True)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "says"),
    [
        (("info", "Z"), 7, "A, B"),
        (("info", "/dev/no-such-port"), 3, "no-such-port"),
        (("ptt", "press", "Z"), 7, "Z"),
        (("air", "set", "--loss", "2"), 7, "probability"),
        (("sim", "start", "--names", "X,Y"), 7, "A, B"),
        (("sim", "start", "--board", "qemu_rv32"), 7, "handsetctl sim stop"),
        (("sim", "start", "--board", "no_such"), 2, "no virtual board"),
        (("demo", "--board", "esp32_devkitc"), 2, "no virtual board"),
        (("demo", "--codec", "g711"), 2, "g711"),
        (("demo", "--presses", "0"), 2, "--presses"),
        (("demo", "--out", "/dev/null/x"), 2, "/dev/null/x"),
        (("air", "tap", "--port", "70000", "--sdp", "/dev/null"), 2, "--port"),
        (("air", "tap", "--sdp", "/nonexistent/[/x].sdp"), 2, "/nonexistent/[/x].sdp"),
        (("air", "capture", "/nonexistent/x.pcap"), 2, "/nonexistent/x.pcap"),
        (("sim", "hear", "A", "/nonexistent/x.wav"), 2, "/nonexistent/x.wav"),
        (("sim", "say", "A", "/nonexistent/x.wav"), 2, "/nonexistent/x.wav"),
        (("store", "status", "Z"), 7, "A, B"),
        (("store", "export", "A", "/nonexistent/x.csv"), 2, "/nonexistent/x.csv"),
        (("store", "unlock", "A", "--pin-file", "/nonexistent/pin"), 2, "/nonexistent/pin"),
        (("store", "wipe", "A", "--confirm", "SIM-0002"), 2, "SIM-0001"),
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


def test_ctrl_c_and_a_reader_that_left_are_no_errors_of_ours(running: RunCli) -> None:
    for arguments in (("sim", "list"), ("sim", "list", "--json")):
        with running.popen(*arguments) as unread:
            unread.stdout.close()
            assert (unread.stderr.read(), unread.wait(20)) == ("", 1)
    port = BenchClient(running.state).port("B")
    with running.popen("monitor", "B") as monitor:
        _wait_open(monitor, port)
        monitor.send_signal(signal.SIGINT)
        assert (monitor.stderr.read(), monitor.wait(20)) == ("", 0)
    with running.popen("sim", "hear", "A", "/dev/null", "--seconds", "60") as hearing:
        _wait_open(hearing, "socket:")
        hearing.send_signal(signal.SIGINT)
        assert "Traceback" not in hearing.stderr.read()
        assert hearing.wait(20) == 130


def _wait_open(process: subprocess.Popen[str], wanted: str) -> None:
    """Return once the process has opened a file whose name starts so: it is past its imports."""
    deadline_s = time.monotonic() + 20
    while not any(name.startswith(wanted) for name in _files_open_in(process.pid)):
        assert process.poll() is None
        assert time.monotonic() < deadline_s, f"it does not open {wanted}"
        os.sched_yield()


def _files_open_in(pid: int) -> set[str]:
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed in between
            found.add(os.readlink(link))
    return found


def _commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, *path, name)
        else:
            yield (*path, name), command


def test_what_is_missing_is_said_for_every_command() -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, click.Group)
    needy = [path for path, command in _commands(root) if any(p.required for p in command.params)]
    assert {("info",), ("ptt", "press"), ("air", "tap")} <= set(needy) and len(needy) >= 14
    for path in needy:
        result = CliRunner().invoke(app, path)
        assert (result.exit_code, type(result.exception)) == (2, SystemExit), path
        assert "Missing" in result.output, path


def test_what_a_device_says_is_not_markup(capsys: pytest.CaptureFixture[str]) -> None:
    nasty = "[/x] [red]\x1b[2J:warning:"
    shown = "[/x] [red]\ufffd[2J:warning:"
    show_facts(nasty, {nasty: nasty, "list": [nasty]}, as_json=False)
    show_rows(nasty, [{"user_id": nasty}], False, "none")
    tell("[/x] :warning:")
    said = capsys.readouterr().out
    assert said.count(shown) == 4 and said.endswith("[/x] :warning:\n")


def test_the_command_line_loads_nothing_heavy() -> None:
    script = (
        "import sys, handsetctl.cli.main; "
        "print({'numpy', 'scipy', 'matplotlib', 'smp', 'serial'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"


@pytest.mark.parametrize(
    "noun",
    ["", "sim", "info", "monitor", "ptt", "geo", "voice", "air", "store", "demo"],
    ids="handsetctl {}".format,  # no test is called [sim] that is not about the board of that name
)
def test_help_teaches(cli: RunCli, noun: str) -> None:
    run = cli(*([noun] if noun else []), "--help")
    assert run.returncode == 0
    assert "Usage" in run.stdout
