"""Debouncing: a level that lasts is an edge, in order, however late anybody looks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ports_ticks import PERIOD, ticks_diff

from ports.common.debounce import Keys

SETTLE_MS = 8
START_MS = PERIOD - 500  # the ticks wrap during most examples

# How long a key keeps each of its levels, beginning with its level at the start.
waveform = st.lists(st.sampled_from([1, 2, 5, 7, 8, 9, 20, 60, 400]), min_size=1, max_size=20)
waveforms = st.lists(st.tuples(st.booleans(), waveform), min_size=1, max_size=5)


def changes(keys):
    """(at_ms, key, down) of every change of level, in order."""
    found = []
    for key, (down, durations) in enumerate(keys):
        at_ms = 0
        for duration in durations[:-1]:
            at_ms += duration
            down = not down
            found.append((at_ms, key, down))
    return sorted(found)


def edges_of(key, down, durations):
    """What the contract promises for one key: (settled at, key, pressed)."""
    reported = down
    at_ms = 0
    found = []
    for i, duration in enumerate(durations):
        if i:
            down = not down
        lasts = duration >= SETTLE_MS or i == len(durations) - 1
        if down != reported and lasts:
            found.append((at_ms + SETTLE_MS, key, down))
            reported = down
        at_ms += duration
    return found


def expected(keys):
    return sorted(
        edge
        for key, (down, durations) in enumerate(keys)
        for edge in edges_of(key, down, durations)
    )


def make(keys):
    return Keys(tuple(down for down, _ in keys), START_MS, ticks_diff, SETTLE_MS)


def ticks(ms):
    return (START_MS + ms) % PERIOD


def drain(keys, now_ms):
    found = []
    code = keys.next_edge(ticks(now_ms))
    while code >= 0:
        found.append((code >> 1, bool(code & 1)))
        code = keys.next_edge(ticks(now_ms))
    return found


def by_key(edges, n_keys):
    return [[pressed for who, pressed in edges if who == key] for key in range(n_keys)]


def end_of(keys):
    return max(sum(durations) for _, durations in keys) + SETTLE_MS


@given(waveforms, st.lists(st.integers(0, 2000), max_size=10))
def test_every_lasting_level_is_an_edge_whenever_somebody_looks(keys, looks):
    debounced = make(keys)
    found = []
    looks = sorted(looks)
    for at_ms, key, down in changes(keys):
        while looks and looks[0] < at_ms:
            found += drain(debounced, looks.pop(0))
        debounced.edge(key, down, ticks(at_ms))
    found += drain(debounced, end_of(keys))
    assert debounced.overruns == 0 or len(changes(keys)) > 60
    if not debounced.overruns:
        assert by_key(found, len(keys)) == by_key(
            [(key, pressed) for _, key, pressed in expected(keys)], len(keys)
        )


@given(waveforms)
def test_edges_of_different_keys_keep_their_order(keys):
    debounced = make(keys)
    for at_ms, key, down in changes(keys)[:60]:
        debounced.edge(key, down, ticks(at_ms))
    if len(changes(keys)) <= 60:
        instants = {}
        for settled_ms, key, pressed in expected(keys):
            instants.setdefault((key, pressed), []).append(settled_ms)
        order = [instants[edge].pop(0) for edge in drain(debounced, end_of(keys))]
        assert order == sorted(order)


@given(waveforms, st.randoms(use_true_random=False))
def test_the_scan_repairs_what_interrupts_lose(keys, random):
    debounced = make(keys)
    levels = [down for down, _ in keys]
    waiting = changes(keys)
    reported = list(levels)
    for now_ms in range(0, end_of(keys) + 30, 5):
        while waiting and waiting[0][0] <= now_ms:
            at_ms, key, down = waiting.pop(0)
            levels[key] = down
            if random.random() < 0.5:
                debounced.edge(key, down, ticks(at_ms))
        for key, down in enumerate(levels):
            debounced.sample(key, down, ticks(now_ms))
        for key, pressed in drain(debounced, now_ms):
            assert pressed != reported[key]
            reported[key] = pressed
    assert reported == levels


def test_a_key_that_is_down_at_the_start_is_no_press():
    keys = make([(True, [50, 50, 50])])
    assert drain(keys, 40) == []
    keys.edge(0, False, ticks(50))
    assert drain(keys, 60) == [(0, False)]
    keys.edge(0, True, ticks(100))
    assert drain(keys, 110) == [(0, True)]


def test_a_bounce_is_nothing_and_starts_the_wait_again():
    keys = make([(False, [1])])
    keys.edge(0, True, ticks(0))
    keys.edge(0, False, ticks(3))
    assert drain(keys, 100) == []
    keys.edge(0, True, ticks(200))
    # Two interrupts that both read the level after the pulse between them.
    keys.edge(0, True, ticks(205))
    assert drain(keys, 212) == []
    assert drain(keys, 213) == [(0, True)]


def test_press_and_release_while_nobody_looked_are_two_edges():
    keys = make([(False, [1]), (False, [1])])
    keys.edge(0, True, ticks(10))
    keys.edge(1, True, ticks(30))
    keys.edge(0, False, ticks(60))
    keys.edge(0, True, ticks(90))
    assert drain(keys, 1000) == [(0, True), (1, True), (0, False), (0, True)]


def test_an_overrun_is_counted_and_forgotten_with_the_next_scan():
    keys = make([(False, [1])])
    for i in range(200):
        keys.edge(0, i % 2 == 1, ticks(i))
    assert keys.overruns == 200 - 62
    assert drain(keys, 300) == [(0, True)]
    keys.sample(0, False, ticks(300))
    assert drain(keys, 308) == [(0, False)]


class Interrupted(Keys):
    """`interrupt()` comes once, while edge() looks whether there is room."""

    interrupt = None

    @property
    def _tail(self):
        interrupt, self.interrupt = self.interrupt, None
        if interrupt:
            interrupt()
        return self.__dict__["_tail"]

    @_tail.setter
    def _tail(self, value):
        self.__dict__["_tail"] = value


@pytest.mark.parametrize("n_waiting", [0, 30, 59, 60, 61, 62, 63])
def test_an_interrupt_in_the_middle_of_a_scan_loses_nothing(n_waiting):
    """Key 0 is released while the scan notes that key 1 went down."""
    keys = Interrupted((True, False), START_MS, ticks_diff, SETTLE_MS)
    for i in range(n_waiting):
        keys.edge(0, i % 2 == 1, ticks(i))
    keys.edge(0, True, ticks(n_waiting))
    keys.interrupt = lambda: keys.edge(0, False, ticks(100))
    keys.sample(1, True, ticks(100))
    found = drain(keys, 120)
    keys.sample(0, False, ticks(120))
    keys.sample(1, True, ticks(120))
    found += drain(keys, 140)
    assert found == [(0, False), (1, True)]
