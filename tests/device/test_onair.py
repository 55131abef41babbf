"""What is on the air, judged by programs that are not ours: Wireshark and ffmpeg."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest

from handsetctl import speech
from handsetctl.bench.interface import AUDIO_RATE_HZ
from handsetctl.bench.pcap import PORTS
from handsetctl.bench.sdp import write_sdp
from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.demo import presses
from handsetctl.device import Device
from handsetctl.measure.align import align
from handsetctl.measure.intelligibility import stoi
from handsetctl.tree import SPEECH_DIR, THIRD_PARTY_DIR

EDGE_TIMEOUT_S = 3.0
PLAYER_TIMEOUT_S = 30.0
STOI_LIMIT = {"amrwb": 0.95, "opus": 0.93}


@pytest.fixture(scope="module")
def capture(bench: VirtualBench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A call with a contended floor, as a pcap file."""
    path = tmp_path_factory.mktemp("air") / "call.pcap"
    bench.air.pcap(path)
    pressed_s = bench["A"].press("ptt")
    bench["B"].wait_output("led", "receive", EDGE_TIMEOUT_S, since=pressed_s)
    bench["B"].press("ptt")
    bench["B"].wait_output("led", "denied", EDGE_TIMEOUT_S, since=pressed_s)
    bench["B"].release("ptt")
    bench.wait_until(bench.now_s() + 0.3)
    bench["A"].release("ptt")
    bench["B"].wait_output("led", "idle", EDGE_TIMEOUT_S, since=pressed_s)
    bench.air.flush()
    bench.air.pcap(None)
    return path


def tshark(path: Path, *fields: str, display_filter: str) -> list[list[str]]:
    """The fields of every packet that passes the filter."""
    command = ["tshark", "-r", str(path), "-T", "fields", "-Y", display_filter]
    command += ["-d", f"udp.port=={PORTS['media']},rtp", "-d", f"udp.port=={PORTS['floor']},rtcp"]
    for name in fields:
        command += ["-e", name]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return [line.split("\t") for line in run.stdout.splitlines()]


def test_wireshark_reads_floor_control_as_mcptt(
    capture: Path, device_a: Device, device_b: Device
) -> None:
    rows = tshark(
        capture, "rtcp.app.subtype", "rtcp.app.name", "_ws.col.Info", display_filter="rtcp"
    )
    assert rows
    assert {row[1] for row in rows} == {"MCPT"}
    subtypes = [int(row[0]) for row in rows]
    # Request three times unanswered, Taken; B's Request, A's Deny; A's Release.
    assert subtypes[:4] == [0, 0, 0, 2]
    assert 3 in subtypes
    assert subtypes[-1] == 4


def test_wireshark_finds_nothing_malformed(capture: Path) -> None:
    assert tshark(capture, "frame.number", display_filter="_ws.malformed || _ws.expert") == []


def test_wireshark_reads_media_as_rtp_with_a_marker_at_the_start(capture: Path) -> None:
    rows = tshark(
        capture,
        "rtp.version",
        "rtp.p_type",
        "rtp.marker",
        "rtp.seq",
        "rtp.timestamp",
        display_filter="rtp",
    )
    assert len(rows) > 10
    assert {row[0] for row in rows} == {"2"}
    assert {row[1] for row in rows} == {"96"}
    assert [row[2] for row in rows] == ["1"] + ["0"] * (len(rows) - 1)
    sequence = [int(row[3]) for row in rows]
    assert all((b - a) & 0xFFFF == 1 for a, b in zip(sequence, sequence[1:]))
    timestamps = [int(row[4]) for row in rows]
    assert all((b - a) & 0xFFFFFFFF == 320 for a, b in zip(timestamps, timestamps[1:]))


def free_even_port() -> int:
    """An even UDP port with a free odd one above it, as RTP and RTCP want them."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port % 2 == 0:
            return port


def wait_until_bound(bench: VirtualBench, port: int) -> None:
    """Until some process listens on a UDP port (the kernel's table says so)."""
    deadline_s = bench.now_s() + PLAYER_TIMEOUT_S
    while f":{port:04X} " not in Path("/proc/net/udp").read_text():
        assert bench.now_s() < deadline_s, "the player does not listen"
        bench.wait_until(bench.now_s() + 0.02)


class Player:
    """ffmpeg, listening to a call through the SDP that handsetctl wrote.

    It ends by itself after `duration_s` of sound: asked to end, it waits 10 s for more packets.
    """

    def __init__(self, sdp: Path, wav: Path, duration_s: float) -> None:
        self._wav = wav
        self._process = subprocess.Popen(
            [
                imageio_ffmpeg.get_ffmpeg_exe(),
                *("-loglevel", "warning", "-protocol_whitelist", "file,udp,rtp"),
                *("-probesize", "32", "-analyzeduration", "0", "-i", str(sdp)),
                *("-t", f"{duration_s:.3f}", "-ar", str(AUDIO_RATE_HZ), "-ac", "1"),
                *("-y", str(wav)),
            ],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def finish(self) -> np.ndarray[Any, np.dtype[np.int16]]:
        """The sound, once it has written its file."""
        _, said = self._process.communicate(timeout=PLAYER_TIMEOUT_S)
        assert self._process.returncode == 0, said.decode()
        return speech.read_wav(self._wav)[0]


@pytest.fixture
def phrase() -> Any:
    return speech.load_phrases(THIRD_PARTY_DIR, SPEECH_DIR, 1, min_s=3.0)[0]


@pytest.mark.parametrize("codec", ["amrwb", "opus"])
def test_ffmpeg_hears_the_same_speech(
    bench: VirtualBench,
    device_a: Device,
    device_b: Device,
    tmp_path: Path,
    phrase: Any,
    codec: str,
) -> None:
    for device in (device_a, device_b):
        device.set_codec(codec, 0)
    port = free_even_port()
    sdp = tmp_path / "call.sdp"
    write_sdp(sdp, codec, port)
    player = Player(sdp, tmp_path / "heard.wav", phrase.size / AUDIO_RATE_HZ)
    wait_until_bound(bench, port)
    bench.air.tap(port)
    press = presses.talk_after_permission(bench, bench["A"], bench["B"], phrase)
    bench.air.flush()
    bench.air.tap(None)
    heard = player.finish()
    # The player's file starts with the first packet, that is with the permission.
    silence = np.zeros(round((press.permitted_s - press.start_s) * AUDIO_RATE_HZ), np.int16)
    heard = np.concatenate([silence, heard])
    alignment = align(press.spoken, heard, AUDIO_RATE_HZ)
    assert stoi(press.spoken, heard, AUDIO_RATE_HZ, alignment) >= STOI_LIMIT[codec]
