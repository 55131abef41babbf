"""Debouncing from timestamps: levels of keys with their instants in, edges out.

A level counts once it has lasted `settle_ms`. Instants come with the levels, from the interrupt, so
that edges keep their order and none is merged with another even when the caller is late: a key that
was down for longer than `settle_ms` while nobody looked gives its press and its release.
A key that is down at the start is no press; its release is an edge.
"""

from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_RING_SLOTS = 64  # a power of two


class Keys:
    """`levels`: whether each key is down at the start, `now_ms`. Allocates nothing afterwards.

    `edge` may be called from an interrupt that preempts the other methods between bytecodes.
    """

    def __init__(
        self, levels: tuple, now_ms: int, ticks_diff: "Callable[[int, int], int]", settle_ms: int
    ) -> None:
        self._ticks_diff = ticks_diff
        self._settle_ms = settle_ms
        self._reported = [bool(level) for level in levels]
        self._level = list(self._reported)
        self._since_ms = [now_ms] * len(levels)
        # What was last seen of a key, before it has gone through the ring.
        self._seen = list(self._reported)
        self._ring_key = bytearray(_RING_SLOTS)
        self._ring_ms = array("i", [0] * _RING_SLOTS)
        self._head = 0
        self._tail = 0
        # Changes that found the ring full; `sample` finds the level they left behind.
        self.overruns = 0

    def edge(self, key: int, down: bool, at_ms: int) -> None:
        """The level of `key` changed, and is `down` now; for interrupts."""
        # One slot to spare: an interrupt may come between this check and what follows.
        if (self._head - self._tail) & (_RING_SLOTS - 1) >= _RING_SLOTS - 2:
            self.overruns += 1
            return
        # From here on straight on: MicroPython runs an interrupt only where the code branches or
        # calls, at most one each time (py/vm.c, py/scheduler.c).
        head = self._head
        self._seen[key] = down
        self._ring_key[head] = key << 1 | down
        self._ring_ms[head] = at_ms
        self._head = (head + 1) & (_RING_SLOTS - 1)

    def sample(self, key: int, down: bool, at_ms: int) -> None:
        """What `key` is now; finds changes whose interrupt was lost."""
        if down != self._seen[key]:
            self.edge(key, down, at_ms)

    def next_edge(self, now_ms: int) -> int:
        """The next debounced edge up to `now_ms` as `key << 1 | pressed`; -1 when there is none."""
        while True:
            waiting = self._tail != self._head
            key = self._settled(self._ring_ms[self._tail] if waiting else now_ms)
            if key >= 0:
                self._reported[key] = self._level[key]
                return key << 1 | self._level[key]
            if not waiting:
                return -1
            self._take()

    def _take(self) -> None:
        """Apply the oldest change of the ring."""
        tail = self._tail
        key = self._ring_key[tail] >> 1
        self._level[key] = bool(self._ring_key[tail] & 1)
        # Also when the level is the same: it has been another in between.
        self._since_ms[key] = self._ring_ms[tail]
        self._tail = (tail + 1) & (_RING_SLOTS - 1)

    def _settled(self, at_ms: int) -> int:
        """The key whose new level was the first to have lasted long enough at `at_ms`, or -1."""
        found = -1
        longest_ms = self._settle_ms - 1
        for key in range(len(self._level)):
            if self._level[key] != self._reported[key]:
                lasted_ms = self._ticks_diff(at_ms, self._since_ms[key])
                if lasted_ms > longest_ms:
                    found = key
                    longest_ms = lasted_ms
        return found
