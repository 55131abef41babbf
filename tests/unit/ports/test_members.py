"""Group members: who was heard lately is sent to, and never this handset itself."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from ports_ticks import TestClock, ticks_diff

from ports.common.members import Members, parse_address, parse_addresses

LIMIT = 3
MAX_AGE_MS = 10_000
OWN = bytes((10, 0, 0, 1))
FIXED = bytes((10, 0, 0, 99))
who = st.integers(1, 6)


def address(last):
    return bytearray((10, 0, 0, last))


class Group(RuleBasedStateMachine):
    """Against a dictionary of what was heard when."""

    def __init__(self):
        super().__init__()
        self.clock = TestClock()
        self.members = Members(LIMIT, MAX_AGE_MS, ticks_diff, (FIXED,))
        self.members.set_own(OWN)
        self.known = {}
        self.crowded_for_ms = -1

    @rule(last=who)
    def heard(self, last):
        self.members.heard(address(last), self.clock.ticks_ms())
        member = bytes(address(last))
        if member == OWN:
            return
        if member in self.known or len(self.known) < LIMIT - 1:
            self.known[member] = 0
        else:
            self.crowded_for_ms = 0

    @rule()
    def configured_heard(self):
        self.members.heard(bytearray(FIXED), self.clock.ticks_ms())

    @rule(ms=st.sampled_from([1, 900, 5000, 10_000, 10_001]))
    def wait(self, ms):
        self.clock.pass_ms(ms)
        self.members.expire(self.clock.ticks_ms())
        self.known = {who: age + ms for who, age in self.known.items() if age + ms <= MAX_AGE_MS}
        if self.crowded_for_ms >= 0:
            self.crowded_for_ms += ms
            if self.crowded_for_ms > MAX_AGE_MS:
                self.crowded_for_ms = -1

    @invariant()
    def targets_are_who_is_known(self):
        if self.crowded_for_ms >= 0:
            assert self.members.targets() == 0
            return
        targets = {bytes(self.members.address(i)) for i in range(self.members.targets())}
        assert targets == {FIXED, *self.known}
        assert self.members.targets() == len(self.known) + 1


TestGroup = Group.TestCase


def test_without_members_everything_goes_to_the_group():
    members = Members(LIMIT, MAX_AGE_MS, ticks_diff)
    assert members.targets() == 0
    members.heard(address(5), 0)
    assert members.targets() == 1
    members.expire(MAX_AGE_MS + 1)
    assert members.targets() == 0


def test_a_limit_of_none_is_multicast_for_ever():
    members = Members(0, MAX_AGE_MS, ticks_diff)
    for last in range(5):
        members.heard(address(last), 0)
        assert members.targets() == 0


def test_more_configured_members_than_places_is_a_mistake():
    with pytest.raises(ValueError, match="more than 1"):
        Members(1, MAX_AGE_MS, ticks_diff, (OWN, FIXED))


def test_addresses_are_read_and_nonsense_is_refused():
    assert parse_addresses("10.0.0.1, 10.0.0.99") == (OWN, FIXED)
    assert parse_addresses(" ") == ()
    for text in ("10.0.0", "10.0.0.256", "a.b.c.d", "10.0.0.-1", ""):
        with pytest.raises(ValueError, match="not an IPv4 address"):
            parse_address(text)
