"""Buttons and outputs of a virtual handset: edges as datagrams, remembered with their instants."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable

from handsetctl.bench.faults import BenchTimeout
from handsetctl.bench.interface import BUTTONS, OUTPUTS, Edge
from handsetctl.errors import BenchError

UNPOWERED = {"led": "off", "geo_led": "off", "gnss_power": "0", "ready": "0"}
_MAX_EDGES = 100_000
_DATAGRAM_BYTES = 256


class EdgeLog:
    """Every edge seen, and a way to wait for one. Safe to use from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._edges: list[Edge] = []
        self._latest: dict[str, Edge] = {}
        self._fault: Callable[[], BenchError] | None = None

    def record(self, name: str, value: str, instant_s: float) -> bool:
        """Remember an edge; False (and nothing remembered) if the value is the present one."""
        with self._changed:
            latest = self._latest.get(name)
            if latest is not None and latest.value == value:
                return False
            edge = self._latest[name] = Edge(name, value, instant_s)
            self._edges.append(edge)
            if len(self._edges) > _MAX_EDGES:
                del self._edges[: _MAX_EDGES // 2]
            self._changed.notify_all()
            return True

    def fail(self, fault: Callable[[], BenchError] | None) -> None:
        """Make present and later waits raise what ``fault`` makes (None: let them wait again)."""
        with self._changed:
            self._fault = fault
            self._changed.notify_all()

    def value(self, name: str) -> str:
        """Present value, "" before the first edge."""
        with self._changed:
            return self._value(name)

    def latest(self, name: str) -> Edge | None:
        """The edge that set the present value."""
        with self._changed:
            return self._latest.get(name)

    def history(self, name: str | None = None, since: float | None = None) -> list[Edge]:
        """Edges in order of time."""
        with self._changed:
            return [
                edge
                for edge in self._edges
                if (name is None or edge.name == name)
                and (since is None or edge.instant_s >= since)
            ]

    def wait(self, name: str, value: str, timeout_s: float, since: float | None = None) -> float:
        """Instant of the edge of ``name`` to ``value``; see BenchHandset.wait_output."""
        deadline_s = time.monotonic() + timeout_s
        with self._changed:
            while True:
                instant_s = self._find(name, value, since)
                if instant_s is not None:
                    return instant_s
                if self._fault is not None:
                    raise self._fault()
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    raise BenchTimeout(
                        f"{name} did not become {value!r} within {timeout_s:g} s "
                        f"(it is {self._value(name)!r})",
                        f"output {name}",
                        "look at the handset's log on its console, and at the edges seen (history)",
                    )
                self._changed.wait(left_s)

    def _value(self, name: str) -> str:
        edge = self._latest.get(name)
        return edge.value if edge is not None else ""

    def _find(self, name: str, value: str, since: float | None) -> float | None:
        if since is None:
            latest = self._latest.get(name)
            return latest.instant_s if latest is not None and latest.value == value else None
        # Newest first: waits look at the recent past, not at hours of history.
        found = None
        for edge in reversed(self._edges):
            if edge.instant_s < since:
                break
            if edge.name == name and edge.value == value:
                found = edge.instant_s
        return found


class Pins:
    """The wires of the buttons and outputs: a SEQPACKET pair, one "name=value" a datagram.

    "clock=?" from the handset is answered with "clock=" and the bench clock in ns.

    The handset's end stays open here, so that the wires outlive its resets.
    """

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._near, self.handset_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._near.setblocking(False)
        self._lock = threading.Lock()
        self._powered = False
        self.log = EdgeLog()
        self.bad_datagrams = 0
        for button in BUTTONS:
            self.log.record(button, "0", time.monotonic())
        self.unpower()

    def fileno(self) -> int:
        """The end to watch for the handset's edges."""
        return self._near.fileno()

    def drive(self, button: str, value: str) -> float:
        """Set a button's level; returns the instant of its edge (of the last one if no change)."""
        if button not in BUTTONS:
            raise BenchError(
                f"there is no button {button!r}",
                self._subject,
                f"the buttons are: {', '.join(BUTTONS)}",
            )
        with self._lock:
            instant_s = time.monotonic()
            if self.log.record(button, value, instant_s) and self._powered:
                self._send(button, value)
        latest = self.log.latest(button)
        return latest.instant_s if latest is not None else instant_s

    def read_edges(self) -> None:
        """Take in what the handset sent."""
        while True:
            try:
                datagram = self._near.recv(_DATAGRAM_BYTES)
            except BlockingIOError:
                return
            self._take(datagram, time.monotonic())

    def unpower(self) -> None:
        """The handset lost power: its outputs fall."""
        self.read_edges()
        with self._lock:
            self._powered = False
        now_s = time.monotonic()
        for name, value in UNPOWERED.items():
            self.log.record(name, value, now_s)

    def power(self) -> None:
        """The handset is about to start: old edges are gone, held buttons are seen as down."""
        with self._lock:
            drain_datagrams(self.handset_end)
            self._powered = True
            for button in BUTTONS:
                if self.log.value(button) == "1":
                    self._send(button, "1")

    def close(self) -> None:
        """Cut the wires. Idempotent."""
        self._near.close()
        self.handset_end.close()

    def _send(self, name: str, value: str) -> None:
        try:
            self._near.send(f"{name}={value}".encode())
        except BlockingIOError:
            raise BenchError(
                "the handset does not read its pins any more",
                self._subject,
                "look at its console; reset it",
            ) from None

    def _take(self, datagram: bytes, instant_s: float) -> None:
        name, separator, value = datagram.decode("ascii", "replace").partition("=")
        if name == "clock":  # a machine that has a clock of its own asks what ours says
            with contextlib.suppress(BenchError):  # it does not listen: its own fault
                self._send("clock", str(time.monotonic_ns()))
            return
        if not separator or name not in OUTPUTS:
            self.bad_datagrams += 1
            return
        self.log.record(name, value, instant_s)


def drain_datagrams(sock: socket.socket) -> None:
    """Throw away what waits in a socket, without touching the blocking mode its users share."""
    while True:
        try:
            sock.recv(65536, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except ConnectionRefusedError:
            continue  # an old complaint about a peer that was gone; it is consumed by reading it
