"""The off-network floor participant, one story at a time (TS 24.380 clause 7.2)."""

import pytest
from floor_air import Air, WrappingClock

from handset.floor import messages
from handset.floor.participant import (
    HAS_NO_PERMISSION,
    HAS_PERMISSION,
    PENDING_REQUEST,
    SILENCE,
    Participant,
)

ME, LOW, HIGH = 500, 100, 900
MY_ID, OTHER_ID, THIRD_ID = "sip:me@sim.invalid", "sip:other@sim.invalid", "sip:third@sim.invalid"


class Desk:
    """One participant; the test plays everybody else."""

    def __init__(self, **config):
        self.clock = WrappingClock()
        self.outbox = []
        self.events = []
        self.while_told = lambda: None
        self.floor = Participant(
            ME,
            MY_ID,
            self.clock,
            lambda buf, n: self.outbox.append(messages.decode(bytes(buf[:n]), n)),
            self._on_floor,
            config,
        )

    def _on_floor(self, event, **facts):
        self.events.append((event, facts))
        self.while_told()

    def wait(self, ms):
        for _ in range(ms):
            self.clock.now_ms += 1
            self.floor.tick()

    def hear(self, *heard):
        buf = bytearray(1024)
        n_bytes = 0
        for message in heard:
            part = bytearray(messages.MAX_BYTES)
            n = messages.encode(message, part)
            buf[n_bytes : n_bytes + n] = part[:n]
            n_bytes += n
        self.floor.message(buf, n_bytes)

    def sent(self):
        names = [message.name for message in self.outbox]
        self.outbox.clear()
        return names

    def told(self):
        events, self.events = self.events, []
        return events

    def into(self, state):
        """Bring it into `state` the ordinary way: OTHER (HIGH) speaks where someone must."""
        if state == HAS_NO_PERMISSION:
            self.hear(taken(HIGH))
        elif state != SILENCE:
            self.floor.press()
            if state == HAS_PERMISSION:
                self.wait(120)
        assert self.floor.state == state
        self.outbox.clear()
        self.events.clear()
        return self


def request(ssrc=HIGH, priority=0, indicator=messages.NORMAL_CALL, user_id=OTHER_ID):
    return messages.request(ssrc, user_id, priority, indicator)


def taken(ssrc=HIGH, user_id=OTHER_ID):
    return messages.taken(ssrc, user_id, 1, messages.NORMAL_CALL)


def granted(ssrc, to_ssrc, to_user_id):
    return messages.granted(ssrc, to_ssrc, to_user_id, 0, 30, messages.NORMAL_CALL)


def deny(ssrc=HIGH, user_id=MY_ID, cause=1):
    return messages.deny(ssrc, user_id, cause, messages.NORMAL_CALL)


def release(ssrc=HIGH, user_id=OTHER_ID):
    return messages.release(ssrc, user_id, messages.NORMAL_CALL)


def by_message(message):
    return lambda desk: desk.hear(message)


def press(desk):
    desk.floor.press()


def let_go(desk):
    desk.floor.release()


def media_of(ssrc):
    return lambda desk: desk.floor.media(ssrc)


def after(ms):
    return lambda desk: desk.wait(ms)


REQUEST, GRANTED, TAKEN = "Floor Request", "Floor Granted", "Floor Taken"
DENY, RELEASE = "Floor Deny", "Floor Release"
OTHER_TAKES = ("taken", {"user_id": OTHER_ID, "ssrc": HIGH})
GRANTED_TO_ME = ("granted", {"user_id": MY_ID, "ssrc": ME})
PENDING, IDLE, DENIED = ("pending", {}), ("idle", {}), ("denied", {"cause": 1})

# name: (state, what happens, state after, messages sent, notifications)
TRANSITIONS = {
    "silence, press": (SILENCE, press, PENDING_REQUEST, [REQUEST], [PENDING]),
    "silence, release": (SILENCE, let_go, SILENCE, [], []),
    "silence, taken": (SILENCE, by_message(taken()), HAS_NO_PERMISSION, [], [OTHER_TAKES]),
    "silence, granted to another": (
        SILENCE,
        by_message(granted(LOW, HIGH, OTHER_ID)),
        HAS_NO_PERMISSION,
        [],
        [OTHER_TAKES],
    ),
    "silence, media": (
        SILENCE,
        media_of(HIGH),
        HAS_NO_PERMISSION,
        [],
        [("taken", {"user_id": "", "ssrc": HIGH})],
    ),
    "silence, own media echoed": (SILENCE, media_of(ME), SILENCE, [], []),
    "no permission, press": (HAS_NO_PERMISSION, press, PENDING_REQUEST, [REQUEST], [PENDING]),
    "no permission, release of the speaker": (
        HAS_NO_PERMISSION,
        by_message(release()),
        SILENCE,
        [],
        [IDLE],
    ),
    "no permission, just before T203": (HAS_NO_PERMISSION, after(3999), HAS_NO_PERMISSION, [], []),
    "no permission, T203": (HAS_NO_PERMISSION, after(4000), SILENCE, [], [IDLE]),
    "no permission, taken by a third": (
        HAS_NO_PERMISSION,
        by_message(taken(LOW, THIRD_ID)),
        HAS_NO_PERMISSION,
        [],
        [("taken", {"user_id": THIRD_ID, "ssrc": LOW})],
    ),
    "no permission, granted to a third": (
        HAS_NO_PERMISSION,
        by_message(granted(HIGH, LOW, THIRD_ID)),
        HAS_NO_PERMISSION,
        [],
        [("taken", {"user_id": THIRD_ID, "ssrc": LOW})],
    ),
    "no permission, media of a third while the speaker is heard": (
        HAS_NO_PERMISSION,
        media_of(LOW),
        HAS_NO_PERMISSION,
        [],
        [],
    ),
    "no permission, granted to me who let go": (
        HAS_NO_PERMISSION,
        by_message(granted(HIGH, ME, MY_ID)),
        SILENCE,
        [],
        [IDLE],
    ),
    "pending, T201": (PENDING_REQUEST, after(40), PENDING_REQUEST, [REQUEST], []),
    "pending, just before T201 for the third time": (
        PENDING_REQUEST,
        after(119),
        PENDING_REQUEST,
        [REQUEST, REQUEST],
        [],
    ),
    "pending, T201 for the third time": (
        PENDING_REQUEST,
        after(120),
        HAS_PERMISSION,
        [REQUEST, REQUEST, TAKEN],
        [GRANTED_TO_ME],
    ),
    "pending, release": (PENDING_REQUEST, let_go, SILENCE, [RELEASE], [IDLE]),
    "pending, denied": (PENDING_REQUEST, by_message(deny()), HAS_NO_PERMISSION, [], [DENIED]),
    "pending, receive only": (
        PENDING_REQUEST,
        by_message(deny(cause=5)),
        HAS_NO_PERMISSION,
        [],
        [("denied", {"cause": 5})],
    ),
    "pending, granted to me": (
        PENDING_REQUEST,
        by_message(granted(HIGH, ME, MY_ID)),
        HAS_PERMISSION,
        [],
        [GRANTED_TO_ME],
    ),
    "pending, granted to another": (
        PENDING_REQUEST,
        by_message(granted(LOW, HIGH, OTHER_ID)),
        HAS_NO_PERMISSION,
        [],
        [OTHER_TAKES, DENIED],
    ),
    "pending, taken by another": (
        PENDING_REQUEST,
        by_message(taken()),
        HAS_NO_PERMISSION,
        [],
        [OTHER_TAKES, DENIED],
    ),
    "pending, media of another": (
        PENDING_REQUEST,
        media_of(HIGH),
        HAS_NO_PERMISSION,
        [],
        [("taken", {"user_id": "", "ssrc": HIGH}), DENIED],
    ),
    "permission, release": (HAS_PERMISSION, let_go, SILENCE, [RELEASE], [IDLE]),
    "permission, request": (HAS_PERMISSION, by_message(request()), HAS_PERMISSION, [DENY], []),
    "permission, request that pre-empts": (
        HAS_PERMISSION,
        by_message(request(priority=1)),
        HAS_NO_PERMISSION,
        [GRANTED],
        [("revoked", {"reason": "preempted"}), OTHER_TAKES],
    ),
    "permission, T206": (
        HAS_PERMISSION,
        after(27_000),
        HAS_PERMISSION,
        [TAKEN] * 27,
        [("expiring", {"left_ms": 3000})],
    ),
    "permission, T207": (
        HAS_PERMISSION,
        after(30_000),
        SILENCE,
        [TAKEN] * 30 + [RELEASE],
        [("expiring", {"left_ms": 3000}), ("revoked", {"reason": "talk_limit"}), IDLE],
    ),
    "permission, taken by a higher SSRC": (
        HAS_PERMISSION,
        by_message(taken(HIGH)),
        HAS_NO_PERMISSION,
        [RELEASE],
        [("revoked", {"reason": "yielded"}), OTHER_TAKES],
    ),
    "permission, media of a higher SSRC": (
        HAS_PERMISSION,
        media_of(HIGH),
        HAS_NO_PERMISSION,
        [RELEASE],
        [("revoked", {"reason": "yielded"}), ("taken", {"user_id": "", "ssrc": HIGH})],
    ),
}


@pytest.mark.parametrize("name", TRANSITIONS)
def test_transition(name):
    state, happens, state_after, sent, told = TRANSITIONS[name]
    desk = Desk().into(state)
    happens(desk)
    assert desk.floor.state == state_after
    assert desk.sent() == sent
    assert desk.told() == told
    assert desk.floor.malformed == 0


ACK = messages.Message(messages.ACK, HIGH)
NO_PROCEDURE = [
    (SILENCE, request()),
    (SILENCE, deny()),
    (SILENCE, release()),
    (SILENCE, granted(HIGH, ME, MY_ID)),
    (SILENCE, ACK),
    (HAS_NO_PERMISSION, request()),
    (HAS_NO_PERMISSION, deny()),
    (HAS_NO_PERMISSION, granted(LOW, 7, THIRD_ID)),
    (HAS_NO_PERMISSION, release(LOW, THIRD_ID)),
    (HAS_NO_PERMISSION, messages.Message(messages.REVOKE, HIGH)),
    (PENDING_REQUEST, deny(user_id=THIRD_ID)),
    (PENDING_REQUEST, granted(HIGH, ME, THIRD_ID)),
    (PENDING_REQUEST, granted(HIGH, LOW, MY_ID)),
    (PENDING_REQUEST, messages.Message(messages.GRANTED, HIGH)),
    (PENDING_REQUEST, messages.Message(messages.REQUEST, HIGH)),
    (PENDING_REQUEST, messages.Message(messages.IDLE, HIGH)),
    (HAS_PERMISSION, deny()),
    (HAS_PERMISSION, release()),
    (HAS_PERMISSION, granted(HIGH, LOW, THIRD_ID)),
    (HAS_PERMISSION, messages.Message(messages.QUEUE_POSITION_REQUEST, HIGH)),
]


@pytest.mark.parametrize("index", range(len(NO_PROCEDURE)))
def test_a_message_without_a_procedure_is_discarded_and_counted(index):
    state, message = NO_PROCEDURE[index]
    desk = Desk().into(state)
    desk.hear(message)
    assert (desk.floor.state, desk.sent(), desk.told()) == (state, [], [])
    assert desk.floor.discarded == 1


@pytest.mark.parametrize("state", [PENDING_REQUEST, HAS_PERMISSION])
def test_a_second_press_changes_nothing(state):
    desk = Desk().into(state)
    desk.floor.press()
    assert (desk.floor.state, desk.sent(), desk.told()) == (state, [], [])


def test_the_floor_is_taken_after_three_requests_and_120_ms_exactly():
    desk = Desk()
    desk.floor.press()
    assert desk.floor.next_deadline_ms() == 40
    desk.wait(119)
    assert desk.floor.state == PENDING_REQUEST
    desk.wait(1)
    assert desk.floor.state == HAS_PERMISSION
    assert desk.sent() == [REQUEST] * 3 + [TAKEN]


def test_late_ticks_do_not_add_up():
    """With a tick every 9 ms the permission comes 120 ms after the press, rounded up once."""
    desk = Desk()
    desk.floor.press()
    elapsed_ms = 0
    while desk.floor.state == PENDING_REQUEST:
        desk.clock.now_ms += 9
        elapsed_ms += 9
        desk.floor.tick()
    assert 120 <= elapsed_ms < 129


def test_a_stalled_handset_still_listens_for_a_whole_t201_before_it_takes_the_floor():
    desk = Desk()
    desk.floor.press()
    desk.clock.now_ms += 500
    for _ in range(3):
        desk.floor.tick()
    assert desk.floor.state == PENDING_REQUEST
    assert desk.floor.next_deadline_ms() == 40


def test_what_is_said_on_the_air():
    desk = Desk(priority=3)
    desk.floor.press()
    asked = desk.outbox[0]
    assert (asked.ssrc, asked.user_id, asked.priority) == (ME, MY_ID, 3)
    assert asked.indicator == messages.NORMAL_CALL
    desk.wait(120)
    took = desk.outbox[-1]
    assert (took.ssrc, took.party_ssrc, took.user_id, took.granted_party) == (ME, ME, MY_ID, MY_ID)
    assert took.permission == 1
    desk.hear(request(HIGH))
    refused = desk.outbox[-1]
    assert (refused.user_id, refused.cause) == (OTHER_ID, messages.ANOTHER_HAS_PERMISSION)
    desk.hear(request(HIGH, priority=4))
    given = desk.outbox[-1]
    assert (given.party_ssrc, given.user_id, given.priority) == (HIGH, OTHER_ID, 4)
    assert given.duration_s == 30


def test_taken_messages_are_numbered():
    desk = Desk().into(HAS_PERMISSION)
    desk.wait(3000)
    numbers = [message.sequence for message in desk.outbox]
    assert numbers == [2, 3, 4]


@pytest.mark.parametrize(
    ("message", "waits"),
    [
        (request(HIGH), True),
        (request(LOW), False),
        (request(LOW, priority=2), True),
        (request(HIGH, priority=0), False),
        (request(LOW, indicator=messages.EMERGENCY_CALL), True),
        (request(LOW, indicator=messages.IMMINENT_PERIL_CALL), True),
    ],
)
def test_two_requests_meet(message, waits):
    """Class of the call, then priority, then SSRC decide who starts waiting again."""
    desk = Desk(priority=1 if message.priority != 0 or not waits else 0)
    desk.floor.press()
    desk.wait(100)
    desk.hear(message)
    desk.wait(20)
    assert desk.floor.state == (PENDING_REQUEST if waits else HAS_PERMISSION)
    desk.wait(100)
    assert desk.floor.state == HAS_PERMISSION


def test_a_speaker_is_not_talked_over_when_his_answer_is_lost():
    desk = Desk().into(HAS_NO_PERMISSION)
    desk.floor.press()
    for _ in range(6):
        desk.wait(20)
        desk.floor.media(HIGH)
    assert desk.floor.state == HAS_NO_PERMISSION
    assert desk.told() == [PENDING, DENIED]
    assert desk.sent() == [REQUEST] * 3


def test_a_speaker_who_vanished_is_replaced():
    desk = Desk().into(HAS_NO_PERMISSION)
    desk.wait(400)
    desk.floor.press()
    desk.wait(120)
    assert desk.floor.state == HAS_PERMISSION


def test_the_speakers_release_while_pending_frees_the_floor():
    desk = Desk().into(HAS_NO_PERMISSION)
    desk.floor.press()
    desk.hear(release())
    desk.wait(120)
    assert desk.floor.state == HAS_PERMISSION


def test_media_keeps_the_speaker_and_its_end_brings_silence():
    desk = Desk().into(HAS_NO_PERMISSION)
    for _ in range(50):
        desk.wait(200)
        desk.floor.media(HIGH)
    desk.wait(3999)
    assert desk.floor.state == HAS_NO_PERMISSION
    desk.wait(1)
    assert (desk.floor.state, desk.told()) == (SILENCE, [IDLE])


def test_a_third_voice_replaces_a_speaker_who_is_not_heard_any_more():
    desk = Desk().into(HAS_NO_PERMISSION)
    desk.wait(300)
    desk.floor.media(LOW)
    assert desk.floor.arbitrator_ssrc == LOW
    assert desk.told() == [("taken", {"user_id": "", "ssrc": LOW})]


def test_the_name_follows_when_media_comes_first():
    desk = Desk()
    desk.floor.media(HIGH)
    desk.hear(taken())
    desk.hear(taken())
    assert desk.told() == [("taken", {"user_id": "", "ssrc": HIGH}), OTHER_TAKES]


def test_the_tail_of_a_burst_does_not_start_a_new_one():
    desk = Desk().into(HAS_NO_PERMISSION)
    desk.hear(release())
    desk.floor.media(HIGH)
    desk.hear(taken())
    desk.wait(249)
    desk.floor.media(HIGH)
    assert desk.floor.state == SILENCE
    desk.wait(1)
    desk.floor.media(HIGH)
    assert desk.floor.state == HAS_NO_PERMISSION


def test_who_grants_stops_talking_and_who_let_go_does_not_start():
    desk = Desk().into(HAS_NO_PERMISSION)
    desk.hear(release(LOW, THIRD_ID))
    desk.hear(granted(HIGH, LOW, THIRD_ID))
    desk.floor.media(HIGH)
    assert desk.floor.state == SILENCE
    assert desk.told() == [IDLE]


def test_a_new_request_ends_the_tail():
    desk = Desk().into(HAS_NO_PERMISSION)
    desk.hear(release())
    desk.wait(79)
    desk.hear(request(), taken())
    assert desk.floor.state == SILENCE
    desk.wait(1)
    desk.hear(request(), taken())
    assert desk.floor.state == HAS_NO_PERMISSION


def test_denied_until_the_key_is_up_then_the_speaker_is_shown_again():
    desk = Desk().into(HAS_NO_PERMISSION)
    desk.floor.press()
    desk.hear(deny())
    assert desk.told() == [PENDING, DENIED]
    desk.floor.release()
    desk.floor.release()
    assert desk.told() == [OTHER_TAKES]
    assert desk.sent() == [REQUEST]


def test_a_lower_ssrc_is_told_again_who_speaks():
    desk = Desk().into(HAS_PERMISSION)
    desk.wait(50)
    desk.hear(taken(LOW))
    for _ in range(3):
        desk.floor.media(LOW)
    assert desk.floor.state == HAS_PERMISSION
    assert desk.sent() == [TAKEN]
    desk.wait(40)
    desk.floor.media(LOW)
    assert desk.sent() == [TAKEN]


def test_a_lost_grant_is_repeated_with_the_request():
    desk = Desk().into(HAS_PERMISSION)
    desk.hear(request(priority=9))
    assert desk.sent() == [GRANTED]
    desk.hear(request(priority=9))
    assert desk.sent() == [GRANTED]
    desk.hear(request(LOW, priority=9, user_id=THIRD_ID))
    assert desk.sent() == []


def test_an_emergency_pre_empts_and_asks_until_it_is_answered():
    desk = Desk().into(HAS_NO_PERMISSION)
    desk.floor.press(emergency=True)
    for _ in range(20):
        desk.wait(20)
        desk.floor.media(HIGH)
    assert desk.floor.state == PENDING_REQUEST
    assert {message.indicator for message in desk.outbox} == {messages.EMERGENCY_CALL}
    desk.hear(granted(HIGH, ME, MY_ID))
    assert desk.floor.state == HAS_PERMISSION
    desk.wait(80)
    desk.outbox.clear()
    desk.hear(request(HIGH, priority=200))
    assert desk.sent() == [DENY]


def test_an_emergency_that_has_to_yield_asks_again_at_once():
    desk = Desk()
    desk.floor.press(emergency=True)
    desk.wait(120)
    desk.told()
    desk.sent()
    desk.hear(taken(HIGH))
    assert desk.floor.state == PENDING_REQUEST
    assert desk.sent() == [RELEASE, REQUEST]
    assert desk.told() == [("revoked", {"reason": "yielded"}), OTHER_TAKES, PENDING]


def test_no_permission_comes_while_the_key_is_up():
    desk = Desk()
    desk.floor.press()
    desk.floor.release()
    desk.hear(granted(HIGH, ME, MY_ID))
    desk.wait(1000)
    assert desk.floor.state == SILENCE
    assert "granted" not in [event for event, _ in desk.told()]


def test_own_messages_that_come_back_are_ignored():
    desk = Desk().into(HAS_PERMISSION)
    for echo in (
        request(ME, user_id=MY_ID),
        taken(ME, MY_ID),
        deny(ME, OTHER_ID),
        release(ME, MY_ID),
    ):
        desk.hear(echo)
    assert (desk.floor.state, desk.sent(), desk.told()) == (HAS_PERMISSION, [], [])
    assert (desk.floor.echoed, desk.floor.collisions) == (4, 0)


def test_someone_else_with_this_ssrc_is_noticed():
    desk = Desk()
    desk.hear(request(ME, user_id=OTHER_ID))
    assert desk.told() == [("collision", {"user_id": OTHER_ID})]
    assert (desk.floor.state, desk.floor.collisions) == (SILENCE, 1)


def test_noise_is_counted_and_the_messages_before_it_count():
    desk = Desk()
    desk.floor.message(b"\x80\xcc\x00\x02noise", 9)
    assert desk.floor.malformed == 1
    part = bytearray(messages.MAX_BYTES)
    n = messages.encode(taken(), part)
    desk.floor.message(bytes(part[:n]) + b"\xff", n + 1)
    assert (desk.floor.malformed, desk.floor.state) == (2, HAS_NO_PERMISSION)


def test_several_messages_in_one_datagram():
    desk = Desk()
    desk.hear(taken(), release())
    assert desk.told() == [OTHER_TAKES, IDLE]


def test_media_that_a_notification_moves_does_not_nest_another():
    """The application flushes its packets while it is told of a change."""
    desk = Desk().into(HAS_PERMISSION)
    desk.while_told = lambda: desk.floor.media(HIGH)
    desk.floor.release()
    assert desk.told() == [IDLE]
    assert desk.floor.state == SILENCE
    desk.floor.media(HIGH)
    assert desk.floor.state == HAS_NO_PERMISSION


def test_three_handsets_take_turns():
    air = Air([ME, LOW, HIGH], delay_ms=(10, 10))
    a, b, c = air.handsets
    for speaker in (a, b, c, a):
        speaker.press()
        air.run(120)
        assert air.talkers() == [speaker]
        air.run(1000)
        speaker.release()
        air.run(50)
        assert air.states() == [SILENCE] * 3


@pytest.mark.parametrize("second_presses_after_ms", [0, 5, 20, 60, 100, 115])
def test_one_of_two_that_press_together_speaks_and_the_other_is_denied(second_presses_after_ms):
    air = Air([ME, HIGH, LOW], delay_ms=(15, 15))
    a, b, c = air.handsets
    a.press()
    air.run(second_presses_after_ms)
    b.press()
    air.run(400)
    assert len(air.talkers()) == 1
    loser = a if b.talking else b
    assert loser.names()[-1] == "denied"
    assert c.floor.arbitrator_ssrc == air.talkers()[0].floor.ssrc
    assert air.overlap_max_ms == 0


def test_two_who_did_not_hear_each_other_end_with_one_speaker():
    air = Air([ME, HIGH, LOW], delay_ms=(15, 15))
    a, b, c = air.handsets
    air.loss = 1.0
    a.press()
    b.press()
    air.run(200)
    assert air.talkers() == [a, b]
    air.loss = 0.0
    air.run(100)
    assert air.talkers() == [b]
    assert c.floor.arbitrator_ssrc == HIGH


def test_pre_emption_between_two_handsets():
    air = Air([ME, LOW], delay_ms=(15, 15))
    a, b = air.handsets
    a.press()
    air.run(500)
    b.press(emergency=True)
    air.run(40)
    assert air.talkers() == [b]
    assert [event for event in a.names() if event in ("revoked", "taken")] == ["revoked", "taken"]
