from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speech_lab import CODEC_DELAY_MS, RATE_HZ, delayed, noise

from handsetctl.measure import MeasureError, NoSpeechError, align, aligned_pair, mouth_to_ear
from handsetctl.measure.align import HEARD_CONFIDENCE, cut

TOTAL = 62 * RATE_HZ


@pytest.mark.parametrize("codec", ["opus", "amrnb", "celp"])
@pytest.mark.parametrize("delay_samples", [0, 597, 2275, 7680])
def test_delay_of_coded_speech_is_right_to_a_millisecond_in_every_burst(
    spoken_minute, coded_minute, codec, delay_samples
):
    heard = delayed(coded_minute(codec), delay_samples, TOTAL)
    truth_ms = delay_samples / 16 + CODEC_DELAY_MS[codec]
    found = align(spoken_minute, heard, RATE_HZ)
    assert found.delay_ms == pytest.approx(truth_ms, abs=1.0)
    assert len(found.bursts) >= 8
    for item in found.bursts:
        assert item.heard
        assert item.delay_ms == pytest.approx(truth_ms, abs=1.0)


def test_each_burst_has_its_own_delay(spoken_minute, coded_minute):
    coded = coded_minute("opus")
    bursts = align(spoken_minute, coded, RATE_HZ).bursts
    heard = np.zeros(TOTAL, np.int16)
    truth = [80.0 + 7.5 * (index % 9) for index in range(len(bursts))]
    for item, delay_ms in zip(bursts, truth, strict=True):
        start, end = item.burst.start - 480, item.burst.end + 480
        shift = round(delay_ms * 16)
        heard[start + shift : end + shift] = coded[start:end]
    found = align(spoken_minute, heard, RATE_HZ)
    assert [item.delay_ms for item in found.bursts] == pytest.approx(truth, abs=1.0)
    figures = mouth_to_ear(found)
    assert figures.p50 == pytest.approx(np.median(truth), abs=8.0)
    assert figures.p95 == pytest.approx(140.0, abs=1.0)
    assert figures.n == len(bursts)


def test_a_burst_that_was_lost_is_known_as_not_heard(spoken_minute, coded_minute):
    heard = delayed(coded_minute("opus"), 1600, TOTAL)
    lost = align(spoken_minute, heard, RATE_HZ).bursts[3].burst
    heard[lost.start + 1600 - 400 : lost.end + 1600 + 400] = 0
    found = align(spoken_minute, heard, RATE_HZ)
    assert [item.heard for item in found.bursts].count(False) == 1
    assert not found.bursts[3].heard
    assert mouth_to_ear(found).n == len(found.bursts) - 1


def test_lost_packets_do_not_move_the_delay(spoken_minute, coded_minute):
    heard = delayed(coded_minute("opus"), 1000, TOTAL)
    lost = np.random.default_rng(7).random(TOTAL // 320) < 0.10
    heard[np.repeat(lost, 320)] = 0
    for item in align(spoken_minute, heard, RATE_HZ).bursts:
        assert item.delay_ms == pytest.approx(62.5, abs=1.0)


def test_noise_is_not_taken_for_the_speech(spoken_minute):
    found = align(spoken_minute, noise(TOTAL, seed=1), RATE_HZ)
    assert found.confidence < HEARD_CONFIDENCE / 2
    assert not found.heard_bursts
    with pytest.raises(MeasureError, match="none of"):
        mouth_to_ear(found)


def test_other_speech_is_not_taken_for_the_speech(spoken_minute):
    found = align(spoken_minute, np.roll(spoken_minute, 30 * RATE_HZ), RATE_HZ)
    assert len(found.heard_bursts) == 0


def test_a_silent_far_end_is_not_heard(spoken_minute):
    found = align(spoken_minute, np.zeros(TOTAL, np.int16), RATE_HZ)
    assert not found.heard_bursts
    assert found.confidence == pytest.approx(0.0, abs=1e-6)


def test_nothing_spoken_is_an_error():
    with pytest.raises(NoSpeechError):
        align(np.zeros(RATE_HZ, np.int16), noise(RATE_HZ, seed=1), RATE_HZ)


@settings(max_examples=25, deadline=None)
@given(
    delay=st.integers(0, 12_000),
    gain=st.sampled_from([0.05, 0.3, 1.0, 2.0]),
    snr_db=st.sampled_from([6.0, 20.0, 60.0]),
)
def test_any_delay_level_and_background_noise(phrases, delay, gain, snr_db):
    spoken = delayed(phrases[delay % 12], 4000, 5 * RATE_HZ)
    background = noise(6 * RATE_HZ, seed=delay, rms=1640 * gain * 10 ** (-snr_db / 20))
    heard = (delayed(spoken, delay, 6 * RATE_HZ) * gain + background).astype(np.int16)
    found = align(spoken, heard, RATE_HZ)
    assert found.delay_ms == pytest.approx(delay / 16, abs=1.0)
    assert found.confidence > HEARD_CONFIDENCE


def test_fractions_of_a_sample_are_seen(phrases):
    spoken = delayed(phrases[0], 4000, 4 * RATE_HZ)
    heard = cut(spoken, -100.4, spoken.size)
    assert align(spoken, heard, RATE_HZ).delay_ms == pytest.approx(100.4 / 16, abs=0.005)


def test_aligned_signals_lie_on_each_other(spoken_minute):
    heard = delayed(spoken_minute, 2000, TOTAL)
    spoken_part, heard_part = aligned_pair(
        spoken_minute, heard, RATE_HZ, align(spoken_minute, heard, RATE_HZ)
    )
    assert spoken_part.shape == heard_part.shape
    assert np.corrcoef(spoken_part, heard_part)[0, 1] > 0.999
