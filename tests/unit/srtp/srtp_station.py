"""The packet layer in C, under sanitizers: programs/station.c, built and driven."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal

from tools import files

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
OUT = ROOT / "build" / "srtp_asan"

Use = Literal["media", "floor"]

OK = "OK"
MALFORMED = "MALFORMED"
UNKNOWN_KEY = "UNKNOWN_KEY"
FORGED = "FORGED"
REPLAYED = "REPLAYED"
STALE = "STALE"
BUSY = "BUSY"

REPLAY_WINDOW = 64
DERIVATIONS_PER_TICK = 2
STREAMS = 8
OVERHEAD = {"media": 26, "floor": 30}
HEADER = {"media": 12, "floor": 8}
_STATIONS = 256  # in station.c


class StationError(Exception):
    """The program does not build, or it ended; the message has its last words."""


def build() -> Path:
    """Build whatever changed and return the program."""
    command = ["make", "-s", "-j2", "-f", str(HERE / "Makefile"), f"ROOT={ROOT}", f"OUT={OUT}"]
    command += [f"THIRD_PARTY={ROOT / 'build' / 'third_party'}"]
    # A make above us may have left its job server's handles in the environment.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    # Several processes may come for it at the same time.
    with files.exclusive(OUT):
        built = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600)
    if built.returncode != 0:
        raise StationError("\n".join((built.stdout + built.stderr).splitlines()[-30:]))
    return OUT / "station"


class Station:
    """A running program with one keyring, and as many senders and receivers as asked for."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [program],
            env={**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._n_senders = 0
        self._n_receivers = 0

    def __enter__(self) -> Station:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _, said = self._process.communicate(timeout=60)
        if self._process.returncode and kind is None:
            raise StationError(said)

    def ask(self, *words: object) -> str:
        """One command, one answer. Raises StationError when the program has ended."""
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().rstrip("\n")
        if not answer:
            raise StationError(self._process.stderr.read())
        return answer

    def set_keys(self, *keys: tuple[int, bytes]) -> None:
        """The keyring has these keys: (id, group key)."""
        for slot, (key_id, key) in enumerate(keys):
            assert self.ask("key", slot, key_id, key.hex()) == "yes"
        self.ask("keys", len(keys))

    def sender(self, use: Use, ssrc: int, epoch: bytes, slot: int = 0) -> Sender:
        """One that sends with the key in that place of the keyring."""
        number, self._n_senders = self._n_senders, (self._n_senders + 1) % _STATIONS
        assert self.ask("sender", number, use, slot, ssrc, epoch.hex()) == "yes"
        return Sender(self, number, use, ssrc)

    def receiver(self, use: Use) -> Receiver:
        """One that has heard nothing yet."""
        number, self._n_receivers = self._n_receivers, (self._n_receivers + 1) % _STATIONS
        self.ask("receiver", number, use)
        return Receiver(self, number)


@dataclass
class Sender:
    """Protects packets of its SSRC."""

    station: Station
    number: int
    use: Use
    ssrc: int

    def start_at(self, index: int) -> None:
        """Its next packet has this index."""
        self.station.ask("index", self.number, index)

    def next_sequence(self) -> int | None:
        """None: its key is exhausted."""
        answer = self.station.ask("sequence", self.number)
        return None if answer == "exhausted" else int(answer)

    def protect(self, packet: bytes, capacity: int | None = None) -> bytes | None:
        """The packet for the air; None when it was refused."""
        if capacity is None:
            capacity = len(packet) + OVERHEAD[self.use]
        answer = self.station.ask("protect", self.number, capacity, packet.hex() or "-")
        return None if answer == "-" else bytes.fromhex(answer)

    def packet(self, content: bytes = b"") -> bytes:
        """A packet in clear, as it must be next."""
        if self.use == "floor":
            return rtcp(self.ssrc, content)
        sequence = self.next_sequence()
        return rtp(self.ssrc, sequence or 0, content)

    def send(self, content: bytes = b"") -> bytes:
        """The next packet with that content, for the air."""
        protected = self.protect(self.packet(content))
        assert protected is not None
        return protected


@dataclass
class Receiver:
    """Checks and decrypts packets."""

    station: Station
    number: int

    def unprotect(self, packet: bytes) -> tuple[str, bytes]:
        """The result, and what is in the packet's memory now."""
        result, content = self.station.ask("unprotect", self.number, packet.hex() or "-").split()
        return result, b"" if content == "-" else bytes.fromhex(content)

    def hear(self, packet: bytes) -> str:
        """The result alone; as many keys may be derived as it takes."""
        self.tick()
        return self.unprotect(packet)[0]

    def tick(self) -> None:
        """20 ms go by."""
        self.station.ask("tick", self.number)

    def forget_keys(self) -> None:
        """What was heard stays known."""
        self.station.ask("forget_keys", self.number)

    def count_keys(self) -> int:
        """Of how many sources anything of the keys is in its memory."""
        return int(self.station.ask("count_keys", self.number))


def rtp(
    ssrc: int, sequence: int, payload: bytes = b"", extra: bytes = b"", first: int = 0x80
) -> bytes:
    """An RTP packet; `extra`: CSRC list and header extension, as the `first` byte announces."""
    timestamp = 320 * sequence
    head = bytes([first, 96]) + sequence.to_bytes(2, "big") + timestamp.to_bytes(4, "big")
    return head + ssrc.to_bytes(4, "big") + extra + payload


def rtcp(ssrc: int, content: bytes = b"") -> bytes:
    """An RTCP APP packet (RFC 3550 clause 6.7) of name MCPT."""
    body = b"MCPT" + content + bytes(-len(content) % 4)
    n_words = 1 + len(body) // 4
    return bytes([0x80, 204]) + n_words.to_bytes(2, "big") + ssrc.to_bytes(4, "big") + body
