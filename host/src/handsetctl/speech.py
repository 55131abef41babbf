"""Real speech for the bench: recorded human prompts, decoded once and kept as a WAV file.

Everything here is mono, 16 bit, and deterministic: the same files and the same arguments give
the same samples on every machine.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
import wave
from collections.abc import Callable
from functools import partial
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped, unused-ignore]
import numpy as np
import numpy.typing as npt

from handsetctl.errors import BuildError

Samples = npt.NDArray[np.int16]
Progress = Callable[[str, float], None]
"""Called with (what is being done, fraction done 0..1)."""

RATE_HZ = 16_000
ACTIVE_LEVEL_DBOV = -26.0
PHRASE_GAP_S = 0.3

_G722_BYTES_PER_S = 8_000
_LONG_PROMPT_S = 4.0
_SHORT_PROMPT_S = 1.0
_PEAK_CEILING = 0.97 * 32767
# Digital silence and sound jokes are in the package too; they are not speech.
_NOT_SPEECH_FOLDERS = ("silence",)
_NOT_SPEECH_PREFIXES = ("tt-", "beep")
# Part of every cache key: raise it when the way the speech is made changes.
_RECIPE = "1"


class SpeechError(BuildError):
    """Raised when recordings of speech are missing or unreadable; the text says what to do."""


def load_speech(
    third_party_dir: Path | str,
    cache_dir: Path | str,
    duration_s: float,
    language: str = "fr",
    progress: Progress | None = None,
) -> Samples:
    """Continuous speech, int16[round(duration_s * 16000)] at 16 kHz.

    Whole phrases with gaps of 0.3 s; no word is cut, the rest is silence. Each phrase is at an
    active level of -26 dBov. `third_party_dir` is the folder into which the fetcher unpacks
    (it holds `asterisk-core-sounds-<language>-g722/`). Raises SpeechError.
    """
    n_samples = round(duration_s * RATE_HZ)
    if n_samples <= 0:
        raise ValueError(f"duration_s must be positive, not {duration_s}")
    prompts = _prompts(Path(third_party_dir), language)
    lead = round(PHRASE_GAP_S * RATE_HZ)
    chosen = _fill(prompts, duration_s - 2 * PHRASE_GAP_S)
    if not chosen:
        chosen = [min(prompts, key=lambda path: (path.stat().st_size, path.as_posix()))]

    def assemble() -> Samples:
        out = np.zeros(n_samples, np.int16)
        at = min(lead, n_samples)
        for index, path in enumerate(chosen):
            _tell(progress, f"decoding speech {path.name}", index / len(chosen))
            phrase = _phrase(path)[: n_samples - at]
            out[at : at + phrase.size] = phrase
            at = min(at + phrase.size + lead, n_samples)
        return out

    name = f"speech-{language}-{duration_s:g}s"
    return _cached(Path(cache_dir), name, f"{n_samples}", chosen, assemble, progress)


def load_phrases(
    third_party_dir: Path | str,
    cache_dir: Path | str,
    count: int,
    min_s: float = 1.5,
    max_s: float = 4.0,
    language: str = "fr",
    progress: Progress | None = None,
) -> list[Samples]:
    """`count` separate phrases, int16[n] each, recordings of min_s..max_s: one for each PTT press.

    The silence around each phrase is removed, so that a phrase starts with its first sound.
    Raises SpeechError when the collection has fewer phrases of that length.
    """
    fitting = [
        p for p in _prompts(Path(third_party_dir), language) if min_s <= _length_s(p) <= max_s
    ]
    if len(fitting) < count:
        raise SpeechError(
            f"only {len(fitting)} phrases of {min_s:g}-{max_s:g} s among the '{language}' prompts, "
            f"{count} wanted: ask for fewer or widen the range"
        )
    phrases: list[Samples] = []
    for index, path in enumerate(fitting[:count]):
        _tell(progress, f"decoding speech {path.name}", index / count)
        name = f"phrase-{language}-{path.stem}"
        phrases.append(_cached(Path(cache_dir), name, "phrase", [path], partial(_phrase, path)))
    _tell(progress, "speech ready", 1.0)
    return phrases


def active_level_dbov(samples: npt.NDArray[np.generic], rate_hz: int = RATE_HZ) -> float:
    """Level of the speech itself, pauses left out, in dB below a full-scale square wave.

    A simple relative of ITU-T P.56: 20 ms frames count as active when they lie within 15.9 dB
    of the mean power of the active frames, found by iteration. -inf for silence.
    """
    frame = max(1, rate_hz // 50)
    n_frames = samples.size // frame
    if n_frames == 0:
        return float("-inf")
    scaled = samples[: n_frames * frame].astype(np.float64) / 32768.0
    power = np.mean(scaled.reshape(n_frames, frame) ** 2, axis=1)
    level = float(power.mean())
    for _ in range(20):
        active = power[power > level * 10 ** (-15.9 / 10)]
        if active.size == 0 or level == 0.0:
            return float("-inf")
        previous, level = level, float(active.mean())
        if abs(level - previous) <= 1e-9 * level:
            break
    return float(10 * np.log10(level))


def read_wav(path: Path | str) -> tuple[Samples, int]:
    """(samples int16[n], rate_hz) of a 16-bit mono WAV file. SpeechError for any other kind."""
    try:
        with wave.open(str(path), "rb") as source:
            if source.getnchannels() != 1 or source.getsampwidth() != 2:
                raise SpeechError(
                    f"{path} has {source.getnchannels()} channels of {8 * source.getsampwidth()} "
                    "bit; 16-bit mono is needed: convert it with 'ffmpeg -ac 1 -sample_fmt s16'"
                )
            raw = source.readframes(source.getnframes())
            return np.frombuffer(raw, "<i2").astype(np.int16), source.getframerate()
    except (wave.Error, EOFError, OSError) as error:
        raise SpeechError(f"cannot read {path} as WAV: {error}") from error


def write_wav(path: Path | str, samples: npt.NDArray[np.int16], rate_hz: int = RATE_HZ) -> None:
    """Write int16[n] as 16-bit mono WAV; a half-written file never carries the final name."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(handle, "wb") as file, wave.open(file, "wb") as sink:
            sink.setnchannels(1)
            sink.setsampwidth(2)
            sink.setframerate(rate_hz)
            sink.writeframes(np.asarray(samples, "<i2").tobytes())
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _prompts(third_party_dir: Path, language: str) -> list[Path]:
    """All speech prompts of a language of at least a second, in a fixed order."""
    package = f"asterisk-core-sounds-{language}-g722"
    folder = third_party_dir / package
    found = [
        path
        for path in folder.rglob("*.g722")
        if path.parent.name not in _NOT_SPEECH_FOLDERS
        and not path.name.startswith(_NOT_SPEECH_PREFIXES)
        and _length_s(path) >= _SHORT_PROMPT_S
    ]
    if not found:
        raise SpeechError(
            f"no speech recordings (*.g722) under {folder}: run 'make fetch', or unpack the Debian "
            f"package {package} there ('apt-get download {package}', then 'dpkg -x')"
        )
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def _length_s(path: Path) -> float:
    return path.stat().st_size / _G722_BYTES_PER_S


def _fill(prompts: list[Path], budget_s: float) -> list[Path]:
    """Prompts that fit into budget_s with their gaps: long ones first, short ones to fill up."""
    longer = [path for path in prompts if _length_s(path) >= _LONG_PROMPT_S]
    shorter = [path for path in prompts if _length_s(path) < _LONG_PROMPT_S]
    shorter.sort(key=_length_s, reverse=True)
    chosen: list[Path] = []
    for path in longer + shorter:
        need_s = _length_s(path) + (PHRASE_GAP_S if chosen else 0.0)
        if need_s <= budget_s:
            chosen.append(path)
            budget_s -= need_s
    return chosen


def _phrase(path: Path) -> Samples:
    """One prompt decoded, freed of the silence around it and set to the standard level."""
    samples = _trim(_decode_g722(path))
    level = active_level_dbov(samples)
    if level == float("-inf"):
        raise SpeechError(f"{path} decodes to silence")
    scaled = samples.astype(np.float64)
    gain = 10 ** ((ACTIVE_LEVEL_DBOV - level) / 20)
    gain = min(gain, _PEAK_CEILING / float(np.abs(scaled).max()))
    return np.rint(scaled * gain).astype(np.int16)


def _decode_g722(path: Path) -> Samples:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-f", "g722"]
    command += ["-i", str(path), "-f", "s16le", "-ac", "1", "-ar", str(RATE_HZ), "-"]
    try:
        run = subprocess.run(command, capture_output=True, check=True)
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip() or f"exit code {error.returncode}"
        raise SpeechError(f"ffmpeg cannot decode {path}: {reason}") from error
    except OSError as error:
        raise SpeechError(f"ffmpeg ({command[0]}) does not start: {error}") from error
    return np.frombuffer(run.stdout, "<i2").astype(np.int16)


def _trim(samples: Samples, keep_s: float = 0.02) -> Samples:
    """Cut what is 45 dB or more below the loudest 10 ms at both ends, keeping a short margin."""
    frame = RATE_HZ // 100
    n_frames = samples.size // frame
    if n_frames == 0:
        return samples
    blocks = samples[: n_frames * frame].astype(np.float64).reshape(n_frames, frame)
    power = np.mean(blocks**2, axis=1)
    loud = np.flatnonzero(power > power.max() * 10 ** (-45 / 10))
    if loud.size == 0:
        return samples
    keep = round(keep_s * RATE_HZ)
    return samples[max(0, loud[0] * frame - keep) : (loud[-1] + 1) * frame + keep]


def _cached(
    cache_dir: Path,
    name: str,
    parameters: str,
    sources: list[Path],
    make: Callable[[], Samples],
    progress: Progress | None = None,
) -> Samples:
    """The WAV kept under the hash of recipe, parameters and source files; made when missing."""
    digest = hashlib.sha256(f"{_RECIPE}|{parameters}".encode())
    for path in sources:
        digest.update(b"|" + path.name.encode() + b"|")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    target = cache_dir / f"{name}-{digest.hexdigest()[:16]}.wav"
    if target.is_file():
        try:
            samples, rate_hz = read_wav(target)
            if rate_hz == RATE_HZ:
                return samples
        except SpeechError:
            # A damaged cache file is no reason to stop: it is made anew below.
            target.unlink(missing_ok=True)
    samples = make()
    write_wav(target, samples, RATE_HZ)
    _tell(progress, "speech ready", 1.0)
    return samples


def _tell(progress: Progress | None, what: str, fraction: float) -> None:
    if progress is not None:
        progress(what, fraction)
