"""WAV files in and out."""

import wave
from pathlib import Path

import numpy as np
import pytest

from handsetctl.bench.wav import read_wav, write_wav
from handsetctl.errors import BenchError


def test_samples_come_back(tmp_path: Path) -> None:
    samples = np.array([0, 1, -1, 32767, -32768], dtype=np.int16)
    write_wav(tmp_path / "a.wav", samples)
    assert np.array_equal(read_wav(tmp_path / "a.wav"), samples)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)


def test_another_format_is_refused_with_the_command_that_helps(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "music.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(bytes(400))
    with pytest.raises(BenchError, match="44100 Hz, 2 channels") as caught:
        read_wav(tmp_path / "music.wav")
    assert "ffmpeg -i music.wav -ar 16000" in caught.value.next_step


def test_what_is_no_wav_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"")
    (tmp_path / "b.wav").write_bytes(b"ID3" + bytes(100))
    for name in ("a.wav", "b.wav"):
        with pytest.raises(BenchError, match="not a WAV file"):
            read_wav(tmp_path / name)
