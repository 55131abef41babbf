"""A test clock and a simulated air: handsets in one group, with their users' keys and voices."""

import random

from handset.floor import messages
from handset.floor.participant import HAS_PERMISSION, SILENCE, Participant

_PERIOD = 1 << 30
MEDIA_PERIOD_MS = 20


class WrappingClock:
    """MicroPython's ticks: they wrap at 2**30, soon after the start of a test."""

    def __init__(self, start_ms=_PERIOD - 3_000):
        self.now_ms = start_ms

    def ticks_ms(self):
        return self.now_ms % _PERIOD

    def ticks_diff(self, end_ms, start_ms):
        return (end_ms - start_ms + _PERIOD // 2) % _PERIOD - _PERIOD // 2

    def ticks_add(self, ticks_ms, delta_ms):
        return (ticks_ms + delta_ms) % _PERIOD


class Handset:
    """A participant, its user's finger and its voice engine."""

    def __init__(self, ssrc, user_id, clock, send, config=None):
        self.events = []
        self.key_down = False
        self.talking = False
        self.floor = Participant(ssrc, user_id, clock, send, self._on_floor, config)

    def press(self, **how):
        self.key_down = True
        self.floor.press(**how)

    def release(self):
        self.key_down = False
        self.talking = False
        self.floor.release()

    def _on_floor(self, event, **facts):
        self.events.append((event, facts))
        if event == "granted":
            assert self.key_down, "permission without a press"
            self.talking = True
        elif event in ("taken", "idle", "denied", "revoked"):
            self.talking = False

    def names(self):
        """Names of the events since the last call."""
        names = [event for event, _ in self.events]
        self.events.clear()
        return names


class Air:
    """Carries datagrams and media between handsets, late and lossily as told, in 5 ms steps."""

    STEP_MS = 5

    def __init__(self, ssrcs, delay_ms=(0, 0), loss=0.0, seed=0, config=None):
        self.clock = WrappingClock()
        self._start_ms = self.clock.now_ms
        self.loss = loss
        self._delay_ms = delay_ms
        self._random = random.Random(seed)
        self._flying = []
        self._n_sent = 0
        self.log = []
        self.overlap_ms = 0
        self.overlap_max_ms = 0
        self.handsets = []
        for i, ssrc in enumerate(ssrcs):
            self.handsets.append(
                Handset(ssrc, f"sip:{chr(97 + i)}@sim.invalid", self.clock, self._sender(i), config)
            )

    def _sender(self, source):
        def send(buf, n_bytes):
            datagram = bytes(buf[:n_bytes])
            message = messages.decode(datagram, n_bytes)
            self.log.append((self.clock.now_ms, source, message))
            self._broadcast(source, datagram)

        return send

    def _broadcast(self, source, what):
        for target in range(len(self.handsets)):
            if target != source and self._random.random() >= self.loss:
                due_ms = self.clock.now_ms + self._random.randint(*self._delay_ms)
                self._n_sent += 1
                self._flying.append((due_ms, self._n_sent, target, what))

    def _deliver(self):
        due = sorted(item for item in self._flying if item[0] <= self.clock.now_ms)
        self._flying = [item for item in self._flying if item[0] > self.clock.now_ms]
        for _, _, target, what in due:
            floor = self.handsets[target].floor
            if isinstance(what, bytes):
                floor.message(what, len(what))
            else:
                floor.media(int(what))

    def run(self, duration_ms):
        """Let time pass."""
        end_ms = self.clock.now_ms + duration_ms
        while self.clock.now_ms < end_ms:
            self.clock.now_ms += self.STEP_MS
            self._deliver()
            for i, handset in enumerate(self.handsets):
                handset.floor.tick()
                if handset.talking and self._is_media_time():
                    self._broadcast(i, str(handset.floor.ssrc))
            self._watch()

    def _is_media_time(self):
        return (self.clock.now_ms - self._start_ms) % MEDIA_PERIOD_MS == 0

    def _watch(self):
        if len(self.talkers()) > 1:
            self.overlap_ms += self.STEP_MS
        else:
            self.overlap_ms = 0
        self.overlap_max_ms = max(self.overlap_max_ms, self.overlap_ms)
        for handset in self.handsets:
            may_talk = handset.floor.state == HAS_PERMISSION
            assert handset.talking == may_talk
            assert handset.key_down or not may_talk
            assert (handset.floor.next_deadline_ms() < 0) == (handset.floor.state == SILENCE)

    def talkers(self):
        return [handset for handset in self.handsets if handset.talking]

    def states(self):
        return [handset.floor.state for handset in self.handsets]

    def sent(self):
        """(sender, name) of every message since the last call."""
        sent = [(source, message.name) for _, source, message in self.log]
        self.log.clear()
        return sent
