"""A virtual bench around stand-in handsets: wires, power, supervision, resources."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from handsetctl.bench.faults import BenchTimeout, HandsetCrashed
from handsetctl.bench.room import sine
from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.errors import BenchError

TIMEOUT_S = 20.0
FLASH_BYTES = 8192
SLACK_S = 0.4
"""The stand-in's audio device is a Python loop: a busy machine may hold it up for so long."""
WALK = ["$GPRMC,120000,A*00", "$GPRMC,120001,A*00", "$GPRMC,120002,A*00"]


def wait_gone(pid: int) -> bool:
    """Whether a process has ended, waiting for it with a deadline."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([pidfd], [], [], TIMEOUT_S)[0])
    finally:
        os.close(pidfd)


# Wires


def test_wiring_names_every_wire_and_who_this_is(bench: VirtualBench, connect: Callable) -> None:
    wiring = json.loads((bench["B"].state_dir / "wiring.json").read_text())
    assert wiring["identity"] == {"serial_number": "SIM-0002", "user_id": "sip:b@sim.invalid"}
    assert Path(wiring["flash"]).read_bytes() == b"\xff" * FLASH_BYTES
    host = connect("B")
    host.write("fds")
    inherited = set(host.read_until("fds").split()[1:])
    wires = {str(wiring[f"{name}_fd"]) for name in ("pins", "gnss", "media", "floor")}
    # Besides the wires and the console: only what the listing itself and the tape opened.
    assert wires | {"0", "1", "2"} <= inherited
    assert len(inherited) <= 3 + 4 + 2


def test_a_press_lights_the_led_and_reaches_the_other_by_air(
    bench: VirtualBench, connect: Callable
) -> None:
    host = connect("B")
    pressed_s = bench["A"].press("ptt")
    lit_s = bench["A"].wait_output("led", "talk", TIMEOUT_S, since=pressed_s)
    assert lit_s >= pressed_s
    assert host.read_until("media") == "media b'a frame of speech'"
    released_s = bench["A"].release("ptt")
    bench["A"].wait_output("led", "idle", TIMEOUT_S, since=released_s)
    names = [edge.name for edge in bench["A"].history(since=pressed_s)]
    assert names == ["ptt", "led", "ptt", "led"]


def test_what_is_said_is_heard_to_the_sample_sixty_ms_later(bench: VirtualBench) -> None:
    tone = sine(440.0, 0.3, -12.0, 16000)
    start_s = bench["A"].say_tone(440.0, 0.3, -12.0, at_s=bench.now_s() + SLACK_S)
    heard = bench["A"].hear(start_s + 0.06, start_s + 0.36 + SLACK_S)
    assert bench.now_s() >= start_s + 0.36 + SLACK_S
    assert np.array_equal(heard[: len(tone)], tone)
    assert not heard[len(tone) :].any()
    assert not bench["B"].hear(start_s + 0.06, start_s + 0.36).any()


def test_nmea_flows_while_the_receiver_has_power_and_is_lost_otherwise(
    bench: VirtualBench, connect: Callable
) -> None:
    host = connect("A")
    handset = bench["A"]
    handset.gnss_play(WALK, rate=0.001)  # the first epoch falls at once, the next much later
    assert (handset.gnss.bytes_lost, handset.gnss.bytes_sent) == (len(WALK[0]) + 2, 0)
    host.write("gnss 1")
    handset.wait_output("gnss_power", "1", TIMEOUT_S)
    handset.gnss_play(WALK[1:2])
    assert host.read_until("gnss") == "gnss b'$GPRMC,120001,A*00\\r\\n'"
    handset.gnss_play(WALK, rate=0.001)
    handset.gnss_stop()
    assert not handset.gnss.playing


# Power and supervision


def test_a_reset_that_the_firmware_asks_for_keeps_every_wire(
    bench: VirtualBench, connect: Callable
) -> None:
    handset, host = bench["A"], connect("A")
    port, before_s = handset.port, bench.now_s()
    host.write("reset")
    down_s = handset.wait_output("ready", "0", TIMEOUT_S, since=before_s)
    handset.wait_output("ready", "1", TIMEOUT_S, since=down_s)
    host.write("echo hello again")
    assert host.read_until("hello") == "hello again"
    assert (handset.port, handset.boots, handset.state) == (port, 2, "on")
    bench["B"].press("ptt")
    assert host.read_until("floor") == "floor b'floor request'"


def test_endless_resets_are_a_crash(tmp_path: Path) -> None:
    command = [sys.executable, "-S", "-c", "import os; os._exit(64)"]
    with VirtualBench(tmp_path / "loop", ["X"], command=command, flash_bytes=1) as looping:
        with pytest.raises(HandsetCrashed, match="resets"):
            looping.wait_ready(TIMEOUT_S)
        assert looping["X"].boots < 30


def test_a_crash_is_reported_with_its_last_words(bench: VirtualBench, connect: Callable) -> None:
    host = connect("A")
    host.write("die Traceback: boom")
    with pytest.raises(HandsetCrashed) as caught:
        bench["A"].wait_output("led", "talk", TIMEOUT_S)
    report = caught.value.report
    assert (report.handset, report.exit_status, report.boots) == ("A", 3, 1)
    assert report.text.strip() == "Traceback: boom"
    assert host.read_until("Traceback") == "Traceback: boom"  # a host reads it on the wire too
    assert bench["A"].state == "crashed" and bench["A"].output("led") == "off"
    assert bench["B"].state == "on"
    with pytest.raises(HandsetCrashed):
        bench["A"].hear(bench.now_s(), bench.now_s() + 0.01)
    with pytest.raises(HandsetCrashed):
        bench["A"].power_on()


def test_a_signal_and_the_unread_console_tell_the_rest(
    bench: VirtualBench, connect: Callable
) -> None:
    connect("A").write("quit last line")
    with pytest.raises(HandsetCrashed, match="last line"):
        bench["A"].wait_output("led", "talk", TIMEOUT_S)
    connect("B").write("crash")
    with pytest.raises(HandsetCrashed, match=f"signal {int(signal.SIGABRT)}"):
        bench["B"].wait_output("led", "talk", TIMEOUT_S)


def test_a_crashed_handset_comes_back_by_off_and_on(bench: VirtualBench, connect: Callable) -> None:
    connect("A").write("die")
    with pytest.raises(HandsetCrashed):
        bench["A"].wait_output("led", "talk", TIMEOUT_S)
    bench["A"].power_off()
    assert bench["A"].state == "off"
    bench["A"].power_on()
    bench["A"].wait_output("ready", "1", TIMEOUT_S)
    bench["A"].check()


def test_a_power_cut_is_sudden_and_the_port_stays(bench: VirtualBench, connect: Callable) -> None:
    handset, host = bench["A"], connect("A")
    pid, port = handset.pid, handset.port
    host.write("child")
    child = int(host.read_until("child").split()[1])
    handset.press("ptt")
    handset.wait_output("led", "talk", TIMEOUT_S)
    handset.power_off()
    assert wait_gone(pid) and wait_gone(child)
    assert (handset.state, handset.pid, handset.output("led")) == ("off", None, "off")
    assert handset.output("ptt") == "1"  # the finger is still there
    host.write("echo into the void")
    handset.power_on()
    handset.wait_output("led", "talk", TIMEOUT_S)  # the held button was seen at boot
    host.write("echo back")
    host.read_until("boot")
    assert host.read_until("") == "back"
    assert handset.port == port and handset.crash is None


def test_what_was_on_the_air_while_off_is_not_heard_later(
    bench: VirtualBench, connect: Callable
) -> None:
    bench["B"].power_off()
    bench["A"].press("ptt")
    bench["A"].wait_output("led", "talk", TIMEOUT_S)
    bench.air.flush()
    bench["B"].reset()
    bench["B"].wait_output("ready", "1", TIMEOUT_S)
    host = connect("B")
    host.write("echo done")
    host.read_until("boot SIM-0002")
    host.read_until("boot SIM-0002")
    assert host.read_until("") == "done"
    assert bench.air.stats()["links"]["A>B"]["delivered"] == 2


def test_when_the_air_dies_waits_and_checks_say_so(bench: VirtualBench) -> None:
    bench.check()
    os.kill(bench.air.pid, signal.SIGKILL)
    with pytest.raises(BenchError, match="air process ended"):
        bench["A"].wait_output("led", "talk", TIMEOUT_S)
    bench["B"].reset()  # a handset's own life goes on, and does not hide it
    with pytest.raises(BenchError, match="air process ended"):
        bench["B"].wait_output("led", "talk", TIMEOUT_S)
    for check in (bench.check, bench["A"].check):
        with pytest.raises(BenchError, match="air process ended"):
            check()


def test_power_on_twice_is_once(bench: VirtualBench) -> None:
    bench["A"].power_on()
    assert bench["A"].boots == 1
    bench["A"].power_off()
    bench["A"].power_off()
    assert bench["A"].state == "off"


def test_flash_outlives_the_bench_and_must_fit(tmp_path: Path, stand_in: list[str]) -> None:
    VirtualBench(tmp_path, ["A"], command=stand_in, flash_bytes=64).close()
    (tmp_path / "A" / "flash.bin").write_bytes(b"x" * 64)
    secret = tmp_path / "A" / "device_secret.bin"
    assert secret.stat().st_mode & 0o077 == 0
    before = secret.read_bytes()
    assert len(before) == 32 and before != bytes(32)
    VirtualBench(tmp_path, ["A"], command=stand_in, flash_bytes=64).close()
    assert (tmp_path / "A" / "flash.bin").read_bytes() == b"x" * 64
    assert secret.read_bytes() == before
    with pytest.raises(BenchError, match="64 bytes"):
        VirtualBench(tmp_path, ["A"], command=stand_in, flash_bytes=128)


def test_a_silent_firmware_is_named_with_what_its_console_says(tmp_path: Path) -> None:
    script = "import signal; print('stuck here', flush=True); signal.pause()"
    command = [sys.executable, "-S", "-c", script]
    with VirtualBench(tmp_path, ["X"], command=command, flash_bytes=1) as bench:
        os.close(_wait_readable(bench["X"].port))
        with pytest.raises(BenchTimeout, match="stuck here") as caught:
            bench.wait_ready(0.0)
    assert "handset X" in caught.value.subject


def test_missing_firmware_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(BenchError) as caught:
        VirtualBench(tmp_path, binary=tmp_path / "handset", flash_bytes=1)
    assert "make" in caught.value.next_step


@pytest.mark.parametrize("names", [[], ["A", "A"], ["../A"], [""]])
def test_names_must_be_different_and_plain(names: list[str], tmp_path: Path) -> None:
    with pytest.raises(BenchError):
        VirtualBench(tmp_path, names, command=["true"], flash_bytes=1)


# Resources


def test_fifty_starts_leave_no_descriptor_and_no_zombie(bench: VirtualBench) -> None:
    handset = bench["A"]
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        handset.reset()
    handset.wait_output("ready", "1", TIMEOUT_S)
    assert len(os.listdir("/proc/self/fd")) == before
    assert handset.boots == 51
    assert not any(_is_zombie(pid) for pid in _children())


def test_a_closed_bench_leaves_nothing(tmp_path: Path, stand_in: list[str]) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with VirtualBench(tmp_path, command=stand_in, flash_bytes=1) as bench:
        bench.wait_ready(TIMEOUT_S)
        pids = [handset.pid for handset in bench.handsets.values()]
    bench.close()
    assert len(os.listdir("/proc/self/fd")) == before
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_handsets_die_with_a_bench_that_is_killed(tmp_path: Path, stand_in: list[str]) -> None:
    script = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from handsetctl.bench.virtual_bench import VirtualBench\n"
        "bench = VirtualBench(Path(sys.argv[1]), command=json.loads(sys.argv[2]), flash_bytes=1)\n"
        "bench.start(); bench.wait_ready(20.0)\n"
        "print(json.dumps([h.pid for h in bench.handsets.values()]), flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path), json.dumps(stand_in)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        pids = json.loads(holder.stdout.readline())
        assert len(pids) == 2
        holder.kill()
        holder.wait(TIMEOUT_S)
    assert all(wait_gone(pid) for pid in pids)


def _children() -> list[int]:
    found = []
    for task in Path("/proc/self/task").iterdir():
        found += [int(pid) for pid in (task / "children").read_text().split()]
    return found


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def _wait_readable(port: str) -> int:
    """A descriptor of the port, once something can be read from it."""
    fd = os.open(port, os.O_RDONLY | os.O_NOCTTY)
    assert select.select([fd], [], [], TIMEOUT_S)[0]
    return fd
