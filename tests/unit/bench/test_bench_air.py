"""The air as a process of its own, with members on real sockets."""

import os
import select
import signal
import socket
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from handsetctl.bench.air_control import AirControl
from handsetctl.errors import BenchError

TIMEOUT_S = 20.0


class Member:
    """A handset's two radio sockets."""

    def __init__(self, air: AirControl, name: str) -> None:
        self.media = self._socket(air.media_port)
        self.floor = self._socket(air.floor_port)
        air.join(name, self.media.getsockname()[1], self.floor.getsockname()[1])

    def close(self) -> None:
        self.media.close()
        self.floor.close()

    @staticmethod
    def _socket(port: int) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.settimeout(TIMEOUT_S)
        sock.bind(("127.0.0.1", 0))
        sock.connect(("127.0.0.1", port))
        return sock


@pytest.fixture
def air() -> Iterator[AirControl]:
    air = AirControl(seed=3)
    yield air
    air.close()


@pytest.fixture
def members(air: AirControl) -> Iterator[tuple[Member, Member, Member]]:
    members = Member(air, "A"), Member(air, "B"), Member(air, "C")
    yield members
    for member in members:
        member.close()


def waiting(sock: socket.socket) -> int:
    """Datagrams that wait in a socket."""
    count = 0
    while select.select([sock], [], [], 0)[0]:
        sock.recv(2048)
        count += 1
    return count


def test_what_one_sends_all_others_get_on_the_same_kind(air: AirControl, members: tuple) -> None:
    a, b, c = members
    a.media.send(b"speech")
    a.floor.send(b"request")
    for other in (b, c):
        assert other.media.recv(2048) == b"speech"
        assert other.floor.recv(2048) == b"request"
    air.flush()
    assert waiting(a.media) == waiting(a.floor) == waiting(b.media) == waiting(c.floor) == 0
    assert air.sent_by("A") == 2 and air.sent_by("B") == 0


def test_an_empty_datagram_is_nothing(air: AirControl, members: tuple) -> None:
    a, b, _ = members
    a.media.send(b"")
    a.media.send(b"speech")
    assert b.media.recv(2048) == b"speech"
    assert air.sent_by("A") == 1


def test_perfect_air_takes_less_than_a_millisecond(members: tuple) -> None:
    a, b, _ = members
    delays_s = []
    for number in range(300):
        a.media.send(struct.pack("!I", number))
        sent_s = time.monotonic()
        assert struct.unpack("!I", b.media.recv(2048)) == (number,)
        delays_s.append(time.monotonic() - sent_s)
    assert statistics.median(delays_s) < 0.001


def test_delay_loss_and_cut_are_set_while_it_runs(air: AirControl, members: tuple) -> None:
    a, b, _ = members
    air.set(delay_ms=50.0)
    sent_s = time.monotonic()
    a.media.send(b"late")
    b.media.recv(2048)
    assert 0.050 <= time.monotonic() - sent_s < 1.0
    air.set(delay_ms=0.0, loss=1.0, target="B")
    a.media.send(b"lost")
    air.flush()
    assert waiting(b.media) == 0
    air.set(loss=0.0)
    air.cut("B")
    a.media.send(b"cut")
    air.flush()
    assert waiting(b.media) == 0
    air.cut("B", False)
    a.media.send(b"back")
    assert b.media.recv(2048) == b"back"
    link = air.stats()["links"]["A>B"]
    assert (link["offered"], link["delivered"], link["lost"], link["cut"]) == (4, 2, 1, 1)


def test_a_player_gets_a_copy_of_media_and_of_nothing_else(air: AirControl, members: tuple) -> None:
    a, b, _ = members
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as player:
        player.bind(("127.0.0.1", 0))
        player.settimeout(TIMEOUT_S)
        air.tap(player.getsockname()[1])
        a.floor.send(b"request")
        air.flush()
        a.media.send(b"one")
        b.media.send(b"two")
        assert {player.recv(2048), player.recv(2048)} == {b"one", b"two"}
        air.tap(None)
        a.media.send(b"three")
        air.flush()
        assert waiting(player) == 0


def test_a_capture_begins_and_ends_when_told(
    air: AirControl, members: tuple, tmp_path: Path
) -> None:
    a, b, _ = members
    a.media.send(b"before")
    air.flush()
    air.pcap(tmp_path / "air.pcap")
    a.media.send(b"first one")
    b.floor.send(b"the second")
    air.flush()
    air.pcap(None)
    a.media.send(b"afterwards")
    air.flush()
    image = (tmp_path / "air.pcap").read_bytes()
    assert b"first one" in image and b"the second" in image
    assert b"before" not in image and b"afterwards" not in image


def test_strangers_are_not_carried(air: AirControl, members: tuple) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"noise", ("127.0.0.1", air.media_port))
        air.flush()
    assert air.stats()["strangers"] == 1
    assert waiting(members[1].media) == 0


def test_refusals_say_why_and_change_nothing(air: AirControl, members: tuple) -> None:
    with pytest.raises(BenchError, match="probability"):
        air.set(loss=2.0)
    with pytest.raises(BenchError, match="lose"):
        air.set(lose=0.5)
    with pytest.raises(BenchError, match="D is not on the air"):
        air.cut("D")
    with pytest.raises(BenchError, match="pcap"):
        air.pcap(Path("/nonexistent/air.pcap"))
    for port in (0, 70000, -1):
        with pytest.raises(BenchError, match=f"{port} is not a port"):
            air.tap(port)
        with pytest.raises(BenchError, match=f"{port} is not a port"):
            air.join("B", port, port)
    members[0].media.send(b"still here")
    assert members[1].media.recv(2048) == b"still here"


def test_an_air_that_dies_is_told_with_its_end(air: AirControl) -> None:
    air.check()
    os.kill(air.pid, signal.SIGKILL)
    assert select.select([air.fileno()], [], [], TIMEOUT_S)[0]
    with pytest.raises(BenchError, match="air process ended .signal 9."):
        air.check()
    with pytest.raises(BenchError, match="air process ended .signal 9."):
        air.stats()


def test_closing_ends_the_process_and_later_calls_fail() -> None:
    air = AirControl()
    air.close()
    air.close()
    with pytest.raises(BenchError, match="ended"):
        air.stats()


def test_help_teaches_and_the_example_works() -> None:
    command = [sys.executable, "-m", "handsetctl.bench.air"]
    told = subprocess.run([*command, "--help"], capture_output=True, text=True, timeout=60)
    assert told.returncode == 0
    assert "join" in told.stdout and "pcap" in told.stdout
    example = '{"id": 1, "do": "stats"}\nnonsense\n{"id": 2, "do": "fly"}\n'
    said = subprocess.run(command, input=example, capture_output=True, text=True, timeout=60)
    ready, stats, nonsense, unknown = said.stdout.splitlines()
    assert '"ready": true' in ready and '"ok": true' in stats
    assert '"ok": false' in nonsense and "--help" in unknown
    assert (said.returncode, said.stderr) == (0, "")


def test_no_descriptor_is_left_behind() -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        AirControl().close()
    assert len(os.listdir("/proc/self/fd")) == before
