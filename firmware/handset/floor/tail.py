"""Who has just released the floor: the tail of a burst, packets that its Floor Release overtook."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.contracts import Clock

_SLOTS = 4
_NOBODY = 0


class Tails:
    """Remembers the last few releases for `tail_ms` each. Allocates nothing after construction."""

    def __init__(self, clock: "Clock", tail_ms: int) -> None:
        self._clock = clock
        self._tail_ms = tail_ms
        self._ssrc = [_NOBODY] * _SLOTS
        self._released_ms = [0] * _SLOTS
        self._next = 0

    def start(self, ssrc: int) -> None:
        """`ssrc` released: from now on what comes from it is its tail."""
        slot = self._slot(ssrc)
        if slot < 0:
            slot = self._next
            self._next = (slot + 1) % _SLOTS
        self._ssrc[slot] = ssrc
        self._released_ms[slot] = self._clock.ticks_ms()

    def covers(self, ssrc: int) -> bool:
        """Is what comes from `ssrc` now a tail?"""
        slot = self._slot(ssrc)
        if slot < 0:
            return False
        if 0 <= self._age_ms(slot) < self._tail_ms:
            return True
        self._ssrc[slot] = _NOBODY
        return False

    def end(self, ssrc: int, age_min_ms: int) -> None:
        """A new burst of `ssrc` announced itself, unless the tail is younger than `age_min_ms`."""
        slot = self._slot(ssrc)
        if slot >= 0 and self._age_ms(slot) >= age_min_ms:
            self._ssrc[slot] = _NOBODY

    def _slot(self, ssrc: int) -> int:
        for slot in range(_SLOTS):
            if self._ssrc[slot] == ssrc:
                return slot
        return -1

    def _age_ms(self, slot: int) -> int:
        return self._clock.ticks_diff(self._clock.ticks_ms(), self._released_ms[slot])
