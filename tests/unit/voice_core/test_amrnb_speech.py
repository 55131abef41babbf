"""AMR-NB against the library as released and against FFmpeg, on a minute of real speech."""

import subprocess
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped, unused-ignore]
import numpy as np
import pytest
from voice_programs import ROOT, Programs

from handsetctl.speech import RATE_HZ, Samples, load_speech

_RATES_BPS = (4750, 5150, 5900, 6700, 7400, 7950, 10200, 12200)
_SPEECH_S = 60
_FRAMES = _SPEECH_S * 50


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute of speech, then what speech is not: silence, clicks, square waves, noise."""
    speech = load_speech(ROOT / "build/third_party", ROOT / "build/speech", _SPEECH_S)
    path = tmp_path_factory.mktemp("amrnb") / "recording.raw"
    path.write_bytes(np.concatenate([speech, *_other_sounds()]).astype("<i2").tobytes())
    return path


def _other_sounds() -> list[Samples]:
    second = np.arange(RATE_HZ)
    clicks = np.where(second % 1777 < 2, 32767, 0)
    squares = [np.where(second // half % 2, 32767, -32768) for half in (3, 8, 20, 45, 150)]
    noise = np.random.default_rng(5)
    hiss = [noise.integers(-top, top, RATE_HZ, endpoint=True) for top in (10, 300, 32767)]
    sounds = [np.zeros(RATE_HZ), clicks, *squares, *hiss, np.zeros(RATE_HZ)]
    return [sound.astype(np.int16) for sound in sounds]


@pytest.mark.parametrize("dtx", [False, True])
@pytest.mark.parametrize("rate_bps", _RATES_BPS)
def test_packets_and_sound_are_the_library_s(
    programs: Programs, recording: Path, rate_bps: int, dtx: bool
) -> None:
    """Bit for bit, both ways; with losses and damaged packets for the decoder."""
    ended = programs.run("amrnb_speech", str(recording), str(rate_bps), str(int(dtx)))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    speech, noise, nothing = map(int, ended.stdout.split())
    assert speech + noise + nothing == _FRAMES + 50 * len(_other_sounds())
    assert speech > _FRAMES // 2
    assert (noise > 20 and nothing > 100) if dtx else (noise == nothing == 0)


def _ffmpeg(*arguments: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y"]
    subprocess.run([*command, *arguments], check=True, timeout=120)


def _samples(path: Path) -> Samples:
    return np.frombuffer(path.read_bytes(), "<i2").astype(np.int16)


def _decoded_by_us(programs: Programs, amr: Path, raw: Path) -> Samples:
    """At 8 kHz: every second sample of ours is the decoder's own, 16 of its samples late."""
    ended = programs.run("amrnb_file", "decode", str(amr), str(raw))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return _samples(raw)[1::2][16:]


@pytest.mark.parametrize("rate_bps", _RATES_BPS)
def test_ffmpeg_decodes_what_we_send(
    programs: Programs, recording: Path, tmp_path: Path, rate_bps: int
) -> None:
    """FFmpeg's own decoder, which computes in floating point, hears what ours hears."""
    amr, theirs = tmp_path / "ours.amr", tmp_path / "theirs.raw"
    ended = programs.run("amrnb_file", "encode", str(rate_bps), str(recording), str(amr))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    _ffmpeg("-c:a", "amrnb", "-i", str(amr), "-f", "s16le", str(theirs))
    ours = _decoded_by_us(programs, amr, tmp_path / "ours.raw")[: _SPEECH_S * 8000]
    heard = _samples(theirs)[: ours.size]
    assert heard.size == ours.size
    likeness = float(np.corrcoef(ours.astype(float), heard.astype(float))[0, 1])
    assert likeness > 0.97


@pytest.mark.parametrize("rate_bps", _RATES_BPS)
def test_we_decode_what_ffmpeg_sends(
    programs: Programs, recording: Path, tmp_path: Path, rate_bps: int
) -> None:
    """The same samples as the same library's decoder in FFmpeg."""
    amr, theirs = tmp_path / "theirs.amr", tmp_path / "theirs.raw"
    raw = ("-f", "s16le", "-ar", str(RATE_HZ), "-ac", "1", "-i", str(recording))
    _ffmpeg(*raw, "-ar", "8000", "-c:a", "libopencore_amrnb", "-b:a", str(rate_bps), str(amr))
    _ffmpeg("-c:a", "libopencore_amrnb", "-i", str(amr), "-f", "s16le", str(theirs))
    ours = _decoded_by_us(programs, amr, tmp_path / "ours.raw")
    heard = _samples(theirs)[: ours.size]
    assert ours.size > _SPEECH_S * 8000
    assert np.array_equal(ours, heard)
