"""Opus from and to ffmpeg: with the library in floating point, and with its own decoder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from codec_streams import Settings, Stream, build_stream
from ogg_opus import read_ogg, write_ogg
from replay_files import Samples
from replay_machines import NATIVE

from handsetctl.measure.intelligibility import stoi
from handsetctl.speech import RATE_HZ, load_speech
from handsetctl.tree import SPEECH_DIR, THIRD_PARTY_DIR

_SPEECH_S = 10
_OURS = {6000: 0.82, 11000: 0.95, 12000: 0.92, 16000: 0.95, 24000: 0.97}
# ffmpeg's settings, and how much of the speech must arrive.
_THEIRS = {
    "speech-12k": (["-b:a", "12k", "-application", "voip"], 0.96),
    "speech-16k-constant": (["-b:a", "16k", "-application", "voip", "-vbr", "off"], 0.97),
    "speech-24k-with-repeats": (
        ["-b:a", "24k", "-application", "voip", "-fec", "1", "-packet_loss", "10"],
        0.975,
    ),
    "music-48k": (["-b:a", "48k", "-application", "audio"], 0.99),
    "stereo-64k": (["-b:a", "64k", "-ac", "2", "-application", "audio"], 0.99),
    "music-96k-low-delay": (["-b:a", "96k", "-application", "lowdelay"], 0.99),
}


@pytest.fixture(scope="module")
def stream() -> Stream:
    return build_stream(NATIVE)


@pytest.fixture(scope="module")
def speech() -> Samples:
    return load_speech(THIRD_PARTY_DIR, SPEECH_DIR, _SPEECH_S)


def _ffmpeg(*arguments: str, given: bytes) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *arguments, "-"]
    return subprocess.run(command, input=given, capture_output=True, timeout=120, check=True).stdout


@pytest.mark.parametrize("decoder", ["libopus", "opus"])
@pytest.mark.parametrize("bitrate_bps", _OURS)
def test_ffmpeg_hears_us(stream: Stream, speech: Samples, bitrate_bps: int, decoder: str) -> None:
    """As well as we hear ourselves."""
    payloads = stream.encode(f"to-{decoder}-{bitrate_bps}", Settings("opus", bitrate_bps), speech)
    raw = _ffmpeg(
        *("-c:a", decoder, "-f", "ogg", "-i", "-"),
        *("-ar", str(RATE_HZ), "-ac", "1", "-f", "s16le"),
        given=write_ogg(payloads),
    )
    theirs = stoi(speech, np.frombuffer(raw, "<i2"), RATE_HZ)
    ours = stoi(speech, stream.decode(f"self-{bitrate_bps}", "opus", payloads), RATE_HZ)
    assert theirs >= _OURS[bitrate_bps]
    assert abs(theirs - ours) < 0.002


@pytest.mark.parametrize("kind", _THEIRS)
def test_we_hear_ffmpeg(stream: Stream, speech: Samples, kind: str) -> None:
    """Whatever it sends in packets of 20 ms."""
    settings, least = _THEIRS[kind]
    file = _ffmpeg(
        *("-f", "s16le", "-ar", str(RATE_HZ), "-ac", "1", "-i", "-"),
        *("-c:a", "libopus", "-frame_duration", "20", *settings, "-f", "ogg"),
        given=speech.astype("<i2").tobytes(),
    )
    heard = stream.decode(f"from-{kind}", "opus", read_ogg(file))
    assert stoi(speech, heard, RATE_HZ) >= least


def test_the_file_is_a_real_one(stream: Stream, speech: Samples, tmp_path: Path) -> None:
    """ffmpeg checks every page's sum: a damaged one is lost."""
    payloads = stream.encode("file", Settings("opus", 16000), speech[: 50 * 320])
    file = write_ogg(payloads)
    assert read_ogg(file) == payloads
    whole = _ffmpeg("-f", "ogg", "-i", "-", "-f", "s16le", given=file)
    damaged = bytearray(file)
    damaged[len(file) // 2] ^= 1
    less = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-f", "ogg", "-i", "-", "-f", "s16le", "-"],
        input=bytes(damaged),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert b"CRC mismatch" in less.stderr or less.stdout != whole
