"""How full a transmitter's FIFO is, from what was written and the time since: for a UART that has
no way to ask it, so that nobody waits inside a write."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_US_PER_S = 1_000_000
_BITS_PER_BYTE = 10  # 8N1


class TransmitFifo:
    """`capacity` bytes, emptied at `baud`; ticks in microseconds."""

    def __init__(
        self, capacity: int, baud: int, now_us: int, ticks_diff: "Callable[[int, int], int]"
    ) -> None:
        self._capacity = capacity
        self._byte_us = (_US_PER_S * _BITS_PER_BYTE + baud - 1) // baud
        self._ticks_diff = ticks_diff
        self._level = 0
        self._then_us = now_us

    def room(self, now_us: int) -> int:
        """Bytes it surely takes at once. Does not allocate."""
        passed_us = self._ticks_diff(now_us, self._then_us)
        if passed_us < 0 or passed_us >= self._level * self._byte_us:
            # Empty, or not asked for so long that the ticks wrapped.
            self._level = 0
            self._then_us = now_us
        elif passed_us >= self._byte_us:
            # The part of a byte that is lost here makes it look fuller than it is, never emptier.
            self._level -= passed_us // self._byte_us
            self._then_us = now_us
        return self._capacity - self._level

    def wrote(self, n_bytes: int) -> None:
        """`n_bytes` went in just after `room` was asked."""
        self._level += n_bytes
