"""Speech after real codecs, with known delays: the truth that measurements are held against."""

from __future__ import annotations

import subprocess

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]
RATE_HZ = 16_000

CODECS = {
    "opus": ["-c:a", "libopus", "-b:a", "16k", "-vbr", "off", "-application", "voip", "-f", "ogg"],
    "amrnb": ["-ar", "8000", "-c:a", "libopencore_amrnb", "-b:a", "12200", "-f", "amr"],
}
# What the codec itself delays, beyond what its container makes up for: look-ahead, resampling.
CODEC_DELAY_MS = {"opus": 0.0, "amrnb": 5.0, "celp": 5.9}


def through_codec(samples: Samples, codec: str = "opus") -> Samples:
    """Encoded and decoded again by ffmpeg, int16 of about the same length at 16 kHz.

    "celp" stands for a CELP codec such as AMR-WB, which ffmpeg cannot encode: band-limited to
    50-6400 Hz, with noise that follows the speech 13 dB below it (ITU-T P.810), 5.9 ms late.
    """
    if codec == "celp":
        return _like_celp(samples)
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error"]
    raw = ["-f", "s16le", "-ar", str(RATE_HZ), "-ac", "1"]
    coded = subprocess.run(
        [*ffmpeg, *raw, "-i", "-", *CODECS[codec], "-"],
        input=samples.astype("<i2").tobytes(),
        capture_output=True,
        check=True,
    ).stdout
    # libopus plays at any rate; ffmpeg's own Opus decoder would resample from 48 kHz.
    decoder = ["-c:a", "libopus"] if codec == "opus" else []
    plain = subprocess.run(
        [*ffmpeg, *decoder, "-i", "-", *raw, "-"], input=coded, capture_output=True, check=True
    ).stdout
    return np.frombuffer(plain, "<i2").astype(np.int16)


def _like_celp(samples: Samples) -> Samples:
    follows = samples * np.random.default_rng(11).normal(0.0, 10 ** (-13 / 20), samples.size)
    spectrum = np.fft.rfft(samples + follows)
    frequency = np.fft.rfftfreq(samples.size, 1 / RATE_HZ)
    spectrum *= (frequency > 50) & (frequency < 6400)
    spectrum *= np.exp(-2j * np.pi * frequency * CODEC_DELAY_MS["celp"] / 1000)
    out = np.fft.irfft(spectrum, samples.size)
    return np.rint(np.clip(out, -32768, 32767)).astype(np.int16)


def delayed(samples: Samples, n: int, total: int) -> Samples:
    """`samples` n samples later on a timeline of `total` samples."""
    out = np.zeros(total, np.int16)
    kept = samples[: max(0, total - n)]
    out[n : n + kept.size] = kept
    return out


def noise(n: int, seed: int, rms: float = 1640.0) -> Samples:
    """White noise at about the level of the speech."""
    values = np.random.default_rng(seed).normal(0.0, rms, n)
    return np.clip(np.rint(values), -32768, 32767).astype(np.int16)
