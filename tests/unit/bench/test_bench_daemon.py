"""The long-running bench and its client, with stand-in handsets."""

import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from handsetctl.bench import client
from handsetctl.bench.client import BenchClient
from handsetctl.bench.faults import BenchNotRunning, BenchTimeout, HandsetCrashed, PathUnusable
from handsetctl.bench.room import sine
from handsetctl.bench.wav import read_wav, write_wav
from handsetctl.errors import BenchError

TIMEOUT_S = 20.0
SLACK_S = 0.4
"""The stand-in's audio device is a Python loop: a busy machine may hold it up for so long."""


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    """A path too long for the address of a UNIX socket."""
    return tmp_path / ("long-" * 20)


@pytest.fixture
def start(state_dir: Path, stand_in: list[str]) -> Iterator[Callable[..., BenchClient]]:
    """Starts a bench of stand-ins in state_dir; it is stopped at the end."""

    def start(**options: object) -> BenchClient:
        return client.start(state_dir, **{"command": stand_in, "flash_bytes": 64, **options})

    yield start
    BenchClient(state_dir).stop()


@pytest.fixture
def running(start: Callable[..., BenchClient]) -> BenchClient:
    return start()


def test_start_list_stop_and_all_of_it_again(
    start: Callable[..., BenchClient], state_dir: Path
) -> None:
    first = start()
    listed = first.list()
    assert [status.name for status in listed] == ["A", "B"]
    assert all(status.state == "on" and status.boots == 1 for status in listed)
    assert all(os.path.exists(status.port) for status in listed)
    assert start().list() == listed  # started twice is started once
    pids = [status.pid for status in listed]
    assert first.stop() is True
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert first.stop() is False
    assert not first.running
    again = start(names=["X"])
    assert [status.name for status in again.list()] == ["X"]


def test_without_a_bench_every_call_says_how_to_start_one(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "never made"):
        with pytest.raises(BenchNotRunning) as caught:
            BenchClient(directory).press("A", "ptt")
        assert caught.value.next_step == "start one with: handsetctl sim start"
        assert not BenchClient(directory).running


def test_the_state_directory_is_named_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HANDSETCTL_STATE", str(tmp_path))
    assert BenchClient().state_dir == tmp_path


def test_other_handsets_than_those_running_are_refused(
    running: BenchClient, start: Callable[..., BenchClient]
) -> None:
    with pytest.raises(BenchError, match="A, B"):
        start(names=["A", "B", "C"])
    assert running.running


def test_another_board_than_that_running_is_refused(
    running: BenchClient, start: Callable[..., BenchClient]
) -> None:
    assert {status.board for status in running.list()} == {"sim"}
    assert start(board="sim").running
    with pytest.raises(BenchError, match="sim") as caught:
        start(board="qemu_rv32")
    assert caught.value.next_step == "stop it first: handsetctl sim stop"


def test_what_a_killed_bench_left_behind_is_no_obstacle(
    start: Callable[..., BenchClient], state_dir: Path
) -> None:
    pids = [status.pid for status in start().list()]
    daemon = int((state_dir / "sim.lock").read_text())
    pidfds = [os.pidfd_open(pid) for pid in (daemon, *pids)]
    os.kill(daemon, signal.SIGKILL)
    for pidfd in pidfds:
        assert select.select([pidfd], [], [], TIMEOUT_S)[0]
        os.close(pidfd)
    assert (state_dir / "sim.sock").exists()
    assert not BenchClient(state_dir).running
    assert BenchClient(state_dir).stop() is False
    assert start().running


def test_terminate_is_a_clean_stop(running: BenchClient, state_dir: Path) -> None:
    daemon = int((state_dir / "sim.lock").read_text())
    pidfd = os.pidfd_open(daemon)
    os.kill(daemon, signal.SIGTERM)
    assert select.select([pidfd], [], [], TIMEOUT_S)[0]
    os.close(pidfd)
    assert not (state_dir / "sim.sock").exists()
    assert (state_dir / "daemon.log").read_text() == ""


def test_firmware_that_dies_at_boot_is_reported_by_start(
    start: Callable[..., BenchClient], state_dir: Path
) -> None:
    script = "import sys; sys.exit('no such board')"
    with pytest.raises(HandsetCrashed, match="no such board") as caught:
        start(command=[sys.executable, "-S", "-c", script])
    assert caught.value.report.exit_status == 1
    assert not BenchClient(state_dir).running


def test_firmware_that_does_not_come_up_is_a_timeout(start: Callable[..., BenchClient]) -> None:
    script = "import signal; signal.pause()"
    with pytest.raises(BenchTimeout, match="did not come up"):
        start(command=[sys.executable, "-S", "-c", script], timeout_s=0.2)


def test_missing_firmware_is_reported_by_start(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="not built"):
        client.start(tmp_path, binary=tmp_path / "handset", flash_bytes=64)


def test_buttons_outputs_and_history(running: BenchClient) -> None:
    pressed_s = running.press("A", "ptt")
    lit_s = running.wait_output("A", "led", "talk", TIMEOUT_S, since=pressed_s)
    assert pressed_s <= lit_s <= running.now_s()
    assert running.output("A", "led") == "talk"
    running.release("A", "ptt")
    running.wait_output("A", "led", "idle", TIMEOUT_S, since=lit_s)
    seen = [(edge.name, edge.value) for edge in running.history("A", since=pressed_s)]
    assert seen == [("ptt", "1"), ("led", "talk"), ("ptt", "0"), ("led", "idle")]
    with pytest.raises(BenchTimeout):
        running.wait_output("A", "led", "fault", 0.0)


def test_sound_goes_in_and_comes_out_as_files(running: BenchClient, tmp_path: Path) -> None:
    tone = sine(300.0, 0.3, -12.0, 16000)
    write_wav(tmp_path / "said.wav", tone)
    record_s = running.record_start("A")
    start_s, duration_s = running.say("A", tmp_path / "said.wav", running.now_s() + SLACK_S)
    assert duration_s == 0.3
    running.hear("A", start_s + 0.06, start_s + 0.36 + SLACK_S, tmp_path / "heard.wav")
    assert np.array_equal(read_wav(tmp_path / "heard.wav")[: len(tone)], tone)
    assert running.record_stop("A", tmp_path / "record.wav")[0] == record_s
    recorded = read_wav(tmp_path / "record.wav")
    offset = round((start_s + 0.06 - record_s) * 16000)
    assert np.array_equal(recorded[offset : offset + len(tone)], tone)
    tone_s = running.tone("A", 300.0, 0.1, at_s=running.now_s() + SLACK_S)
    running.hear("A", tone_s + 0.06, tone_s + 0.16 + SLACK_S, tmp_path / "tone.wav")
    assert np.array_equal(read_wav(tmp_path / "tone.wav")[:1600], sine(300.0, 0.1, -12.0, 16000))


def test_relative_paths_are_the_callers(
    running: BenchClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    running.record_start("B")
    running.record_stop("B", Path("b.wav"))
    assert (tmp_path / "b.wav").exists()


def test_power_reset_and_crash(running: BenchClient, tmp_path: Path) -> None:
    running.power_off("A")
    assert running.list()[0].state == "off"
    running.power_on("A")
    running.wait_output("A", "ready", "1", TIMEOUT_S)
    before_s = running.now_s()
    running.reset("A")
    running.wait_output("A", "ready", "1", TIMEOUT_S, since=before_s)
    with open(running.port("A"), "wb", buffering=0) as port:
        port.write(b"die of old age\n")
        with pytest.raises(HandsetCrashed, match="of old age") as caught:
            running.wait_output("A", "led", "fault", TIMEOUT_S)
    assert caught.value.report.boots == 3
    status = running.list()[0]
    assert (status.state, status.crash) == ("crashed", caught.value.report)


def test_a_handset_that_is_off_takes_no_press_and_has_no_port(running: BenchClient) -> None:
    running.press("A", "ptt")
    running.power_off("A")
    calls = (lambda: running.press("A", "ptt"), lambda: running.port("A"))
    for call in (*calls, lambda: running.tone("A", 300.0, 0.1)):
        with pytest.raises(BenchError, match="switched off") as caught:
            call()
        assert caught.value.next_step == "give it power: handsetctl sim power-on A"
    running.release("A", "ptt")  # the finger may leave a dead key
    running.power_on("A")
    running.wait_output("A", "ready", "1", TIMEOUT_S)
    assert running.output("A", "led") == "idle"
    with open(running.port("A"), "wb", buffering=0) as port:
        port.write(b"die of old age\n")
    with pytest.raises(HandsetCrashed):
        running.wait_output("A", "led", "fault", TIMEOUT_S)
    for call in calls:
        with pytest.raises(HandsetCrashed, match="of old age") as crashed:
            call()
        assert "handsetctl sim power-off A, then handsetctl sim power-on A" in str(crashed.value)


def test_when_the_air_dies_every_command_but_stop_says_so(
    running: BenchClient, state_dir: Path, start: Callable[..., BenchClient]
) -> None:
    os.kill(_air_of(state_dir), signal.SIGKILL)
    with pytest.raises(BenchError, match="air process ended"):
        running.wait_output("A", "led", "talk", TIMEOUT_S)
    for call in (running.list, running.air_stats, start, lambda: running.press("A", "ptt")):
        with pytest.raises(BenchError, match="air process ended") as caught:
            call()
        assert "handsetctl sim stop" in caught.value.next_step
    assert running.running
    assert running.stop() is True
    assert start().list()


def test_unusable_paths_are_the_users_and_cost_nothing(
    running: BenchClient, tmp_path: Path
) -> None:
    nowhere = tmp_path / "none" / "file"
    now_s = running.now_s()
    running.record_start("A")
    for call in (
        lambda: running.say("A", nowhere),
        lambda: running.gnss_play("A", nowhere),
        lambda: running.hear("A", now_s + 3600.0, now_s + 7200.0, nowhere),
        lambda: running.record_stop("A", nowhere),
        lambda: running.pcap(nowhere),
        lambda: running.tap(5004, nowhere),
        lambda: client.start(Path("/dev/null/state")),
    ):
        with pytest.raises(PathUnusable) as caught:
            call()
        assert caught.value.exit_code == 2
    running.record_stop("A", tmp_path / "kept.wav")
    with pytest.raises(BenchError, match="no UDP port 70000"):
        running.tap(70000, tmp_path / "call.sdp")
    assert not (tmp_path / "call.sdp").exists()


def test_air_tap_capture_and_sky(running: BenchClient, tmp_path: Path) -> None:
    running.air(loss=1.0, source="A", target="B")
    running.pcap(tmp_path / "air.pcap")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as player:
        player.bind(("127.0.0.1", 0))
        player.settimeout(TIMEOUT_S)
        running.tap(player.getsockname()[1], tmp_path / "call.sdp", "opus")
        running.press("A", "ptt")
        assert player.recv(2048) == b"a frame of speech"
    running.tap(None)
    running.pcap(None)
    assert running.air_stats()["links"]["A>B"]["delivered"] == 0
    assert b"a frame of speech" in (tmp_path / "air.pcap").read_bytes()
    assert b"opus/48000/2" in (tmp_path / "call.sdp").read_bytes()
    running.cut("A")
    running.cut("A", False)
    (tmp_path / "walk.nmea").write_text("$GPRMC,120000,A*00\n")
    running.gnss_play("A", tmp_path / "walk.nmea", rate=5.0)
    running.gnss_stop("A")


def _air_of(state_dir: Path) -> int:
    """Process id of the air of the bench that holds this state directory."""
    daemon = (state_dir / "sim.lock").read_text().strip()
    pids = [
        pid
        for task in Path(f"/proc/{daemon}/task").iterdir()
        for pid in (task / "children").read_text().split()
    ]
    (air,) = [pid for pid in pids if b".bench.air\0" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return int(air)


def test_mistakes_are_told_and_the_bench_goes_on(running: BenchClient, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no virtual handset 'Z'"):
        running.press("Z", "ptt")
    with pytest.raises(BenchError, match="no virtual handset 'Z'"):
        running.port("Z")
    with pytest.raises(BenchError, match="no button"):
        running.press("A", "sos")
    with pytest.raises(BenchError, match="no such file"):
        running.say("A", tmp_path / "none.wav")
    with pytest.raises(BenchError, match="no such recording"):
        running.gnss_play("A", tmp_path / "none.nmea")
    with pytest.raises(BenchError, match="nothing is being recorded"):
        running.record_stop("A", tmp_path / "a.wav")
    (tmp_path / "walk.nmea").write_text("$GPRMC,120000,A*00\n")
    with pytest.raises(BenchError, match="rate"):
        running.gnss_play("A", tmp_path / "walk.nmea", rate=0.0)
    with pytest.raises(BenchError, match="loss"):
        running.air(loss=7.0)
    running.record_start("A")
    with pytest.raises(BenchError, match="already"):
        running.record_start("A")
    assert running.running
