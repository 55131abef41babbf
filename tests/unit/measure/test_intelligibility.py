from __future__ import annotations

import numpy as np
import pytest
from speech_lab import RATE_HZ, delayed, noise

from handsetctl.measure import (
    MeasureError,
    NoSpeechError,
    PesqError,
    TooShortError,
    measure_call,
    pesq_wb,
    stoi,
)

TOTAL = 62 * RATE_HZ
SHORT = 22 * RATE_HZ
DELAY = 1888


@pytest.fixture(scope="module")
def spoken(spoken_minute):
    """Twenty seconds are enough to see a degradation."""
    return spoken_minute[: 20 * RATE_HZ]


@pytest.fixture(scope="module")
def heard_opus(coded_minute):
    return delayed(coded_minute("opus"), DELAY, TOTAL)[:SHORT]


def test_what_arrives_unchanged_is_perfect(spoken):
    heard = delayed(spoken, DELAY, SHORT)
    assert stoi(spoken, heard, RATE_HZ) > 0.999
    assert pesq_wb(spoken, heard, RATE_HZ).mean > 4.6


def test_a_call_through_opus_is_measured_as_the_bare_codec_is(spoken_minute, coded_minute):
    heard = delayed(coded_minute("opus"), DELAY, TOTAL)
    figures = measure_call(spoken_minute, heard, RATE_HZ)
    assert 0.96 < figures.stoi < 0.99
    assert 3.0 < figures.pesq_wb < 4.4
    assert figures.mouth_to_ear.p50 == pytest.approx(DELAY / 16, abs=1.0)
    assert figures.mouth_to_ear.p95 == pytest.approx(DELAY / 16, abs=1.0)


def test_narrowband_speech_scores_lower_than_wideband_speech(spoken, coded_minute, heard_opus):
    narrow = delayed(coded_minute("amrnb"), DELAY, TOTAL)[:SHORT]
    assert stoi(spoken, narrow, RATE_HZ) < stoi(spoken, heard_opus, RATE_HZ)
    assert pesq_wb(spoken, narrow, RATE_HZ).mean < 3.0


def test_noise_is_not_intelligible(spoken):
    heard = noise(SHORT, seed=3)
    assert stoi(spoken, heard, RATE_HZ) < 0.4
    assert pesq_wb(spoken, heard, RATE_HZ).mean < 1.3


def test_more_noise_means_less_understood(spoken, heard_opus):
    def with_noise(snr_db):
        background = noise(SHORT, seed=4, rms=1640 * 10 ** (-snr_db / 20))
        return (heard_opus.astype(int) + background).clip(-32768, 32767).astype(np.int16)

    figures = [stoi(spoken, with_noise(snr_db), RATE_HZ) for snr_db in (20, 5, -5)]
    assert figures == sorted(figures, reverse=True)
    assert figures[0] - figures[2] > 0.2


def test_lost_packets_and_lost_bursts_count(spoken, heard_opus):
    whole = stoi(spoken, heard_opus, RATE_HZ)
    holes = heard_opus.copy()
    holes[np.repeat(np.random.default_rng(5).random(SHORT // 320) < 0.1, 320)] = 0
    assert stoi(spoken, holes, RATE_HZ) < whole - 0.02
    half = heard_opus.copy()
    half[10 * RATE_HZ :] = 0
    assert stoi(spoken, half, RATE_HZ) < 0.75
    assert pesq_wb(spoken, half, RATE_HZ).mean < 2.7


def test_nothing_heard_is_the_worst_figure_and_not_an_error(spoken):
    heard = np.zeros(SHORT, np.int16)
    assert stoi(spoken, heard, RATE_HZ) == 0.0
    assert pesq_wb(spoken, heard, RATE_HZ).mean == 1.0
    with pytest.raises(MeasureError, match="none of"):
        measure_call(spoken, heard, RATE_HZ)


def test_pesq_is_the_mean_of_chunks_of_about_9_s(spoken, heard_opus):
    told: list[tuple[str, float]] = []
    result = pesq_wb(spoken, heard_opus, RATE_HZ, progress=lambda *what: told.append(what))
    assert 2 <= len(result.chunks) <= 3
    assert result.mean == pytest.approx(sum(result.chunks) / len(result.chunks))
    assert told[-1][1] == 1.0


def test_measurements_that_cannot_be_made_are_typed_errors(phrases):
    silence = np.zeros(2 * RATE_HZ, np.int16)
    with pytest.raises(NoSpeechError):
        stoi(silence, silence, RATE_HZ)
    with pytest.raises(NoSpeechError):
        pesq_wb(silence, silence, RATE_HZ)
    with pytest.raises(PesqError, match="16000 Hz"):
        pesq_wb(phrases[0], phrases[0], 8_000)
    syllable = delayed(phrases[0][1600:6400], 4000, RATE_HZ)
    with pytest.raises(TooShortError):
        stoi(syllable, syllable, RATE_HZ)
