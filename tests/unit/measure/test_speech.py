from __future__ import annotations

import itertools
import shutil
import wave
from pathlib import Path

import numpy as np
import pytest

from handsetctl import speech
from handsetctl.measure import speech_bursts

PACKAGE = "asterisk-core-sounds-fr-g722"


def _copied_prompts(third_party_dir: Path, target: Path, count: int) -> Path:
    """A small package of its own, which a test may change."""
    folder = target / PACKAGE
    folder.mkdir()
    source = third_party_dir / PACKAGE
    usable = sorted(
        p
        for p in source.rglob("*.g722")
        if 12_000 < p.stat().st_size < 20_000 and "silence" not in p.parts
    )
    for path in usable[:count]:
        shutil.copy(path, folder / path.name)
    return target


def test_a_minute_of_speech_has_the_length_level_and_headroom_promised(spoken_minute):
    assert spoken_minute.dtype == np.int16
    assert spoken_minute.size == 60 * 16_000
    assert speech.active_level_dbov(spoken_minute) == pytest.approx(-26.0, abs=0.5)
    assert np.abs(spoken_minute.astype(int)).max() < 32_000


def test_most_of_it_is_speech_and_phrases_are_apart_by_natural_gaps(spoken_minute):
    bursts = speech_bursts(spoken_minute, 16_000)
    gaps_s = [(b.start - a.end) / 16_000 for a, b in itertools.pairwise(bursts)]
    assert sum(burst.duration_s(16_000) for burst in bursts) > 45
    assert len(bursts) >= 8
    assert 0.2 < np.median(gaps_s) < 1.0


def test_the_same_speech_comes_out_of_a_fresh_cache_and_of_a_warm_one(third_party_dir, tmp_path):
    fresh = speech.load_speech(third_party_dir, tmp_path / "one", 12.5)
    warm = speech.load_speech(third_party_dir, tmp_path / "one", 12.5)
    other = speech.load_speech(third_party_dir, tmp_path / "two", 12.5)
    assert np.array_equal(fresh, warm)
    assert np.array_equal(fresh, other)
    assert [p.name for p in (tmp_path / "one").iterdir()] == [
        p.name for p in (tmp_path / "two").iterdir()
    ]


def test_a_warm_cache_is_used_and_a_changed_recording_is_not_served_from_it(
    third_party_dir, tmp_path
):
    own = _copied_prompts(third_party_dir, tmp_path, 3)
    cache = tmp_path / "cache"
    first = speech.load_speech(own, cache, 4.0)
    (kept,) = cache.iterdir()
    speech.write_wav(kept, np.full(4 * 16_000, 7, np.int16), 16_000)
    assert np.all(speech.load_speech(own, cache, 4.0) == 7)

    changed = sorted((own / PACKAGE).iterdir())
    for path in changed:
        path.write_bytes(path.read_bytes()[::-1])
    again = speech.load_speech(own, cache, 4.0)
    assert not np.array_equal(again, first)
    assert not np.all(again == 7)


def test_a_damaged_cache_file_is_made_anew(third_party_dir, tmp_path):
    first = speech.load_speech(third_party_dir, tmp_path, 5.0)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:20])
    assert np.array_equal(speech.load_speech(third_party_dir, tmp_path, 5.0), first)


def test_missing_recordings_say_what_to_do(tmp_path):
    with pytest.raises(speech.SpeechError, match="apt-get download asterisk-core-sounds-fr-g722"):
        speech.load_speech(tmp_path, tmp_path / "cache", 5.0)


def test_a_duration_that_is_none_is_refused(third_party_dir, tmp_path):
    with pytest.raises(ValueError, match="duration_s"):
        speech.load_speech(third_party_dir, tmp_path, 0.0)


def test_phrases_are_separate_presses_that_start_with_their_first_sound(phrases):
    assert len(phrases) == 12
    for phrase in phrases:
        assert 1.0 <= phrase.size / 16_000 <= 4.0
        assert speech.active_level_dbov(phrase) == pytest.approx(-26.0, abs=0.5)
        assert speech_bursts(phrase, 16_000)[0].start < 0.25 * 16_000
    assert len({phrase.tobytes() for phrase in phrases}) == 12


def test_more_phrases_than_there_are_is_an_error_that_counts_them(third_party_dir, tmp_path):
    with pytest.raises(speech.SpeechError, match=r"only \d+ phrases .* 10000 wanted"):
        speech.load_phrases(third_party_dir, tmp_path, 10_000)


def test_progress_is_reported_to_the_end(third_party_dir, tmp_path):
    told: list[tuple[str, float]] = []
    speech.load_speech(third_party_dir, tmp_path, 8.0, progress=lambda *what: told.append(what))
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(told) > 1


@pytest.mark.parametrize("level_dbov", [-50.0, -26.0, -10.0])
def test_active_level_ignores_pauses(level_dbov):
    t = np.arange(16_000) / 16_000
    tone = 32768 * 10 ** (level_dbov / 20) * np.sqrt(2) * np.sin(2 * np.pi * 440 * t)
    with_pauses = np.concatenate([np.zeros(48_000), tone, np.zeros(48_000)])
    assert speech.active_level_dbov(with_pauses) == pytest.approx(level_dbov, abs=0.1)


def test_silence_has_no_level():
    assert speech.active_level_dbov(np.zeros(16_000, np.int16)) == float("-inf")
    assert speech.active_level_dbov(np.zeros(0, np.int16)) == float("-inf")


def test_wav_round_trip(tmp_path):
    samples = np.array([0, 1, -1, 32767, -32768], np.int16)
    speech.write_wav(tmp_path / "new" / "x.wav", samples, 8_000)
    back, rate_hz = speech.read_wav(tmp_path / "new" / "x.wav")
    assert np.array_equal(back, samples)
    assert rate_hz == 8_000
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["x.wav"]


def test_other_wav_files_are_refused(tmp_path):
    with wave.open(str(tmp_path / "stereo.wav"), "wb") as sink:
        sink.setnchannels(2)
        sink.setsampwidth(2)
        sink.setframerate(16_000)
        sink.writeframes(b"\0" * 64)
    with pytest.raises(speech.SpeechError, match="2 channels"):
        speech.read_wav(tmp_path / "stereo.wav")
    (tmp_path / "text.wav").write_text("not audio")
    with pytest.raises(speech.SpeechError, match="cannot read"):
        speech.read_wav(tmp_path / "text.wav")
    with pytest.raises(speech.SpeechError, match="cannot read"):
        speech.read_wav(tmp_path / "none.wav")
