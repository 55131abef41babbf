"""How long packets take on Wi-Fi, to the group's address and to one station: for a tester.

With development builds on two boards joined to the same access point (the application stopped):

    >>> from ports.esp32 import bearer_probe
    >>> bearer_probe.answer()                     # on the first board, runs until Ctrl-C
    >>> bearer_probe.measure("10.0.0.20")      # on the second, with the first one's address

Prints the distribution of one-way delays in microseconds, {"n": ..., "p50": ..., "p95": ...}, for
unicast and multicast, and how many probes were lost. Let another station with power saving be on
the access point, or it has no reason to hold multicast back.
"""

import socket
import time

import vault

from ports.common import delays
from ports.common.members import parse_address

_PORT = 5006
_GROUP = "239.192.80.84"
_ANSWER_BYTES = 64
_TIMEOUT_S = 1.0
_IPPROTO_IP = 0
_IP_ADD_MEMBERSHIP = 3


def answer() -> None:
    """Return every probe to its sender, by unicast."""
    wire = _socket()
    while True:
        try:
            probe, sender = wire.recvfrom(_ANSWER_BYTES)
        except OSError:
            continue
        wire.sendto(probe, sender)


def measure(other: str, n_probes: int = 200, interval_ms: int = 47) -> dict:
    """Probe the board at address `other`, both ways in turn. The interval has no common divisor
    with a beacon's 102.4 ms, so that probes meet every phase of it."""
    wire = _socket()
    rounds_us = {other: [], _GROUP: []}
    for number in range(2 * n_probes):
        target = _GROUP if number % 2 else other
        round_us = _probe(wire, target)
        if round_us >= 0:
            rounds_us[target].append(round_us)
        time.sleep_ms(interval_ms)
    unicast_us, multicast_us = delays.one_way(rounds_us[other], rounds_us[_GROUP])
    result = {
        "unicast_us": delays.summary(unicast_us),
        "multicast_us": delays.summary(multicast_us),
        "unicast_lost": n_probes - len(unicast_us),
        "multicast_lost": n_probes - len(multicast_us),
    }
    print(result)
    return result


def _probe(wire: socket.socket, target: str) -> int:
    """Microseconds until the answer, -1 when none came."""
    probe = bytearray(12)
    vault.random(probe)
    sent_us = time.ticks_us()
    wire.sendto(probe, (target, _PORT))
    while True:
        try:
            got, _ = wire.recvfrom(_ANSWER_BYTES)
        except OSError:
            return -1
        if got == probe:
            return time.ticks_diff(time.ticks_us(), sent_us)


def _socket() -> socket.socket:
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire.bind(("0.0.0.0", _PORT))
    wire.setsockopt(_IPPROTO_IP, _IP_ADD_MEMBERSHIP, parse_address(_GROUP) + b"\0\0\0\0")
    wire.settimeout(_TIMEOUT_S)
    return wire
