"""Recordings inside the page: as they are when short, packed when long."""

from __future__ import annotations

import base64
import io
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped, unused-ignore]
import numpy as np
import numpy.typing as npt

WAV_LIMIT_BYTES = 800_000
PACKED_LIMIT_BYTES = 1_600_000

_FLAC = ["-c:a", "flac", "-compression_level", "8", "-f", "flac"]
_MP3 = ["-c:a", "libmp3lame", "-f", "mp3", "-b:a"]
_MP3_KBIT_S = (64, 48, 32, 24, 16)


class SoundError(RuntimeError):
    """ffmpeg could not pack a recording."""


@dataclass(frozen=True)
class EmbeddedSound:
    """A data: URI for an <audio> element, and what it is ('WAV', 'FLAC, lossless', ...)."""

    uri: str
    kind: str


def embedded(samples: npt.NDArray[np.int16], rate_hz: int) -> EmbeddedSound:
    """int16[n] as WAV up to 25 s, else as lossless FLAC, and as MP3 when even that is too big.

    Keeps a page with two recordings of up to ten minutes under 6 MB. Raises SoundError.
    """
    plain = _wav(samples, rate_hz)
    if len(plain) <= WAV_LIMIT_BYTES:
        return EmbeddedSound(_uri("audio/wav", plain), "WAV")
    flac = _packed(plain, _FLAC)
    if len(flac) <= PACKED_LIMIT_BYTES:
        return EmbeddedSound(_uri("audio/flac", flac), "FLAC, lossless")
    duration_s = samples.size / rate_hz
    fitting = [kbit for kbit in _MP3_KBIT_S if kbit * 125 * duration_s <= PACKED_LIMIT_BYTES]
    kbit = fitting[0] if fitting else _MP3_KBIT_S[-1]
    mp3 = _packed(plain, [*_MP3, f"{kbit}k"])
    return EmbeddedSound(_uri("audio/mpeg", mp3), f"MP3, {kbit} kbit/s")


def _wav(samples: npt.NDArray[np.int16], rate_hz: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(rate_hz)
        sink.writeframes(np.asarray(samples, "<i2").tobytes())
    return buffer.getvalue()


def _packed(plain: bytes, options: list[str]) -> bytes:
    """`plain` after ffmpeg. Through a file: only there can it go back and enter the length."""
    with tempfile.TemporaryDirectory(prefix="handset-sound-") as folder:
        target = Path(folder) / "packed"
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "wav", "-i", "-"]
        command += ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags", "+bitexact"]
        try:
            subprocess.run(
                [*command, *options, str(target)], input=plain, capture_output=True, check=True
            )
            return target.read_bytes()
        except subprocess.CalledProcessError as error:
            reason = error.stderr.decode(errors="replace").strip()
            raise SoundError(f"ffmpeg cannot pack a recording for the page: {reason}") from error
        except OSError as error:
            raise SoundError(f"ffmpeg ({command[0]}) does not start: {error}") from error


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
