"""Presses of the PTT key with real speech, and what came out of the other handset's speaker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from handsetctl.bench.interface import AUDIO_RATE_HZ, Bench, BenchHandset, Samples

Progress = Callable[[str, float], None]

_PERMISSION_TIMEOUT_S = 5.0
# A person starts to speak a moment after the permission; any lead serves, it is on the bench clock.
_BREATH_S = 0.1
# The key stays down until the frame with the last sample has been captured.
_TAIL_S = 0.02
_WARM_UP_S = 0.3
# What is recorded around a press: longer than any mouth-to-ear delay worth the name.
_BEFORE_S = 0.1
_AFTER_S = 0.4


@dataclass(frozen=True)
class Press:
    """One press: instants in seconds of the bench clock, sound on one common timeline.

    spoken and heard: int16[n] each, sample 0 of both is the instant `start_s`.
    """

    pressed_s: float
    permitted_s: float
    speech_s: float
    speech_duration_s: float
    released_s: float
    start_s: float
    spoken: Samples
    heard: Samples

    @property
    def access_ms(self) -> float:
        """PTT edge to talk permission."""
        return (self.permitted_s - self.pressed_s) * 1000.0


def warm_up(bench: Bench) -> None:
    """Let every handset talk for a moment, heard by the others, and measure nothing.

    An emulator translates code when it is first used, which costs it the time of several frames.
    """
    for handset in bench.handsets.values():
        pressed_s = handset.press("ptt")
        permitted_s = handset.wait_output("led", "talk", _PERMISSION_TIMEOUT_S, since=pressed_s)
        bench.wait_until(permitted_s + _WARM_UP_S)
        handset.release("ptt")
        for each in bench.handsets.values():
            each.wait_output("led", "idle", _PERMISSION_TIMEOUT_S, since=permitted_s)


def talk_after_permission(
    bench: Bench, talker: BenchHandset, listener: BenchHandset, phrase: Samples
) -> Press:
    """Press, wait for the permission, speak, release: how a trained agent talks."""
    pressed_s = talker.press("ptt")
    permitted_s = talker.wait_output("led", "talk", _PERMISSION_TIMEOUT_S, since=pressed_s)
    speech_s = talker.say(phrase, at_s=permitted_s + _BREATH_S)
    return _finish(bench, talker, listener, phrase, pressed_s, permitted_s, speech_s)


def talk_at_the_press(
    bench: Bench, talker: BenchHandset, listener: BenchHandset, phrase: Samples
) -> Press:
    """Speak at the very edge of the key, as people in a hurry do: what is lost is measured."""
    speech_s = talker.say(phrase, at_s=bench.now_s() + _BREATH_S)
    bench.wait_until(speech_s)
    pressed_s = talker.press("ptt")
    permitted_s = talker.wait_output("led", "talk", _PERMISSION_TIMEOUT_S, since=pressed_s)
    return _finish(bench, talker, listener, phrase, pressed_s, permitted_s, speech_s)


def session(
    bench: Bench,
    talker: BenchHandset,
    listener: BenchHandset,
    phrases: Sequence[Samples],
    talk: Callable[[Bench, BenchHandset, BenchHandset, Samples], Press],
    progress: Progress,
) -> list[Press]:
    """One press a phrase, one after the other."""
    presses = []
    for index, phrase in enumerate(phrases):
        progress(f"press {index + 1} of {len(phrases)}", index / len(phrases))
        presses.append(talk(bench, talker, listener, phrase))
    progress("all presses done", 1.0)
    return presses


def joined(presses: Sequence[Press]) -> tuple[Samples, Samples]:
    """Spoken and heard of all presses, one press after the other, int16[n] each."""
    return (
        np.concatenate([press.spoken for press in presses]),
        np.concatenate([press.heard for press in presses]),
    )


def _finish(
    bench: Bench,
    talker: BenchHandset,
    listener: BenchHandset,
    phrase: Samples,
    pressed_s: float,
    permitted_s: float,
    speech_s: float,
) -> Press:
    duration_s = phrase.size / AUDIO_RATE_HZ
    end_s = speech_s + duration_s
    bench.wait_until(end_s + _TAIL_S)
    released_s = talker.release("ptt")
    start_s = min(pressed_s, speech_s) - _BEFORE_S
    heard = listener.hear(start_s, end_s + _AFTER_S)
    spoken = np.zeros(heard.size, np.int16)
    offset = round((speech_s - start_s) * AUDIO_RATE_HZ)
    spoken[offset : offset + phrase.size] = phrase
    talker.wait_output("led", "idle", _PERMISSION_TIMEOUT_S, since=released_s)
    listener.wait_output("led", "idle", _PERMISSION_TIMEOUT_S, since=pressed_s)
    return Press(pressed_s, permitted_s, speech_s, duration_s, released_s, start_s, spoken, heard)
