"""A call between two handsets: floor, voice, codecs, and who may talk."""

from __future__ import annotations

import numpy as np
import pytest

from handsetctl.bench.interface import AUDIO_RATE_HZ
from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.device import Device

EDGE_TIMEOUT_S = 3.0
T203_S = 4.0


def rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples.astype(np.float64)))))


def talk_tone(
    bench: VirtualBench, talker: str, listener: str, duration_s: float
) -> tuple[float, float]:
    """Press, send a tone, release; the instants between which the tone was played."""
    pressed_s = bench[talker].press("ptt")
    bench[talker].wait_output("led", "talk", EDGE_TIMEOUT_S, since=pressed_s)
    bench[listener].wait_output("led", "receive", EDGE_TIMEOUT_S, since=pressed_s)
    start_s = bench[talker].say_tone(440.0, duration_s)
    end_s = start_s + duration_s
    bench.wait_until(end_s + 0.06)
    released_s = bench[talker].release("ptt")
    bench[talker].wait_output("led", "idle", EDGE_TIMEOUT_S, since=released_s)
    bench[listener].wait_output("led", "idle", EDGE_TIMEOUT_S, since=pressed_s)
    return start_s, end_s


@pytest.mark.parametrize("codec", ["amrwb", "opus"])
def test_tone_arrives_and_silence_follows(
    bench: VirtualBench, device_a: Device, device_b: Device, codec: str
) -> None:
    for device in (device_a, device_b):
        device.set_codec(codec, 0)
    start_s, end_s = talk_tone(bench, "A", "B", 0.6)
    heard = bench["B"].hear(start_s + 0.25, end_s)
    assert rms(heard) > 1000
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(heard.size)))
    peak_hz = np.argmax(spectrum) * AUDIO_RATE_HZ / heard.size
    assert abs(peak_hz - 440.0) < 10
    assert rms(bench["B"].hear(end_s + 0.5, end_s + 0.6)) < 30


def test_last_words_are_heard_to_the_end(bench: VirtualBench) -> None:
    tone_s = 0.4
    pressed_s = bench["A"].press("ptt")
    permitted_s = bench["A"].wait_output("led", "talk", EDGE_TIMEOUT_S, since=pressed_s)
    start_s = bench["A"].say_tone(440.0, tone_s, at_s=permitted_s + 0.1)
    bench.wait_until(start_s + tone_s)
    released_s = bench["A"].release("ptt")
    heard = bench["B"].hear(start_s, start_s + tone_s + 0.5)
    step = AUDIO_RATE_HZ // 200
    loud = [rms(heard[at : at + step]) > 1000 for at in range(0, heard.size, step)]
    heard_ms = 5 * (max(i for i, on in enumerate(loud) if on) - loud.index(True) + 1)
    # The frame that the release falls into is not sent.
    assert heard_ms >= 1000 * tone_s - 25
    bench["B"].wait_output("led", "idle", EDGE_TIMEOUT_S, since=released_s)


def test_microphone_is_closed_unless_the_key_is_down(bench: VirtualBench, device_a: Device) -> None:
    before = device_a.statistics("voice")["tx_frames"]
    start_s = bench["A"].say_tone(440.0, 0.3)
    bench.wait_until(start_s + 0.4)
    assert device_a.statistics("voice")["tx_frames"] == before


def test_talker_is_known_to_the_listener(
    bench: VirtualBench, device_a: Device, device_b: Device
) -> None:
    pressed_s = bench["A"].press("ptt")
    bench["B"].wait_output("led", "receive", EDGE_TIMEOUT_S, since=pressed_s)
    assert device_b.floor().talker == device_a.identity().user_id
    assert device_b.floor().state == "has_no_permission"
    bench["A"].release("ptt")
    bench["B"].wait_output("led", "idle", EDGE_TIMEOUT_S, since=pressed_s)
    assert device_b.floor().talker == ""


def test_second_press_is_denied_and_the_first_goes_on(bench: VirtualBench) -> None:
    pressed_s = bench["A"].press("ptt")
    # Either may be seen first: A tells the air before it lights its own lamp.
    bench["A"].wait_output("led", "talk", EDGE_TIMEOUT_S, since=pressed_s)
    bench["B"].wait_output("led", "receive", EDGE_TIMEOUT_S, since=pressed_s)
    contended_s = bench["B"].press("ptt")
    bench["B"].wait_output("led", "denied", EDGE_TIMEOUT_S, since=contended_s)
    assert bench["A"].history("led", since=contended_s) == []
    bench["B"].release("ptt")
    bench["B"].wait_output("led", "receive", EDGE_TIMEOUT_S, since=contended_s)
    released_s = bench["A"].release("ptt")
    for name in ("A", "B"):
        bench[name].wait_output("led", "idle", EDGE_TIMEOUT_S, since=released_s)


def test_talker_that_loses_power_frees_the_channel(bench: VirtualBench) -> None:
    pressed_s = bench["A"].press("ptt")
    bench["B"].wait_output("led", "receive", EDGE_TIMEOUT_S, since=pressed_s)
    bench["A"].power_off()
    bench["A"].release("ptt")
    bench["B"].wait_output("led", "idle", T203_S + EDGE_TIMEOUT_S, since=pressed_s)
    bench["A"].power_on()
    bench.wait_ready(EDGE_TIMEOUT_S)
    talk_tone(bench, "A", "B", 0.1)


def test_voice_path_takes_nothing_from_the_python_heap(
    bench: VirtualBench, device_a: Device, device_b: Device
) -> None:
    talk_tone(bench, "A", "B", 1.0)
    for device in (device_a, device_b):
        memory = device.memory()
        assert memory.frames_in_voice_path > 40
        assert memory.heap_bytes_in_voice_path == 0
