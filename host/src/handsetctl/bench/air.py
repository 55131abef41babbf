"""The virtual air: the process through which the virtual handsets of a bench hear each other.

Run by the bench as ``python -m handsetctl.bench.air``; ``--help`` tells how to talk to it by hand.
One thread, one UDP socket for media and one for floor control on the loopback; commands are JSON
lines on standard input, answers JSON lines on standard output. It ends when its input ends.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from handsetctl.bench.air_model import KINDS, AirModel
from handsetctl.bench.pcap import PcapWriter

HELP = """\
Carries datagrams between virtual handsets: what a member sends goes to every other member.

On start it writes {"ready": true, "media_port": N, "floor_port": N} on standard output. Then it
takes one JSON object a line on standard input and answers each with one line:
  {"id": 1, "do": "COMMAND", "args": {...}}  ->  {"id": 1, "ok": true, "result": ...}
                                             or  {"id": 1, "ok": false, "error": "..."}
It ends at the end of its input.

commands:
  join    member, media_port, floor_port   the loopback ports the member sends from and listens on
  leave   member
  set     any of loss, delay_ms, jitter_ms, reorder, reorder_ms; optional from and to (members)
  cut     member, on (default true)        cut a member off the air both ways, or let it back
  tap     port (null: none)                copy of all media to a loopback port, for a player
  pcap    path (null: end)                 capture everything sent from now on
  stats                                    counts by member and by link
  flush                                    answers once what was sent before has been taken in

try:
  echo '{"id": 1, "do": "stats"}' | python -m handsetctl.bench.air
"""

_DATAGRAM_BYTES = 65536
_DATAGRAMS_A_TURN = 64
"""After so many datagrams of one kind the other one and the commands get their turn."""


class Air:
    """Sockets and commands around an AirModel."""

    def __init__(self, seed: int) -> None:
        self._model = AirModel(seed)
        self._sockets = {kind: _loopback_socket() for kind in KINDS}
        self._tap_socket = _loopback_socket()
        self._tap: tuple[str, int] | None = None
        self._addresses: dict[tuple[str, str], tuple[str, int]] = {}
        self._senders: dict[tuple[str, tuple[str, int]], str] = {}
        self._numbers: dict[str, int] = {}
        self._pcap: PcapWriter | None = None
        self._strangers = 0
        self._unsendable = 0

    @property
    def ports(self) -> dict[str, int]:
        """Where members send: {"media_port": ..., "floor_port": ...}."""
        return {f"{kind}_port": self._sockets[kind].getsockname()[1] for kind in KINDS}

    def serve(self, input_fd: int, answer: Callable[[str], None]) -> None:
        """Carry datagrams and obey commands until the input ends."""
        pending = b""
        readers: list[socket.socket | int] = [*self._sockets.values(), input_fd]
        while True:
            due_s = self._model.next_due_s
            timeout_s = None if due_s is None else max(0.0, due_s - time.monotonic())
            # select(2) rather than epoll: its timeout is not rounded to milliseconds.
            readable = select.select(readers, (), (), timeout_s)[0]
            self._carry()
            if input_fd in readable:
                chunk = os.read(input_fd, 65536)
                if not chunk:
                    return
                *lines, pending = (pending + chunk).split(b"\n")
                for line in lines:
                    answer(json.dumps(self._obey(line)))

    def close(self) -> None:
        """Close sockets and capture."""
        for sock in (*self._sockets.values(), self._tap_socket):
            sock.close()
        if self._pcap is not None:
            self._pcap.close()

    def _carry(self) -> None:
        for kind, sock in self._sockets.items():
            for _ in range(_DATAGRAMS_A_TURN):
                try:
                    datagram, address = sock.recvfrom(_DATAGRAM_BYTES)
                except BlockingIOError:
                    break
                self._take(kind, datagram, address)
            self._deliver()
        self._deliver()

    def _take(self, kind: str, datagram: bytes, address: tuple[str, int]) -> None:
        member = self._senders.get((kind, address))
        if member is None:
            self._strangers += 1
            return
        if not datagram:
            return  # an empty one is nothing on the air; QEMU would take it for the end of its wire
        self._model.offer(member, kind, datagram, time.monotonic())
        self._deliver()  # before the copies: nobody's voice waits for a disk
        if kind == "media" and self._tap is not None:
            self._send(self._tap_socket, datagram, self._tap)
        if self._pcap is not None:
            self._pcap.write(self._numbers[member], kind, datagram, time.time_ns())

    def _deliver(self) -> None:
        for delivery in self._model.take_due(time.monotonic()):
            address = self._addresses[delivery.member, delivery.kind]
            self._send(self._sockets[delivery.kind], delivery.datagram, address)

    def _send(self, sock: socket.socket, datagram: bytes, address: tuple[str, int]) -> None:
        try:
            sock.sendto(datagram, address)
        except OSError:
            self._unsendable += 1  # a full buffer or nobody there: the air just loses it

    def _obey(self, line: bytes) -> dict[str, Any]:
        number = None
        try:
            request = json.loads(line)
            number = request.get("id")
            command = getattr(self, f"_do_{request['do']}", None)
            if command is None:
                raise ValueError(f"unknown command {request['do']}; --help lists them")
            return {"id": number, "ok": True, "result": command(**request.get("args", {}))}
        except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
            return {"id": number, "ok": False, "error": f"{type(error).__name__}: {error}"}

    def _do_join(self, member: str, media_port: int, floor_port: int) -> None:
        addresses = {"media": _loopback(media_port), "floor": _loopback(floor_port)}
        self._forget(member)
        self._model.join(member)
        self._numbers.setdefault(member, len(self._numbers))
        for kind, address in addresses.items():
            self._addresses[member, kind] = address
            self._senders[kind, address] = member

    def _do_leave(self, member: str) -> None:
        self._forget(member)
        self._model.leave(member)

    def _do_set(self, **changes: Any) -> None:
        source, target = changes.pop("from", None), changes.pop("to", None)
        self._model.set_links(changes, source, target)

    def _do_cut(self, member: str, on: bool = True) -> None:
        self._model.cut(member, on)

    def _do_tap(self, port: int | None) -> None:
        self._tap = None if port is None else _loopback(port)

    def _do_pcap(self, path: str | None) -> None:
        if self._pcap is not None:
            self._pcap.close()
        self._pcap = None if path is None else PcapWriter(Path(path))

    def _do_stats(self) -> dict[str, Any]:
        return {
            **self._model.statistics(),
            "strangers": self._strangers,
            "unsendable": self._unsendable,
        }

    def _do_flush(self) -> None:
        while select.select(list(self._sockets.values()), (), (), 0)[0]:
            self._carry()

    def _forget(self, member: str) -> None:
        for kind in KINDS:
            address = self._addresses.pop((member, kind), None)
            if address is not None:
                del self._senders[kind, address]


def _loopback(port: int) -> tuple[str, int]:
    """Where to send for a port; ValueError unless it is one: sending would be too late to say."""
    if not isinstance(port, int) or not 1 <= port <= 65535:
        raise ValueError(f"{port!r} is not a port from 1 to 65535")
    return "127.0.0.1", port


def _loopback_socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.setblocking(False)
    return sock


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m handsetctl.bench.air",
        description=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=1, help="of all randomness (default 1)")
    return parser.parse_args()


def _main() -> None:
    air = Air(_parse_arguments().seed)

    def answer(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    answer(json.dumps({"ready": True, **air.ports}))
    try:
        air.serve(sys.stdin.fileno(), answer)
    except (KeyboardInterrupt, BrokenPipeError):
        pass  # the bench is gone or wants us gone
    finally:
        air.close()


if __name__ == "__main__":
    _main()
