"""Radio contract on Wi-Fi: UDP through an access point, RTP on port 5004 and RTCP on 5005.

An access point keeps group-addressed packets for its DTIM beacons, every n-th of all (ESP-IDF
Programming Guide, "Introduction to Low Power Mode in Wi-Fi Scenarios", "Basic Principles of Wi-Fi
Power Saving"): with the usual beacon interval of 102.4 ms they wait up to n times that, and nobody
repeats one that was lost. So `spread` "unicast" sends to each member by itself; `bearer_probe.py`
measures what that gains. Members are those who were heard on either port within `_MEMBER_AGE_MS`,
and the configured ones; a datagram that cannot be the group's makes nobody a member. A hello to the
group's address every `_HELLO_MS` makes silent ones known (`ports.common.group_traffic`).

The module `datagram` moves packets without allocating.
"""

import asyncio
import socket

import datagram
import network

from ports.common import group_traffic
from ports.common.backoff import Backoff
from ports.common.members import Members, parse_address
from ports.esp32.waiting import wake_on_read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ports.esp32.clock import Clock

MEDIA_PORT = 5004
FLOOR_PORT = 5005

_MEMBERS_MAX = 8
_MEMBER_AGE_MS = 10_000
_HELLO_MS = 2000
_TICK_MS = 250
# Hellos and empty datagrams that one call of recv() passes over before others get their turn.
_SKIPPED_A_CALL = 4
# An attempt to join an access point takes some seconds before it has failed.
_RETRY_FIRST_MS = 5000
_RETRY_LONGEST_MS = 60_000
_NO_RETRY_BY_ITSELF = 0
_ANY_INTERFACE = b"\0\0\0\0"
# Some ports' socket modules lack the names; the values are lwIP's.
_IPPROTO_IP = 0
_IP_ADD_MEMBERSHIP = 3

# What the floor participant must allow for when packets wait for the DTIM (every beacon, 102 ms): a
# request and its answer together take two of them, less than C201 = 3 times T201, and permission
# still comes within 300 ms; and media may be late by as much. With "unicast" as well: what is sent
# before anybody is known, or to more members than there are places, goes to the group.
TIMERS = {"t201_ms": 80, "media_tail_ms": 450}


class UdpChannel:
    """One port, to and from every member. `is_ours(buf, n_bytes)`: may the sender be one?"""

    def __init__(
        self,
        port: int,
        group: bytes,
        members: Members,
        clock: "Clock",
        is_ours: "Callable[[bytearray, int], bool]",
    ) -> None:
        self._port = port
        self._is_ours = is_ours
        self._group = group
        self._members = members
        self._clock = clock
        self._sender = bytearray(4)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("0.0.0.0", port))
        self._socket.setblocking(False)
        self._fd = self._socket.fileno()

    def join(self) -> None:
        """Tell the network that this handset wants the group's packets."""
        self._socket.setsockopt(_IPPROTO_IP, _IP_ADD_MEMBERSHIP, self._group + _ANY_INTERFACE)

    def hello(self) -> None:
        """Make this handset known to whoever is in the group."""
        hello = group_traffic.HELLO
        datagram.send(self._fd, hello, len(hello), self._group, self._port)

    def recv(self, buf: bytearray) -> int:
        for _ in range(_SKIPPED_A_CALL):
            n_bytes = datagram.receive(self._fd, buf, self._sender)
            if n_bytes < 0:
                break
            if self._is_ours(buf, n_bytes):
                self._members.heard(self._sender, self._clock.ticks_ms())
            if n_bytes and not group_traffic.is_hello(buf, n_bytes):
                return n_bytes
        return -1

    def send(self, buf: bytearray, n_bytes: int) -> bool:
        n_targets = self._members.targets()
        if not n_targets:
            return self._send_to(buf, n_bytes, self._group)
        n_taken = 0
        for i in range(n_targets):
            if self._send_to(buf, n_bytes, self._members.address(i)):
                n_taken += 1
        return n_taken == n_targets

    def readable(self) -> None:  # a coroutine, see waiting.py
        wake_on_read(self._socket)
        yield

    def _send_to(self, buf: bytearray, n_bytes: int, address: bytes) -> bool:
        return datagram.send(self._fd, buf, n_bytes, address, self._port)


class WifiUdp:
    """Joins access point `ssid` and stays: `media` and `floor` work whenever it is there.

    group: multicast address. unicast: send to each member by itself. configured: addresses of
    members that say no hello.
    """

    FLOOR_TIMERS = TIMERS

    def __init__(
        self,
        clock: "Clock",
        ssid: str,
        key: str,
        group: bytes,
        unicast: bool = True,
        configured: tuple = (),
    ) -> None:
        self._clock = clock
        self._ssid = ssid
        self._key = key
        self._unicast = unicast
        self._backoff = Backoff(clock, _RETRY_FIRST_MS, _RETRY_LONGEST_MS)
        self._members = Members(
            _MEMBERS_MAX if unicast else 0,
            _MEMBER_AGE_MS,
            clock.ticks_diff,
            configured if unicast else (),
        )
        self._is_up = False
        self._hello_ms = clock.ticks_ms()
        # Attempts to join, those that led to a connection, and refusals of the driver or the stack.
        self.attempts = 0
        self.connections = 0
        self.errors = 0
        self._wlan = network.WLAN(network.WLAN.IF_STA)
        self._wlan.active(True)
        # The radio listens all the time: a sleeping one hears a press up to a beacon later.
        self._wlan.config(pm=network.WLAN.PM_NONE, reconnects=_NO_RETRY_BY_ITSELF)
        self.media = UdpChannel(MEDIA_PORT, group, self._members, clock, group_traffic.is_rtp)
        self.floor = UdpChannel(FLOOR_PORT, group, self._members, clock, group_traffic.is_rtcp)
        asyncio.create_task(self._run())

    def name(self) -> str:
        return "wifi"

    async def _run(self) -> None:
        while True:
            try:
                self._tick()
            except OSError:
                self.errors += 1
            await asyncio.sleep_ms(_TICK_MS)

    def _tick(self) -> None:
        now_ms = self._clock.ticks_ms()
        self._members.expire(now_ms)
        if not self._wlan.isconnected():
            self._is_up = False
            if self._backoff.is_due():
                self._connect()
        elif not self._is_up:
            self._connected()
        elif self._clock.ticks_diff(now_ms, self._hello_ms) >= _HELLO_MS:
            self._hello_ms = now_ms
            self.floor.hello()

    def _connect(self) -> None:
        self.attempts += 1
        # Until it has succeeded.
        self._backoff.failed()
        self._wlan.disconnect()
        self._wlan.connect(self._ssid, self._key)

    def _connected(self) -> None:
        self._backoff.succeeded()
        self._members.set_own(parse_address(self._wlan.ifconfig()[0]))
        self.media.join()
        self.floor.join()
        self.floor.hello()
        self.connections += 1
        self._is_up = True
