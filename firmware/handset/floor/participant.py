"""The off-network floor participant of 3GPP TS 24.380 clause 7.2: who may speak, without a server.

Sans-IO: keys, datagrams, media and time go in as calls; messages and notifications come out
through two callbacks. States carry the standard's names without the "O:". Whoever has permission
is the arbitrator for all others. Group calls only: "O: pending granted" and "O: queued" are not
needed without a queue (a request that may not pre-empt is denied, clause 7.2.3.4).

Where this goes beyond the standard, always to end sooner in one speaker:

- A participant that waits in "pending_request" and hears the Floor Taken, or the media, of someone
  who was not speaking when the key was pressed has lost the race and is denied at once. The
  standard lets it go on asking until the winner's Floor Deny arrives.
- Requests that meet: the standard lets the lower priority, and at equal priority the lower SSRC,
  start waiting again (R: Floor Request in "O: pending request"). The same order decides here, with
  the class of the call (emergency, imminent peril, other) before the priority.
- Two that took the floor at once, which takes lost messages: the lower SSRC releases as soon as it
  hears the other's Floor Taken or media; the higher one repeats its Floor Taken on hearing the
  lower. The standard has no procedure for this and both would go on.
- A speaker that answers nothing but is heard is not talked over: after C201 requests the user is
  denied (an emergency goes on asking). The standard goes on asking for ever.
- Pre-emption is a Floor Granted repeated for each repeated Floor Request, not on T205.
- After a Floor Release, media and messages of that speaker that are still under way count for
  nothing during `media_tail_ms`, unless requests of a new burst come first; a speaker unheard for
  that long may be replaced by another who is heard.
- The speaker repeats its Floor Taken every `taken_repeat_ms`: who comes late learns the name, and
  two speakers who missed each other's first one find out.
"""

from handset.floor import messages
from handset.floor.tail import Tails

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.contracts import Clock

SILENCE = "silence"
HAS_NO_PERMISSION = "has_no_permission"
HAS_PERMISSION = "has_permission"
PENDING_REQUEST = "pending_request"

# Provisioning data (TS 24.483 makes them configurable); times in milliseconds.
DEFAULT_CONFIG = {
    "t201_ms": 40,  # between Floor Requests
    "c201": 3,  # unanswered T201 periods until the floor is free for the taking
    "t203_ms": 4000,  # end of RTP media: the speaker is gone
    "t206_ms": 27000,  # talking for this long: warn
    "t207_ms": 3000,  # and then this long until the floor is given up
    "media_tail_ms": 250,  # packets of a speaker may be this late
    "taken_repeat_ms": 1000,  # between Floor Taken messages of one burst
    "priority": 0,  # Floor Priority of an ordinary request, 0 (lowest) to 255
    "emergency_priority": 0,  # Floor Priority of an emergency request
}

# No SSRC at all: what the standard does not say, the voice engine reads as "anyone".
_NOBODY = 0
_DATAGRAM_MESSAGES_MAX = 4


class Participant:
    """One handset in one talk group.

    ssrc: int, 1..2**32-1 (below 2**30 it is never a heap object on a 32-bit board).
    user_id: str, MCPTT ID. clock: see `hal.contracts.Clock`.
    send(buf, n_bytes): transmit to the group; `buf` is reused, send or copy it before returning.
    config: entries that differ from DEFAULT_CONFIG.
    notify(event, **facts) after the state has changed, with these events:

    - "pending": asked for the floor, key held.
    - "granted" (user_id, ssrc): speak now; facts are this participant's own.
    - "taken" (user_id, ssrc): someone else speaks; user_id is "" while unknown.
    - "denied" (cause): the request failed, key still held; cause as in Floor Deny.
    - "expiring" (left_ms): the talk limit is near.
    - "revoked" (reason): permission ended before the key was released: "talk_limit", "preempted"
      or "yielded"; "idle" or "taken" follows.
    - "idle": the channel is free.
    - "collision" (user_id): someone else uses this SSRC; choose another (RFC 3550 8.2).
    """

    def __init__(
        self,
        ssrc: int,
        user_id: str,
        clock: "Clock",
        send: "Callable[[bytearray, int], None]",
        notify: "Callable[..., None]",
        config: dict | None = None,
    ) -> None:
        if not 1 <= len(user_id.encode()) <= 255:
            raise ValueError("user id must have 1 to 255 bytes")
        self.state = SILENCE
        self.ssrc = ssrc
        self.user_id = user_id
        # Who speaks, 0 when nobody is known to; and the last speaker whose identity was heard.
        self.arbitrator_ssrc = _NOBODY
        self._known_ssrc = _NOBODY
        self._known_user_id = ""
        # Messages without a procedure in the state, not decodable, own ones come back, collisions.
        self.discarded = 0
        self.malformed = 0
        self.echoed = 0
        self.collisions = 0
        self._clock = clock
        self._send_datagram = send
        self._notify = notify
        self._config = dict(DEFAULT_CONFIG)
        self._config.update(config or {})
        self._t203_ms = self._config["t203_ms"]
        self._tail_ms = self._config["media_tail_ms"]
        self._buf = bytearray(messages.MAX_BYTES)
        self._is_telling = False
        self._emergency = False
        self._denied = False
        self._warned = False
        self._c201 = 0
        self._sequence = 0
        self._granted_ssrc = _NOBODY
        self._tails = Tails(clock, self._tail_ms)
        now_ms = clock.ticks_ms()
        self._deadline_ms = now_ms
        self._heard_ms = now_ms
        self._repeat_ms = now_ms
        self._by_subtype = {
            messages.REQUEST: self._on_request,
            messages.GRANTED: self._on_granted,
            messages.TAKEN: self._on_taken,
            messages.DENY: self._on_deny,
            messages.RELEASE: self._on_release,
        }

    # ------------------------------------------------------------------------------------- inputs

    def press(self, emergency: bool = False) -> None:
        """The agent presses PTT: contend for the floor (7.2.3.2, 7.2.3.3)."""
        if self.state != SILENCE and self.state != HAS_NO_PERMISSION:
            self.discarded += 1
            return
        self._emergency = emergency
        self._contend()

    def release(self) -> None:
        """The agent releases PTT (7.2.3.4, 7.2.3.5). Nothing to do when nothing was asked."""
        if self.state == PENDING_REQUEST or self.state == HAS_PERMISSION:
            self._give_up_floor()
            self._tell("idle")
        elif self._denied and self.state == HAS_NO_PERMISSION:
            self._denied = False
            self._tell_taken()

    def message(self, buf: bytearray, n_bytes: int) -> None:
        """A datagram of the floor channel: one or more floor control messages.

        Those beyond `_DATAGRAM_MESSAGES_MAX` count as malformed: no peer has so much to say, and a
        stranger must not keep this handset busy with one datagram.
        """
        start = 0
        for _ in range(_DATAGRAM_MESSAGES_MAX):
            if start >= n_bytes:
                return
            try:
                message = messages.decode(buf, n_bytes, start)
            except messages.MessageError:
                self.malformed += 1
                return
            start += message.n_bytes
            self._on_message(message)
        if start < n_bytes:
            self.malformed += 1

    def media(self, ssrc: int) -> None:
        """RTP of `ssrc` was heard. Allocates nothing while the same speaker goes on."""
        if self._is_telling or ssrc == self.ssrc or ssrc == _NOBODY or self._tails.covers(ssrc):
            return
        if self.state == HAS_NO_PERMISSION or self.state == PENDING_REQUEST:
            if ssrc == self.arbitrator_ssrc:
                self._heard()
            elif not self._arbitrator_is_heard():
                self._other_speaks(ssrc)
        elif self.state == SILENCE:
            self._listen_to(ssrc)
        else:
            self._contest(ssrc)

    def tick(self) -> None:
        """Let timers expire; call at least as often as `next_deadline_ms` says."""
        if self.state == HAS_PERMISSION and self._left_ms(self._repeat_ms) <= 0:
            self._send_taken()
        if self.state != SILENCE and self._left_ms(self._deadline_ms) <= 0:
            self._on_deadline()

    def next_deadline_ms(self) -> int:
        """Milliseconds until `tick` has something to do, 0: it has now, -1: no timer runs."""
        if self.state == SILENCE:
            return -1
        left_ms = self._left_ms(self._deadline_ms)
        if self.state == HAS_PERMISSION:
            left_ms = min(left_ms, self._left_ms(self._repeat_ms))
        return max(left_ms, 0)

    def is_busy(self) -> bool:
        """True while a timer runs, that is in every state but silence."""
        return self.state != SILENCE

    # ------------------------------------------------------------------------------------- timers

    def _left_ms(self, deadline_ms: int) -> int:
        return self._clock.ticks_diff(deadline_ms, self._clock.ticks_ms())

    def _on_deadline(self) -> None:
        if self.state == PENDING_REQUEST:
            self._on_t201()
        elif self.state == HAS_NO_PERMISSION:
            self._on_t203()
        elif not self._warned:
            self._on_t206()
        else:
            self._revoke("talk_limit")
            self._tell("idle")

    def _arm(self, delay_ms: int) -> None:
        """Each state but silence has one deadline: T201, T203, or T206 and then T207."""
        self._deadline_ms = self._clock.ticks_add(self._clock.ticks_ms(), delay_ms)

    def _on_t201(self) -> None:
        """T201: ask again, or take a floor that nobody answers for (7.2.3.5)."""
        late_ms = -self._left_ms(self._deadline_ms)
        self._c201 += 1
        if self._c201 < self._config["c201"]:
            self._ask()
            self._forgive_lateness(late_ms)
        elif not self._arbitrator_is_heard():
            self._take_floor()
            self._send_taken()
            self._tell("granted", user_id=self.user_id, ssrc=self.ssrc)
        elif self._emergency:
            self._c201 = 0
            self._ask()
        else:
            self._be_denied(messages.ANOTHER_HAS_PERMISSION)

    def _forgive_lateness(self, late_ms: int) -> None:
        """A tick that came a little late must not add up to a later permission."""
        if late_ms < self._config["t201_ms"] // 2:
            self._deadline_ms = self._clock.ticks_add(self._deadline_ms, -late_ms)

    def _on_t203(self) -> None:
        """T203, end of RTP media: assume silence (7.2.3.3)."""
        self._be_silent()
        self._tell("idle")

    def _on_t206(self) -> None:
        """T206: tell the agent, T207 starts (7.2.3.4)."""
        self._warned = True
        self._arm(self._config["t207_ms"])
        self._tell("expiring", left_ms=self._config["t207_ms"])

    # ----------------------------------------------------------------------------------- messages

    def _on_message(self, message: messages.Message) -> None:
        if message.ssrc == _NOBODY or message.party_ssrc == _NOBODY:
            self.malformed += 1
            return
        if message.ssrc == self.ssrc:
            self._on_own_ssrc(message)
            return
        if message.subtype == messages.REQUEST:
            # The last of three requests comes two T201 after the press; an earlier one may be of
            # the burst that was released.
            self._tails.end(message.ssrc, 2 * self._config["t201_ms"])
        if message.subtype != messages.RELEASE and self._tails.covers(message.ssrc):
            self.discarded += 1
            return
        handler = self._by_subtype.get(message.subtype)
        # A handler says whether the standard, or this module, has a procedure for it.
        if handler is None or not handler(message):
            self.discarded += 1

    def _on_own_ssrc(self, message: messages.Message) -> None:
        """An echo of what was sent, or another handset with the same SSRC.

        Only Request, Taken and Release name their sender; the others name whom they answer.
        """
        names_sender = message.subtype in (messages.REQUEST, messages.TAKEN, messages.RELEASE)
        if names_sender and message.user_id is not None and message.user_id != self.user_id:
            self.collisions += 1
            self._tell("collision", user_id=message.user_id)
        else:
            self.echoed += 1

    def _on_request(self, message: messages.Message) -> bool:
        if message.user_id is None:
            # Off-network it is mandatory (8.2.4): without it nobody could be answered.
            return False
        if self.state == PENDING_REQUEST:
            self._meet(message)
        elif self.state == HAS_PERMISSION:
            self._arbitrate(message)
        elif self.state == HAS_NO_PERMISSION and message.ssrc == self._granted_ssrc:
            self._send_granted(message)
        else:
            return False
        return True

    def _meet(self, message: messages.Message) -> None:
        """Two requests meet: the one that ranks lower starts waiting again."""
        other = _rank(message.indicator, message.priority)
        mine = _rank(self._indicator(), self._priority())
        if other > mine or (other == mine and message.ssrc > self.ssrc):
            self._c201 = 0
            self._arm(self._config["t201_ms"])

    def _arbitrate(self, message: messages.Message) -> None:
        """Grant a request that ranks higher than this burst, deny any other (7.2.3.4)."""
        other = _rank(message.indicator, message.priority)
        if other > _rank(self._indicator(), self._priority()):
            self._send_granted(message)
            self._know(message.ssrc, message.user_id)
            self._revoke("preempted", released=False)
            self._granted_ssrc = message.ssrc
            self._listen_to(message.ssrc)
        else:
            self._send(
                messages.deny(
                    self.ssrc,
                    message.user_id,
                    messages.ANOTHER_HAS_PERMISSION,
                    self._indicator(),
                )
            )

    def _on_granted(self, message: messages.Message) -> bool:
        """Who grants stops talking; who is granted talks, unless he has let go meanwhile."""
        if self.state == HAS_PERMISSION or message.party_ssrc is None:
            return False
        if self.arbitrator_ssrc != _NOBODY and message.ssrc != self.arbitrator_ssrc:
            return False
        is_mine = message.party_ssrc == self.ssrc
        if is_mine != (message.user_id == self.user_id):
            return False
        self._tails.start(message.ssrc)
        if is_mine and self.state == PENDING_REQUEST:
            self._take_floor()
            self._tell("granted", user_id=self.user_id, ssrc=self.ssrc)
        elif is_mine or self._tails.covers(message.party_ssrc):
            return self._on_arbitrator_gone(message.ssrc)
        else:
            self._know(message.party_ssrc, message.user_id)
            self._other_speaks(message.party_ssrc)
        return True

    def _on_taken(self, message: messages.Message) -> bool:
        is_news = self._known_ssrc != message.ssrc
        self._know(message.ssrc, message.user_id)
        if self.state == HAS_PERMISSION:
            self._contest(message.ssrc)
            return True
        if is_news and self.state == HAS_NO_PERMISSION and message.ssrc == self.arbitrator_ssrc:
            # Media came before the message that says whose it is.
            self._tell_taken()
        self._other_speaks(message.ssrc)
        return True

    def _on_deny(self, message: messages.Message) -> bool:
        if self.state != PENDING_REQUEST or message.user_id != self.user_id:
            return False
        if self.arbitrator_ssrc != _NOBODY and message.ssrc != self.arbitrator_ssrc:
            return False
        self.arbitrator_ssrc = message.ssrc
        cause = message.cause
        self._be_denied(messages.OTHER_REASON if cause is None else cause)
        return True

    def _on_release(self, message: messages.Message) -> bool:
        """The arbitrator's release; anyone else's only starts its tail."""
        self._tails.start(message.ssrc)
        return self._on_arbitrator_gone(message.ssrc)

    def _on_arbitrator_gone(self, ssrc: int) -> bool:
        """Nobody has the floor any more, if `ssrc` had it."""
        if ssrc != self.arbitrator_ssrc or self.state == HAS_PERMISSION:
            return False
        if self.state == PENDING_REQUEST:
            # Nobody is left to answer: the next T201 periods decide.
            self.arbitrator_ssrc = _NOBODY
        else:
            self._be_silent()
            self._tell("idle")
        return True

    # -------------------------------------------------------------------------------- transitions

    def _contend(self) -> None:
        self.state = PENDING_REQUEST
        self._denied = False
        self._granted_ssrc = _NOBODY
        self._c201 = 0
        self._ask()
        self._tell("pending")

    def _ask(self) -> None:
        self._arm(self._config["t201_ms"])
        self._send(messages.request(self.ssrc, self.user_id, self._priority(), self._indicator()))

    def _take_floor(self) -> None:
        self.state = HAS_PERMISSION
        self.arbitrator_ssrc = self.ssrc
        self._repeat_ms = self._clock.ticks_add(
            self._clock.ticks_ms(), self._config["taken_repeat_ms"]
        )
        self._warned = False
        self._arm(self._config["t206_ms"])

    def _give_up_floor(self) -> None:
        self._be_silent()
        self._send(messages.release(self.ssrc, self.user_id, self._indicator()))

    def _be_silent(self) -> None:
        self.state = SILENCE
        self.arbitrator_ssrc = _NOBODY
        self._granted_ssrc = _NOBODY
        self._denied = False

    def _revoke(self, reason: str, released: bool = True) -> None:
        """Permission ends while the key is held; the caller says what comes after."""
        if released:
            self._give_up_floor()
        else:
            self._be_silent()
        self._tell("revoked", reason=reason)

    def _be_denied(self, cause: int) -> None:
        """Back to "has no permission" with the speaker that stands in the way (7.2.3.5)."""
        self.state = HAS_NO_PERMISSION
        self._denied = True
        self._heard()
        self._tell("denied", cause=cause)

    def _listen_to(self, ssrc: int) -> None:
        """Another client took the floor."""
        self.state = HAS_NO_PERMISSION
        self.arbitrator_ssrc = ssrc
        self._heard()
        self._tell_taken()

    def _heard(self) -> None:
        """Sign of life of the arbitrator: T203 starts again."""
        self._heard_ms = self._clock.ticks_ms()
        if self.state == HAS_NO_PERMISSION:
            self._deadline_ms = self._clock.ticks_add(self._heard_ms, self._t203_ms)

    def _other_speaks(self, ssrc: int) -> None:
        """Taken by, granted to or media of `ssrc`, while not speaking."""
        if ssrc == self.arbitrator_ssrc:
            self._heard()
        elif self.state != PENDING_REQUEST:
            self._listen_to(ssrc)
        elif self._emergency:
            # Go on asking: the new speaker will grant it.
            self.arbitrator_ssrc = ssrc
            self._heard()
        else:
            self._listen_to(ssrc)
            self._be_denied(messages.ANOTHER_HAS_PERMISSION)

    def _contest(self, ssrc: int) -> None:
        """Both have permission: the lower SSRC yields, the higher one says again that it talks."""
        if ssrc > self.ssrc:
            self._revoke("yielded")
            self._listen_to(ssrc)
            if self._emergency:
                self._contend()
        else:
            sent_ago_ms = self._config["taken_repeat_ms"] - self._left_ms(self._repeat_ms)
            if sent_ago_ms >= self._config["t201_ms"]:
                self._send_taken()

    # ------------------------------------------------------------------------------------ helpers

    def _arbitrator_is_heard(self) -> bool:
        if self.arbitrator_ssrc == _NOBODY:
            return False
        age_ms = self._clock.ticks_diff(self._clock.ticks_ms(), self._heard_ms)
        return 0 <= age_ms < self._tail_ms

    def _know(self, ssrc: int, user_id: str) -> None:
        if user_id is not None:
            self._known_ssrc = ssrc
            self._known_user_id = user_id

    def _tell(self, event: str, **facts: object) -> None:
        """Notify. Media that the callee moves meanwhile waits for its next packet, so that
        notifications never nest."""
        self._is_telling = True
        try:
            self._notify(event, **facts)
        finally:
            self._is_telling = False

    def _tell_taken(self) -> None:
        ssrc = self.arbitrator_ssrc
        user_id = self._known_user_id if ssrc == self._known_ssrc else ""
        self._tell("taken", user_id=user_id, ssrc=ssrc)

    def _indicator(self) -> int:
        return messages.EMERGENCY_CALL if self._emergency else messages.NORMAL_CALL

    def _priority(self) -> int:
        return self._config["emergency_priority" if self._emergency else "priority"]

    def _send(self, message: messages.Message) -> None:
        self._send_datagram(self._buf, messages.encode(message, self._buf))

    def _send_taken(self) -> None:
        self._repeat_ms = self._clock.ticks_add(
            self._clock.ticks_ms(), self._config["taken_repeat_ms"]
        )
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._send(messages.taken(self.ssrc, self.user_id, self._sequence, self._indicator()))

    def _send_granted(self, message: messages.Message) -> None:
        """Answer a request with permission for as long as the talk limit allows."""
        limit_s = (self._config["t206_ms"] + self._config["t207_ms"]) // 1000
        self._send(
            messages.granted(
                self.ssrc,
                message.ssrc,
                message.user_id,
                message.priority,
                limit_s,
                self._indicator() if message.indicator is None else message.indicator,
            )
        )


def _rank(indicator: int, priority: int) -> int:
    """Order of requests: class of the call, then Floor Priority. Absent fields rank lowest."""
    bits = indicator or 0
    call_class = 0
    if bits & messages.EMERGENCY_CALL:
        call_class = 2
    elif bits & messages.IMMINENT_PERIL_CALL:
        call_class = 1
    return call_class * 256 + (priority or 0)
