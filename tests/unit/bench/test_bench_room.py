"""The room, hours of it, with an explicit clock and a device that loops the microphone back."""

import mmap
import struct
from pathlib import Path

import numpy as np
import pytest

from handsetctl.bench.room import Room, sine
from handsetctl.bench.tape import Tape
from handsetctl.errors import BenchError

RATE_HZ = 16000
FRAME = 320
SPEAKER_AHEAD = 960
DELAY_S = SPEAKER_AHEAD / RATE_HZ


class World:
    """A tape from instant 0, its room, and a device that plays what it hears 60 ms later."""

    def __init__(self, path: Path) -> None:
        self.tape = Tape.create(path, 0, capacity=1 << 17)  # 8.2 s, to wrap soon
        with path.open("r+b") as file:
            self.header = mmap.mmap(file.fileno(), 4096)
        self.room = Room(self.tape)
        self.now_s = 0.0
        self.next_keep_s = 0.0
        self.device_runs = True

    def run_to(self, end_s: float) -> None:
        """Let time pass in frames of 20 ms."""
        while self.now_s < end_s:
            self.now_s = round(self.now_s + 0.02, 6)
            if self.device_runs:
                self._frame(self.tape.index_at(self.now_s) - FRAME)
            if self.now_s >= self.next_keep_s:
                self.room.keep(self.now_s)
                self.next_keep_s += 1.0

    def heard(self, start_s: float, end_s: float) -> np.ndarray:
        return self.room.heard(self.tape.index_at(start_s), self.tape.index_at(end_s), self.now_s)

    def _frame(self, index: int) -> None:
        self.tape.write_speaker(index + SPEAKER_AHEAD, self.tape.read_mic(index, index + FRAME))
        self.tape.silence_mic(index, index + FRAME)
        struct.pack_into("<Q", self.header, 24, index + FRAME)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "a.tape")


def noise(duration_s: float, seed: int = 1) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return draw.integers(1, 30000, round(duration_s * RATE_HZ), dtype=np.int16)


def test_speech_is_heard_where_it_was_said_and_silence_around_it(world: World) -> None:
    world.run_to(1.0)
    speech = noise(0.5)
    start_s = world.room.say(speech, world.now_s, at_s=1.25)
    world.run_to(3.0)
    assert start_s == 1.25
    heard = world.heard(1.25 + DELAY_S, 1.75 + DELAY_S)
    assert np.array_equal(heard, speech)
    assert not world.heard(1.0, 1.25 + DELAY_S).any()
    assert not world.heard(1.75 + DELAY_S, 3.0).any()


def test_as_soon_as_possible_is_soon_and_loses_nothing(world: World) -> None:
    world.run_to(1.0)
    speech = noise(0.2)
    start_s = world.room.say(speech, world.now_s)
    world.run_to(2.0)
    assert 1.0 < start_s <= 1.05
    assert np.array_equal(world.heard(start_s + DELAY_S, start_s + 0.2 + DELAY_S), speech)


def test_the_past_is_refused(world: World) -> None:
    world.run_to(2.0)
    with pytest.raises(BenchError, match="past"):
        world.room.say(noise(0.1), world.now_s, at_s=1.9)


def test_sound_of_two_channels_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="one channel"):
        world.room.say(np.zeros((10, 2), dtype=np.int16), 0.0)


def test_sound_and_recording_may_be_longer_than_the_tape(world: World) -> None:
    speech = noise(30.0)
    world.run_to(2.0)
    recording = world.room.record(world.now_s)
    world.room.say(speech, world.now_s, at_s=2.5)
    world.run_to(35.0)
    start_s, heard = world.room.finish(recording, world.now_s)
    assert start_s == 2.0
    assert len(heard) == 33 * RATE_HZ
    start = round((0.5 + DELAY_S) * RATE_HZ)
    assert np.array_equal(heard[start : start + len(speech)], speech)
    assert not heard[:start].any() and not heard[start + len(speech) :].any()


def test_a_recording_with_a_hole_is_an_error(world: World) -> None:
    recording = world.room.record(world.now_s)
    world.next_keep_s = 9.0  # nobody kept the room for longer than the tape remembers
    world.run_to(10.0)
    with pytest.raises(BenchError, match="remembered"):
        world.room.finish(recording, world.now_s)


def test_an_unpowered_handset_is_silent_however_often_the_tape_wraps(world: World) -> None:
    world.run_to(1.0)
    world.room.say(noise(7.0), world.now_s)
    world.run_to(4.0)
    world.device_runs = False
    world.room.device_stopped(world.now_s)
    for _ in range(30):
        world.run_to(world.now_s + 1.0)
        assert not world.heard(world.now_s - 1.0, world.now_s).any()


def test_what_a_dead_microphone_missed_never_comes_back(world: World) -> None:
    world.device_runs = False
    world.run_to(1.0)
    world.room.say(noise(2.0), world.now_s)
    world.run_to(5.0)
    world.device_runs = True
    world.run_to(6.0)
    for _ in range(20):
        world.run_to(world.now_s + 1.0)
        assert not world.heard(world.now_s - 1.0, world.now_s).any()


def test_speech_said_before_power_on_is_heard_from_power_on(world: World) -> None:
    world.device_runs = False
    speech = noise(4.0)
    world.room.say(speech, world.now_s, at_s=1.0)
    world.run_to(2.0)
    world.device_runs = True
    world.run_to(6.0)
    assert np.array_equal(world.heard(2.0 + DELAY_S, 5.0 + DELAY_S), speech[RATE_HZ:])


def test_sound_the_tape_has_wrapped_over_is_refused_not_invented(world: World) -> None:
    world.run_to(20.0)
    with pytest.raises(BenchError, match="remembered"):
        world.heard(1.0, 2.0)


def test_a_sine_has_the_level_and_pitch_it_was_asked_for() -> None:
    tone = sine(1000.0, 1.0, -6.0, RATE_HZ).astype(float) / 32767
    assert np.abs(tone).max() == pytest.approx(10 ** (-6 / 20), rel=0.01)
    assert np.abs(np.fft.rfft(tone)).argmax() == 1000
    assert len(sine(440.0, 0.0, -6.0, RATE_HZ)) == 0
