"""WAV files of the one format the acoustics know: 16 kHz, one channel, 16 bits."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from handsetctl.bench.interface import AUDIO_RATE_HZ, Samples
from handsetctl.bench.user_files import usable
from handsetctl.errors import BenchError


def read_wav(path: Path) -> Samples:
    """Samples of a WAV file; PathUnusable if there is none, BenchError for another format."""
    try:
        with usable(path), wave.open(str(path), "rb") as file:
            found = (file.getframerate(), file.getnchannels(), 8 * file.getsampwidth())
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise BenchError(f"not a WAV file: {error}", str(path), _convert(path)) from None
    if found != (AUDIO_RATE_HZ, 1, 16):
        raise BenchError(
            f"the microphone takes {AUDIO_RATE_HZ} Hz, 1 channel, 16 bits; this file has "
            f"{found[0]} Hz, {found[1]} channels, {found[2]} bits",
            str(path),
            _convert(path),
        )
    return np.frombuffer(data, dtype="<i2").astype(np.int16)


def write_wav(path: Path, samples: Samples) -> None:
    """Write samples as a WAV file, replacing any; PathUnusable if it cannot be."""
    with usable(path), wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(AUDIO_RATE_HZ)
        file.writeframes(samples.astype("<i2").tobytes())


def _convert(path: Path) -> str:
    return (
        f"convert it with: ffmpeg -i {path.name} -ar {AUDIO_RATE_HZ} -ac 1 -c:a pcm_s16le out.wav"
    )
