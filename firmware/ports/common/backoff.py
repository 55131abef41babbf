"""When to try again what failed: soon at first, then ever less often."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Backoff:
    """Attempts at `first_ms` after the first failure, twice as long after each further one, never
    more than `longest_ms`. `clock` keeps `hal.contracts.Clock`."""

    def __init__(self, clock: "Any", first_ms: int, longest_ms: int) -> None:
        self._clock = clock
        self._first_ms = first_ms
        self._longest_ms = longest_ms
        self._delay_ms = 0
        self._due_ms = clock.ticks_ms()

    def is_due(self) -> bool:
        """Whether to try now."""
        return self._clock.ticks_diff(self._clock.ticks_ms(), self._due_ms) >= 0

    def failed(self) -> None:
        """An attempt failed."""
        self._delay_ms = min(max(2 * self._delay_ms, self._first_ms), self._longest_ms)
        self._due_ms = self._clock.ticks_add(self._clock.ticks_ms(), self._delay_ms)

    def succeeded(self) -> None:
        """All is well: the next failure starts over."""
        self._delay_ms = 0
        self._due_ms = self._clock.ticks_ms()
