from __future__ import annotations

import numpy as np
import pytest
from speech_lab import CODEC_DELAY_MS, RATE_HZ, delayed, noise, through_codec

from handsetctl.measure import NoSpeechError, first_syllable_clipped

LEAD = 8_000
TOTAL = 6 * RATE_HZ


def _press(phrase):
    """A phrase half a second into the press; it starts with a loud sound, so the onset is known."""
    return delayed(phrase, LEAD, TOTAL), LEAD


@pytest.fixture(scope="module")
def abrupt_phrases(phrases):
    """Phrases that set in loudly and go on for 0.3 s, so that the truth of a cut is its length."""
    chosen = []
    for phrase in phrases:
        n_blocks = phrase.size // 240
        loudness = np.abs(phrase[: n_blocks * 240].astype(float)).reshape(-1, 240).max(axis=1)
        loud = loudness > 0.12 * loudness.max()
        for block in range(n_blocks // 2):
            if loud[block : block + 20].all():
                start = block * 240
                chosen.append(phrase[start + int(np.argmax(np.abs(phrase[start:]) > 300)) :])
                break
    assert len(chosen) >= 4
    return chosen[:5]


@pytest.mark.parametrize("codec", ["opus", "celp"])
@pytest.mark.parametrize("cut_ms", [0, 20, 40, 100, 180])
def test_a_cut_before_the_codec_is_measured_to_10_ms(abrupt_phrases, codec, cut_ms):
    for index, phrase in enumerate(abrupt_phrases):
        spoken, onset = _press(phrase)
        delay = 1500 + 37 * index
        start = onset + cut_ms * 16 if cut_ms else 0
        heard = delayed(through_codec(spoken[start:], codec), start + delay, TOTAL + 16_000)
        found = first_syllable_clipped(spoken, heard, RATE_HZ)
        assert found.heard
        assert found.clipped_ms == pytest.approx(cut_ms, abs=10)
        assert found.delay_ms == pytest.approx(delay / 16 + CODEC_DELAY_MS[codec], abs=1.0)


@pytest.mark.parametrize("cut_ms", [35, 100, 250])
def test_a_cut_in_what_was_decoded_is_measured_to_10_ms(abrupt_phrases, cut_ms):
    for phrase in abrupt_phrases:
        spoken, onset = _press(phrase)
        coded = through_codec(spoken)
        coded[: onset + cut_ms * 16] = 0
        found = first_syllable_clipped(spoken, delayed(coded, 1920, TOTAL), RATE_HZ)
        assert found.clipped_ms == pytest.approx(cut_ms, abs=10)


def test_soft_noise_in_place_of_the_beginning_is_no_speech(abrupt_phrases):
    spoken, onset = _press(abrupt_phrases[0])
    heard = delayed(spoken, 1600, TOTAL)
    gap = onset + 1600 + 120 * 16
    heard[:gap] = noise(gap, seed=2, rms=20)
    found = first_syllable_clipped(spoken, heard, RATE_HZ)
    assert found.clipped_ms == pytest.approx(120, abs=10)


def test_a_hole_later_in_the_speech_is_not_a_clipped_beginning(abrupt_phrases):
    spoken, onset = _press(abrupt_phrases[0])
    heard = delayed(spoken, 1600, TOTAL)
    heard[onset + 1600 + 6400 : onset + 1600 + 9600] = 0
    assert first_syllable_clipped(spoken, heard, RATE_HZ).clipped_ms == 0


def test_a_click_is_not_yet_speech(abrupt_phrases):
    spoken, onset = _press(abrupt_phrases[0])
    heard = delayed(spoken, 1600, TOTAL)
    heard[: onset + 1600 + 150 * 16] = 0
    heard[onset + 1600 + 200 : onset + 1600 + 300] = 3000
    assert first_syllable_clipped(spoken, heard, RATE_HZ).clipped_ms == pytest.approx(150, abs=10)


@pytest.mark.parametrize("heard", [np.zeros(TOTAL, np.int16), noise(TOTAL, seed=6)])
def test_a_press_that_was_not_heard_misses_all_of_its_speech(phrases, heard):
    spoken, _ = _press(phrases[0])
    found = first_syllable_clipped(spoken, heard, RATE_HZ)
    assert not found.heard
    assert found.clipped_ms > 0.7 * phrases[0].size / 16


def test_a_silent_press_has_no_beginning():
    with pytest.raises(NoSpeechError):
        first_syllable_clipped(np.zeros(TOTAL, np.int16), noise(TOTAL, seed=6), RATE_HZ)
