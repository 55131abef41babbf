"""The virtual sky: recorded NMEA sentences played at the pace a receiver would send them."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterable

from handsetctl.bench.loop import BenchLoop, Timer
from handsetctl.bench.pins import drain_datagrams

# Field that holds UTC time (hhmmss.ss), by sentence type (NMEA 0183).
_TIME_FIELD = {"GGA": 1, "RMC": 1, "GNS": 1, "GST": 1, "GBS": 1, "ZDA": 1, "GLL": 5}
# Sentences that come several to an epoch, so that seeing one again says nothing.
_REPEATED = {"GSV", "GSA", "TXT"}
_CHUNK_BYTES = 512
"""No datagram is longer, so that small machines can take it."""


def group_epochs(lines: Iterable[str]) -> list[bytes]:
    """Group sentences into epochs, each the bytes a receiver sends in one go (CRLF line ends).

    Empty lines and comments (from "#" at the start of a line) are left out. A new epoch begins
    where the time changes, or, without times, where the epoch's first kind of sentence comes again.
    """
    epochs: list[list[str]] = []
    time_of_epoch = ""
    for line in lines:
        sentence = line.strip()
        if not sentence or sentence.startswith("#"):
            continue
        time_field = _time_of(sentence)
        changed = bool(time_field and time_of_epoch and time_field != time_of_epoch)
        if not epochs or changed or (not time_field and _starts_again(epochs[-1], sentence)):
            epochs.append([])
            time_of_epoch = ""
        time_of_epoch = time_field or time_of_epoch
        epochs[-1].append(sentence)
    return ["".join(f"{line}\r\n" for line in epoch).encode("latin-1") for epoch in epochs]


class GnssPlayer:
    """Hands out epochs when they are due. Explicit clock: instants come from the caller."""

    def __init__(self, epochs: list[bytes], rate: float, start_s: float) -> None:
        """Play from ``start_s``, one epoch every 1/rate seconds."""
        if rate <= 0:
            raise ValueError(f"rate must be above 0, not {rate:g}")
        self._epochs = epochs
        self._period_s = 1.0 / rate
        self._start_s = start_s
        self._next = 0

    @property
    def finished(self) -> bool:
        """Whether every epoch has been handed out."""
        return self._next >= len(self._epochs)

    @property
    def next_due_s(self) -> float | None:
        """Instant of the next epoch; None when finished."""
        return None if self.finished else self._start_s + self._next * self._period_s

    def take_due(self, now_s: float) -> list[bytes]:
        """Epochs due by now, oldest first, each handed out once."""
        due = []
        while (next_due_s := self.next_due_s) is not None and next_due_s <= now_s:
            due.append(self._epochs[self._next])
            self._next += 1
        return due


def _kind(sentence: str) -> str:
    return sentence.split(",", 1)[0].split("*", 1)[0][3:]


def _time_of(sentence: str) -> str:
    fields = sentence.split("*", 1)[0].split(",")
    index = _TIME_FIELD.get(_kind(sentence))
    return fields[index] if index is not None and index < len(fields) else ""


def _starts_again(epoch: list[str], sentence: str) -> bool:
    kind = _kind(sentence)
    return kind not in _REPEATED and kind == _kind(epoch[0])


class GnssPort:
    """The wire from the virtual sky to the handset: plays epochs while the receiver has power."""

    def __init__(
        self,
        loop: BenchLoop,
        receiver_powered: Callable[[], bool],
        kind: socket.SocketKind = socket.SOCK_STREAM,
    ) -> None:
        """``kind``: how the handset's machine takes bytes, as a stream or in datagrams."""
        self._loop = loop
        self._receiver_powered = receiver_powered
        self._near, self.handset_end = socket.socketpair(socket.AF_UNIX, kind)
        self._near.setblocking(False)
        self._player: GnssPlayer | None = None
        self._timer: Timer | None = None
        self.bytes_sent = 0
        self.bytes_lost = 0
        """Bytes that fell while the receiver was unpowered or the handset too slow."""

    @property
    def playing(self) -> bool:
        """Whether epochs are still to come."""
        return self._player is not None and not self._player.finished

    def play(self, lines: Iterable[str], rate: float) -> None:
        """Replace what is being played."""
        player = GnssPlayer(group_epochs(lines), rate, time.monotonic())

        def begin() -> None:
            self._forget()
            self._player = player
            self._pump()

        self._loop.call(begin)

    def stop(self) -> None:
        """Stop playing."""
        self._loop.call(self._forget)

    def drain(self) -> None:
        """Throw away what the handset has not read."""
        drain_datagrams(self.handset_end)

    def close(self) -> None:
        """Cut the wire (the loop is stopped by now). Idempotent."""
        self._near.close()
        self.handset_end.close()

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._player = None

    def _pump(self) -> None:
        if self._player is None:
            return
        for epoch in self._player.take_due(time.monotonic()):
            self._send(epoch)
        due_s = self._player.next_due_s
        if due_s is not None:
            self._timer = self._loop.call_at(due_s, self._pump)

    def _send(self, epoch: bytes) -> None:
        sent = 0
        if self._receiver_powered():
            # What does not fit is counted as lost below, as a UART overrun would be.
            with contextlib.suppress(BlockingIOError):
                while sent < len(epoch):
                    sent += self._near.send(epoch[sent : sent + _CHUNK_BYTES])
        self.bytes_sent += sent
        self.bytes_lost += len(epoch) - sent
