"""Who else is in the talk group on an IP bearer: the addresses a packet goes to one by one.

Group-addressed Wi-Fi frames wait at the access point until its next DTIM beacon and are never
repeated when lost; frames to one station do neither. So packets go to each member while there are
few, and to the group's multicast address while none is known or there are too many.
"""

from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_ADDRESS_BYTES = 4


class Members:
    """At most `limit` IPv4 addresses of four bytes; one not heard for `max_age_ms` is forgotten.

    `configured` addresses stay. Allocates nothing after construction.
    """

    def __init__(
        self,
        limit: int,
        max_age_ms: int,
        ticks_diff: "Callable[[int, int], int]",
        configured: tuple = (),
    ) -> None:
        if len(configured) > limit:
            raise ValueError("more than %d configured members" % limit)
        self._ticks_diff = ticks_diff
        self._max_age_ms = max_age_ms
        self._addresses = [bytearray(address) for address in configured]
        self._n_configured = len(configured)
        for _ in range(limit - len(configured)):
            self._addresses.append(bytearray(_ADDRESS_BYTES))
        self._heard_ms = array("i", [0] * limit)
        self._own = bytearray(_ADDRESS_BYTES)
        self._n_known = self._n_configured
        self._crowded = False
        self._crowded_ms = 0

    def set_own(self, address: bytes) -> None:
        """This handset's own address, which is never a member."""
        for i in range(_ADDRESS_BYTES):
            self._own[i] = address[i]

    def heard(self, address: bytes, now_ms: int) -> None:
        """A packet came from `address`."""
        if address == self._own:
            return
        for i in range(self._n_known):
            if self._addresses[i] == address:
                self._heard_ms[i] = now_ms
                return
        if self._n_known == len(self._addresses):
            self._crowded = True
            self._crowded_ms = now_ms
            return
        for i in range(_ADDRESS_BYTES):
            self._addresses[self._n_known][i] = address[i]
        self._heard_ms[self._n_known] = now_ms
        self._n_known += 1

    def expire(self, now_ms: int) -> None:
        """Forget who has not been heard; call it about once a second."""
        if self._crowded and self._is_old(self._crowded_ms, now_ms):
            self._crowded = False
        i = self._n_known - 1
        while i >= self._n_configured:
            if self._is_old(self._heard_ms[i], now_ms):
                self._forget(i)
            i -= 1

    def targets(self) -> int:
        """How many addresses a packet goes to one by one; 0: send it to the group's address."""
        return 0 if self._crowded else self._n_known

    def address(self, i: int) -> bytearray:
        """Address of target `i`."""
        return self._addresses[i]

    def _is_old(self, then_ms: int, now_ms: int) -> bool:
        # Negative: half a wrap of the ticks, days, has passed.
        return not 0 <= self._ticks_diff(now_ms, then_ms) <= self._max_age_ms

    def _forget(self, i: int) -> None:
        """The last one takes its place."""
        self._n_known -= 1
        last = self._n_known
        self._addresses[i], self._addresses[last] = self._addresses[last], self._addresses[i]
        self._heard_ms[i] = self._heard_ms[last]


def parse_address(text: str) -> bytes:
    """Four bytes of dotted text; ValueError when it is none."""
    parts = text.strip().split(".")
    if len(parts) != _ADDRESS_BYTES or not all(part.isdigit() for part in parts):
        raise ValueError("'%s' is not an IPv4 address" % text)
    numbers = [int(part) for part in parts]
    if max(numbers) > 255:
        raise ValueError("'%s' is not an IPv4 address" % text)
    return bytes(numbers)


def parse_addresses(text: str) -> tuple:
    """Addresses of a list with commas; an empty text is an empty list."""
    return tuple(parse_address(part) for part in text.split(",")) if text.strip() else ()
