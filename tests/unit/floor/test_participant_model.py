"""Three handsets, any order of presses, a real-looking air: rules that must hold at all times."""

from floor_air import Air
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from handset.floor.participant import DEFAULT_CONFIG, SILENCE

DELAY_MAX_MS = 50
ACCESS_MAX_MS = DEFAULT_CONFIG["c201"] * DEFAULT_CONFIG["t201_ms"]
T203_BOUND_MS = DEFAULT_CONFIG["t203_ms"] + DELAY_MAX_MS + 2 * Air.STEP_MS
who = st.integers(0, 2)


class _Group(RuleBasedStateMachine):
    loss = 0.0
    in_order = False
    overlap_limit_ms = 0
    calm_ms = 0

    @initialize(
        seed=st.integers(0, 2**32 - 1),
        delay_ms=st.integers(0, DELAY_MAX_MS),
        ssrcs=st.permutations([1, 2, 0xFFFFFFFF]),
    )
    def start(self, seed, delay_ms, ssrcs):
        delays_ms = (delay_ms if self.in_order else 0, delay_ms)
        self.air = Air(ssrcs, delay_ms=delays_ms, loss=self.loss, seed=seed)

    @rule(i=who, emergency=st.sampled_from([False, False, False, True]))
    def press(self, i, emergency):
        if not self.air.handsets[i].key_down:
            self.air.handsets[i].press(emergency=emergency)

    @rule(i=who)
    def release(self, i):
        if self.air.handsets[i].key_down:
            self.air.handsets[i].release()

    @rule(ms=st.sampled_from([5, 15, 40, 80, 125, 600]))
    def wait(self, ms):
        self.air.run(ms)

    def calm(self):
        """All keys up: within T203 and what is still under way, everybody is silent."""
        for handset in self.air.handsets:
            if handset.key_down:
                handset.release()
        self.air.run(self.calm_ms)
        assert self.air.states() == [SILENCE] * 3

    @rule(i=who)
    def calm_then_press(self, i):
        """In silence a press leads to permission in C201 times T201, on any air."""
        self.calm()
        handset = self.air.handsets[i]
        handset.press()
        self.air.run(ACCESS_MAX_MS)
        assert handset.talking

    @invariant()
    def one_speaker(self):
        if hasattr(self, "air"):
            assert self.air.overlap_max_ms <= self.overlap_limit_ms


class OrderedGroup(_Group):
    """Late up to 50 ms, complete and in order: the last message brings silence to everybody, and
    two never speak for longer than a message takes there and back."""

    in_order = True
    overlap_limit_ms = 2 * DELAY_MAX_MS
    calm_ms = DELAY_MAX_MS + 2 * Air.STEP_MS


class JitteryGroup(_Group):
    """Complete, but messages and media overtake each other: silence comes with T203 at the latest,
    and who pressed again at once may be taken for the tail of his own burst."""

    overlap_limit_ms = DEFAULT_CONFIG["media_tail_ms"] + 2 * DELAY_MAX_MS
    calm_ms = T203_BOUND_MS


class LossyGroup(_Group):
    """Out of order and a fifth of all packets lost."""

    loss = 0.2
    overlap_limit_ms = 500
    calm_ms = T203_BOUND_MS


_SETTINGS = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
OrderedGroup.TestCase.settings = _SETTINGS
JitteryGroup.TestCase.settings = _SETTINGS
LossyGroup.TestCase.settings = _SETTINGS
TestOrderedGroup = OrderedGroup.TestCase
TestJitteryGroup = JitteryGroup.TestCase
TestLossyGroup = LossyGroup.TestCase
