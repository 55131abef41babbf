"""What floor control decides becomes microphone, speaker and light: in that order, and no other."""

from __future__ import annotations

import pytest

from handset.ptt.controller import PttController


class Recorder:
    """Audio, indicator, participant and pump in one: remembers what was asked of it."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def __getattr__(self, name: str) -> object:
        return lambda *args: self.calls.append((name, *args))


def controller() -> tuple[PttController, list[tuple[object, ...]]]:
    world = Recorder()
    ptt = PttController(world, world, lambda text: world.calls.append(("log", text)))
    ptt.bind(world, world)
    return ptt, world.calls


def test_speech_is_kept_from_the_press_and_sent_only_with_the_permission() -> None:
    ptt, calls = controller()
    ptt.key(True)
    assert calls.index(("hold",)) < calls.index(("press",))
    ptt.on_floor("pending")
    assert ("talk", True) not in calls
    ptt.on_floor("granted", user_id="sip:me", ssrc=1)
    assert ("talk", True) in calls
    assert ("tone", "permit") in calls
    assert ptt.talker == "sip:me"


@pytest.mark.parametrize(("cause", "tone"), [(1, "busy"), (4, "deny"), (255, "deny")])
def test_a_refusal_is_heard_and_what_was_kept_is_forgotten(cause: int, tone: str) -> None:
    ptt, calls = controller()
    ptt.key(True)
    calls.clear()
    ptt.on_floor("denied", cause=cause)
    assert ("talk", False) in calls
    assert ("tone", tone) in calls
    assert ("talk", True) not in calls


def test_release_closes_the_microphone_and_sends_the_rest_before_the_floor_goes() -> None:
    ptt, calls = controller()
    ptt.key(True)
    ptt.on_floor("granted", user_id="sip:me", ssrc=1)
    calls.clear()
    ptt.key(False)
    assert calls.index(("talk", False)) < calls.index(("move",)) < calls.index(("release",))


def test_other_talker_is_listened_to_alone() -> None:
    ptt, calls = controller()
    ptt.on_floor("taken", user_id="sip:other", ssrc=77)
    assert ("listen", 77) in calls
    assert ("show", "receive") in calls
    assert ptt.talker == "sip:other"
    ptt.on_floor("idle")
    assert ("listen", 0) in calls
    assert ptt.talker == ""


def test_revoked_permission_closes_the_microphone_with_the_key_still_down() -> None:
    ptt, calls = controller()
    ptt.key(True)
    ptt.on_floor("granted", user_id="sip:me", ssrc=1)
    calls.clear()
    ptt.on_floor("revoked", reason="talk_limit")
    assert ("talk", False) in calls
    assert ("tone", "end") in calls


def test_every_event_of_the_participant_is_known() -> None:
    ptt, _ = controller()
    facts = {
        "pending": {},
        "granted": {"user_id": "u", "ssrc": 1},
        "taken": {"user_id": "u", "ssrc": 1},
        "denied": {"cause": 1},
        "expiring": {"left_ms": 3000},
        "revoked": {"reason": "preempted"},
        "idle": {},
        "collision": {"user_id": "u"},
    }
    for event, known in facts.items():
        ptt.on_floor(event, **known)
