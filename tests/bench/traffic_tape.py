"""An hour of what can reach a handset, as a tape in its flash that programs/hour.py plays.

Two other talkers contend for the floor in every way it has; twelve users send positions; a receiver
tells a real walk once a second; a host asks for everything there is. Quiet at each sample.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

import cbor2
from smp import packet

from handset.floor import messages
from handset.geo import report
from handset.link import spec
from handsetctl.bench.gnss import group_epochs
from handsetctl.demo.geolocation import WALK
from handsetctl.errors import BenchError

HOUR_S = 3600
SAMPLE_EVERY_S = 300
OWN_USER_ID = "sip:a@sim.invalid"

_CONSOLE, _FLOOR, _GNSS, _KEYS, _SAMPLE, _END = 0, 1, 2, 3, 4, 255
_RECORD = struct.Struct("<LBH")

# When, in ms, on which wire, what.
Event = tuple[int, int, bytes]
_T201_MS = 40
_FLOOR_BYTES = 640
# Of the agent's own presses, below.
_PERMISSIONS_A_MINUTE = 2
_DENIALS_A_MINUTE = 1


class Tape:
    """The whole hour; afterwards, whether the handset really lived through it."""

    def __init__(self, duration_s: int = HOUR_S) -> None:
        sources = (_floor, _positions, _sky, _agent, _host, _samples)
        events = [event for make in sources for event in make(duration_s)]
        events.sort(key=lambda event: event[0])
        self._events = events
        self._duration_s = duration_s
        records = [_RECORD.pack(at_ms, wire, len(data)) + data for at_ms, wire, data in events]
        self.data = b"".join(records) + _RECORD.pack(duration_s * 1000, _END, 0)

    def check(self, seen: Mapping[str, int]) -> None:
        """Raise BenchError unless the handset's counters are those of this traffic."""
        different = {
            name: (count, seen[name])
            for name, count in self._expected().items()
            if seen[name] != count
        }
        if different:
            raise BenchError(
                f"the hour was not the one on its tape (expected, seen): {different}",
                "programs/hour.py",
                "run it on a host that has time for it, or look for what the handset lost",
            )

    def _expected(self) -> dict[str, int]:
        n_minutes = self._duration_s // 60
        requests = self._data_on(_CONSOLE, b"\x06\x09")
        positions = [data for data in self._data_on(_FLOOR, b"\x80\xcc") if data[8:12] == b"HGEO"]
        calls = [data for data in self._data_on(_FLOOR, b"") if data[8:12] == b"MCPT"]
        return {
            "link_requests": len(requests) - requests.count(_DAMAGED),
            "link_responses": len(requests) - requests.count(_DAMAGED),
            "link_handler_faults": 0,
            "floor_received": len(calls) + len(positions),
            "floor_collisions": 0,
            "geo_reports_received": len(positions),
            "talk": _PERMISSIONS_A_MINUTE * n_minutes,
            "denied": _DENIALS_A_MINUTE * n_minutes,
        }

    def _data_on(self, wanted: int, prefix: bytes) -> list[bytes]:
        return [
            data for _, wire, data in self._events if wire == wanted and data.startswith(prefix)
        ]


def _samples(duration_s: int) -> Iterator[Event]:
    for at_s in range(SAMPLE_EVERY_S, duration_s + 1, SAMPLE_EVERY_S):
        yield at_s * 1000 - 100, _SAMPLE, b""


# ---------------------------------------------------------------------------------------- floor


class Talker:
    """Another handset's side of floor control, as events."""

    def __init__(self, ssrc: int, user_id: str) -> None:
        self.ssrc = ssrc
        self.user_id = user_id

    def asks(self, at_ms: int, indicator: int = messages.NORMAL_CALL) -> Iterator[Event]:
        for n in range(3):
            message = messages.request(self.ssrc, self.user_id, 0, indicator)
            yield _floor_event(at_ms + n * _T201_MS, message)

    def talks(
        self, at_ms: int, duration_ms: int, indicator: int = messages.NORMAL_CALL
    ) -> Iterator[Event]:
        for sequence, ms in enumerate(range(at_ms, at_ms + duration_ms, 1000)):
            yield _floor_event(ms, messages.taken(self.ssrc, self.user_id, sequence, indicator))

    def denies(self, at_ms: int, user_id: str) -> Event:
        cause = messages.ANOTHER_HAS_PERMISSION
        message = messages.deny(self.ssrc, user_id, cause, messages.NORMAL_CALL)
        return _floor_event(at_ms, message)

    def releases(self, at_ms: int) -> Event:
        message = messages.release(self.ssrc, self.user_id, messages.NORMAL_CALL)
        return _floor_event(at_ms, message)


_C = Talker(0x0000_0C0C, "sip:c@sim.invalid")
_D = Talker(0x3FFF_0D0D, "sip:d@sim.invalid")


def _floor_event(at_ms: int, message: messages.Message) -> Event:
    buf = bytearray(_FLOOR_BYTES)
    return at_ms, _FLOOR, bytes(buf[: messages.encode(message, buf)])


def _floor(duration_s: int) -> Iterator[Event]:
    for minute, ms in enumerate(range(0, duration_s * 1000, 60_000)):
        yield from _C.asks(ms)
        yield from _C.talks(ms + 120, 6000)
        yield _C.releases(ms + 6200)
        yield from _D.asks(ms + 10_000)  # while this handset talks: it denies
        yield from _D.asks(ms + 14_000)
        yield from _D.talks(ms + 14_120, 8000)
        yield _D.denies(ms + 16_020, OWN_USER_ID)
        yield _D.releases(ms + 22_500)
        if not _is_long_press(minute):
            yield from _C.talks(ms + 25_000, 3000)  # and is gone: T203
            yield from _C.asks(ms + 42_000, messages.EMERGENCY_CALL)  # pre-empts
            yield from _C.talks(ms + 42_200, 3000, messages.EMERGENCY_CALL)
            yield _C.releases(ms + 45_500)
        yield ms + 57_000, _FLOOR, b"\x80\xcc\x00\x02\x00\x00\x00\x01MCPT\x06"
        yield ms + 57_500, _FLOOR, b"\x80\xcc\x00\x02\x00\x00\x00\x01ABCD"
        yield ms + 58_000, _FLOOR, bytes(range(200))


def _is_long_press(minute: int) -> bool:
    """Every fifth minute the agent talks until the limit."""
    return minute % 5 == 2


def _agent(duration_s: int) -> Iterator[Event]:
    yield 10_000, _KEYS, b"geo=1"
    yield 10_100, _KEYS, b"geo=0"
    for minute, ms in enumerate(range(0, duration_s * 1000, 60_000)):
        holds = [(8000, 12_000), (16_000, 17_000)]
        holds += [(24_000, 56_000)] if _is_long_press(minute) else [(40_000, 43_000)]
        for down_ms, up_ms in holds:
            yield ms + down_ms, _KEYS, b"ptt=1"
            yield ms + up_ms, _KEYS, b"ptt=0"
        if minute % 10 == 7:  # off, and on again within the same minute
            yield ms + 30_000, _KEYS, b"geo=1"
            yield ms + 36_000, _KEYS, b"geo=1"


# ---------------------------------------------------------------------------------- geolocation


def _positions(duration_s: int) -> Iterator[Event]:
    buf = bytearray(report.MAX_BYTES)
    for count, at_s in enumerate(range(2, duration_s - 2, 5)):
        user = count % 12
        position = report.Report(0x1000 + user, f"sip:user{user:02}@sim.invalid")
        position.sequence = count // 12
        position.utc_ms = 1_763_775_720_000 + at_s * 1000
        position.lat_deg_e7 = 488_500_000 + at_s
        position.lon_deg_e7 = 23_500_000 - at_s
        n_bytes = report.encode(position, buf)
        yield at_s * 1000 + 300, _FLOOR, bytes(buf[:n_bytes])


def _sky(duration_s: int) -> Iterator[Event]:
    epochs = group_epochs(WALK.read_text("latin-1").splitlines())
    for second in range(duration_s):
        yield second * 1000 + 500, _GNSS, epochs[second % len(epochs)]


# ------------------------------------------------------------------------------------ management


def _host(duration_s: int) -> Iterator[Event]:
    requests = list(_requests())
    for ms in range(3000, (duration_s - 5) * 1000, 10_000):
        for n, request in enumerate(requests):
            yield ms + 100 * n, _CONSOLE, request
        yield ms + 4000, _CONSOLE, b"\nnoise of a terminal\x06\x09%%%\n\x04\x14AAAA\n"


def _requests() -> Iterator[bytes]:
    """Every command that there is, but a reset; one that is refused; one that is damaged."""
    read, write = 0, 2
    yield _smp(write, 0, 0, {"d": "x" * 300})
    yield _smp(read, 0, 4, {})
    yield _smp(write, 0, 4, {"datetime": "2025-11-22T01:42:00.250"})
    yield _smp(read, 0, 6, {})
    yield _smp(read, 0, 7, {"format": "a"})
    yield _smp(read, 2, 1, {})
    yield _smp(read, 2, 0, {"name": "voice"})
    for command in spec.commands():
        yield _smp(read, spec.GROUP, command.number, {})
    codec = spec.command("codec").number
    yield _smp(write, spec.GROUP, codec, {"name": "amrwb", "bitrate_bps": 12650, "dtx": False})
    yield _smp(write, spec.GROUP, codec, {"name": "none"})
    yield _smp(read, 0, 99, {})
    yield _DAMAGED


def _smp(op: int, group: int, command: int, body: dict[str, object]) -> bytes:
    data = cbor2.dumps(body, canonical=True)
    header = struct.pack(">BBHHBB", op | 8, 0, len(data), group, 7, command)
    return b"".join(packet.encode(header + data))


_DAMAGED = _smp(0, 0, 6, {})[:-6] + b"AAAA\n"
