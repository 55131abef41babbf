"""The room around a virtual handset: what its microphone hears and what its speaker plays.

Pure logic on a tape with an explicit clock: every instant comes from the caller, in seconds of
CLOCK_MONOTONIC. ``keep`` must be called about once a second: it feeds long sounds to the
microphone, collects recordings before the tape wraps over them, and silences what no audio device
reads or writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from handsetctl.bench.interface import Samples
from handsetctl.bench.tape import Tape
from handsetctl.errors import BenchError

KEEP_PERIOD_S = 1.0
_LEAD_S = 0.04
"""How far ahead "as soon as possible" is: two frames, so that the device cannot overtake."""
_SPEAKER_AHEAD_SAMPLES = 960
"""The device has written its speaker track this far beyond the next sample it will capture."""
_STOPPED_AFTER_S = 0.5
"""An audio device this far behind is not running: a running one never falls 40 ms behind."""
_SILENCE_AHEAD_S = 2.0
_LATE_S = 0.1
"""Recordings are collected this long after the fact: a held up device may still be writing."""


@dataclass
class Recording:
    """A recording of a speaker that is under way."""

    start_index: int
    next_index: int
    blocks: list[Samples] = field(default_factory=list)
    fault: BenchError | None = None
    """Set when the bench was held up for so long that a part is gone."""


class Room:
    """Plays into and listens to one tape."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._waiting: list[tuple[int, Samples]] = []
        self._recordings: list[Recording] = []
        self._mic_silent_to = 0
        self._speaker_silent_to = 0

    def say(self, samples: Samples, now_s: float, at_s: float | None = None) -> float:
        """Play samples into the microphone from ``at_s``, or as soon as possible.

        Returns the instant of the first one. What was to be played at the same time is replaced.
        Raises BenchError when ``at_s`` is over already.
        """
        block = np.ascontiguousarray(samples, dtype=np.int16)
        if block.ndim != 1:
            raise ValueError(f"samples must be one channel, not of shape {block.shape}")
        if at_s is not None and at_s < now_s:
            raise BenchError(
                f"cannot play into the past ({now_s - at_s:.3f} s ago)",
                str(self._tape.path),
                "choose a later instant, or none to play as soon as possible",
            )
        index = self._tape.index_at(now_s + _LEAD_S if at_s is None else at_s)
        self._waiting.append((index, block))
        self._feed_microphone(now_s)
        return self._tape.instant_of(index)

    def heard(self, start: int, stop: int, now_s: float) -> Samples:
        """Copy of the speaker's samples [start, stop), silence where no device has written.

        Raises BenchError when they are so old that the tape has wrapped over them.
        """
        oldest = self._tape.index_at(now_s) - self._history
        if start < oldest:
            raise BenchError(
                f"the speaker is remembered for {self._history / self._tape.rate_hz:.0f} s only",
                str(self._tape.path),
                "listen sooner, or record",
            )
        samples = self._tape.read_speaker(start, stop)
        samples[max(0, self._tape.device_index + _SPEAKER_AHEAD_SAMPLES - start) :] = 0
        return samples

    def record(self, now_s: float) -> Recording:
        """Begin to collect the speaker, from now on, for as long as need be."""
        index = self._tape.index_at(now_s)
        recording = Recording(index, index)
        self._recordings.append(recording)
        return recording

    def finish(self, recording: Recording, now_s: float) -> tuple[float, Samples]:
        """End a recording, now; returns its first instant and its samples.

        Raises BenchError when the tape wrapped over a part of it before it was collected.
        """
        self._collect(recording, self._tape.index_at(now_s), now_s)
        self._recordings.remove(recording)
        if recording.fault is not None:
            raise recording.fault
        samples = np.concatenate([np.zeros(0, dtype=np.int16), *recording.blocks])
        return self._tape.instant_of(recording.start_index), samples

    def device_stopped(self, now_s: float) -> None:
        """The handset lost power: its speaker is silent from now on."""
        now = self._tape.index_at(now_s)
        self._silence_speaker(now, now)

    def keep(self, now_s: float) -> None:
        """The work of the moment; call every KEEP_PERIOD_S."""
        now = self._tape.index_at(now_s)
        self._feed_microphone(now_s)
        self._silence_unread_microphone(now)
        if now - self._tape.device_index > _STOPPED_AFTER_S * self._tape.rate_hz:
            self._silence_speaker(self._tape.device_index + _SPEAKER_AHEAD_SAMPLES, now)
        for recording in self._recordings:
            self._collect(recording, now - int(_LATE_S * self._tape.rate_hz), now_s)

    def _feed_microphone(self, now_s: float) -> None:
        """Put on the tape what fits between now and the end of its window."""
        horizon = self._tape.index_at(now_s) + self._tape.window
        later = []
        for index, samples in self._waiting:
            fits = max(0, min(len(samples), horizon - index))
            self._tape.write_mic(index, samples[:fits])
            if fits < len(samples):
                later.append((index + fits, samples[fits:]))
        self._waiting = later

    def _silence_unread_microphone(self, now: int) -> None:
        """What no device has read by now must not come round again when the tape wraps."""
        stop = now - int(_STOPPED_AFTER_S * self._tape.rate_hz)
        start = max(self._mic_silent_to, stop - self._tape.window)
        if start < stop:
            self._tape.silence_mic(start, stop)
            self._mic_silent_to = stop

    def _silence_speaker(self, start: int, now: int) -> None:
        """No device writes the speaker track: silence it from ``start`` to a while from now."""
        stop = now + int(_SILENCE_AHEAD_S * self._tape.rate_hz)
        start = max(start, stop - self._tape.window, min(self._speaker_silent_to, now))
        if start < stop:
            self._tape.silence_speaker(start, stop)
            self._speaker_silent_to = stop

    def _collect(self, recording: Recording, stop: int, now_s: float) -> None:
        if stop <= recording.next_index:
            return
        try:
            recording.blocks.append(self.heard(recording.next_index, stop, now_s))
        except BenchError as error:
            recording.fault = error  # raised to whoever finishes the recording
        recording.next_index = stop

    @property
    def _history(self) -> int:
        """Samples of the speaker that are still there: all but what is written ahead of time."""
        return self._tape.capacity - int(2 * _SILENCE_AHEAD_S * self._tape.rate_hz)


def sine(frequency_hz: float, duration_s: float, level_dbfs: float, rate_hz: int) -> Samples:
    """A sine of full-scale level ``level_dbfs``, faded in and out over 5 ms against clicks."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    fade = np.minimum(1.0, np.minimum(time_s, time_s[::-1]) / 0.005)
    wave = 32767 * 10 ** (level_dbfs / 20) * fade * np.sin(2 * np.pi * frequency_hz * time_s)
    return wave.astype(np.int16)
