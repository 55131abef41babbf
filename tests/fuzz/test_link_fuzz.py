"""Random abuse of the link's parsers: whatever comes in, only counters move.

Each case is made from its own seed, named when it fails. HANDSET_FUZZ_S sets the seconds each
target gets (default 2); HANDSET_FUZZ_SEED the first seed, so that longer runs cover new ground.
"""

import os
import random
import time

import cbor2
import pytest
from smp import packet

from handset.link import cbor, spec
from handset.link.framing import Receiver
from handset.link.handset_group import HandsetGroup
from handset.link.os_group import INFO, OsGroup
from handset.link.server import CommandError, Server

SECONDS = float(os.environ.get("HANDSET_FUZZ_S", "2"))
FIRST_SEED = int(os.environ.get("HANDSET_FUZZ_SEED", "0"))
CASES_MIN = 200

SEEDS_CBOR = [
    cbor2.dumps({"d": "text", "n": [1, -2, 2**40, None, True, 1.5], "b": b"bytes"}),
    cbor2.dumps({"a": {"b": {"c": [[[[]]]]}}}),
    cbor2.dumps([{"k": 1}] * 4, indefinite_containers=True),
    bytes.fromhex("bf6161 9f 5f 4161 4162 ff ff 6162 f97e00 ff"),
    bytes.fromhex("5bffffffffffffffff00"),
]
SEEDS_REQUEST = [
    bytes((op, 0, 0, len(body), 0, group, 5, command)) + body
    for op, group, command, body in [
        (10, 0, 0, cbor2.dumps({"d": "hello"})),
        (8, 0, 4, b"\xa0"),
        (10, 0, 4, cbor2.dumps({"datetime": "2025-11-22T01:42:00.250"})),
        (10, 0, 5, b"\xa0"),
        (8, 0, 6, b"\xa0"),
        (8, 0, 7, cbor2.dumps({"format": "sri"})),
        (8, 72, 0, b"\xa0"),
        (10, 72, 4, cbor2.dumps({"name": "opus", "bitrate_bps": 16000})),
        (2, 72, 4, cbor2.dumps({"name": 5})),
    ]
]
INTERESTING = b"\x00\x01\x7f\x80\xff\x06\x09\x04\x14\n\r=/+A\x1f\x3b\x5f\x7f\x9f\xbf\xfb\x1b"


def cases():
    """Seeded random generators until time is up, but at least CASES_MIN."""
    end_s = time.monotonic() + SECONDS
    seed = FIRST_SEED
    while time.monotonic() < end_s or seed < FIRST_SEED + CASES_MIN:
        yield seed, random.Random(seed)
        seed += 1


def mutate(rng, data):
    """`data` with a few bytes changed, removed, repeated or moved."""
    data = bytearray(data)
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            data[at : at + 1] = bytes((rng.choice(INTERESTING),))
        elif kind == 1:
            data[at : at + 1] = rng.randbytes(1)
        elif kind == 2:
            del data[at : at + rng.randrange(1, 9)]
        elif kind == 3:
            data[at:at] = data[at : at + rng.randrange(1, 40)]
        else:
            data[at:at] = rng.randbytes(rng.randrange(1, 9))
    return bytes(data)


class Clock:
    def utc_ms(self):
        return 1763775720250

    def set_utc_ms(self, utc_ms):
        assert 0 <= utc_ms < 2**43


def make_server(message_bytes_max, faults):
    def refuse(request):
        raise CommandError(3)

    server = Server(message_bytes_max, faults.append)
    OsGroup(Clock(), lambda: None, {name: name for _, name in INFO}).register(server)
    providers = {command.name: lambda request: {"x": "y" * 60} for command in spec.commands()}
    HandsetGroup(dict(providers, set_codec=refuse)).register(server)
    return server


def test_cbor_decoder():
    for seed, rng in cases():
        data = mutate(rng, rng.choice(SEEDS_CBOR)) if seed % 4 else rng.randbytes(seed % 64)
        try:
            value = cbor.loads(data)
        except cbor.CborError:
            continue
        except Exception as error:
            pytest.fail(f"seed {seed}: {error!r} for {data.hex()}")
        data = cbor.dumps(value, 4096)
        assert cbor.dumps(cbor.loads(data), 4096) == data, f"seed {seed}"


def test_receiver_and_server_on_a_noisy_wire():
    faults = []
    server = make_server(256, faults)
    receiver = Receiver(256)
    n_delivered = 0
    for seed, rng in cases():
        wire = noisy_wire(rng)
        at = 0
        while at < len(wire):
            end = min(len(wire), at + rng.randrange(1, 64))
            try:
                at = receiver.feed(wire, end, at)
                if receiver.message_bytes:
                    n_delivered += 1
                    check_answer(server, receiver.message, receiver.message_bytes)
            except Exception as error:
                pytest.fail(f"seed {seed}: {error!r} at byte {at} of {wire.hex()}")
    assert faults == []
    assert n_delivered > CASES_MIN
    assert server.requests > server.refused > 0


def noisy_wire(rng):
    """Good and damaged frames, text and noise in any order."""
    parts = []
    for _ in range(rng.randrange(1, 5)):
        message = mutate(rng, rng.choice(SEEDS_REQUEST))
        frame = b"".join(packet.encode(message, rng.choice((24, 127, 128))))
        parts.append(frame if rng.randrange(2) else mutate(rng, frame))
        parts.append(rng.choice((b"", b"log line\n", rng.randbytes(rng.randrange(40)))))
    return b"".join(parts)


def test_server_on_damaged_messages():
    faults = []
    server = make_server(200, faults)
    for seed, rng in cases():
        message = mutate(rng, rng.choice(SEEDS_REQUEST))
        try:
            check_answer(server, message, len(message))
        except Exception as error:
            pytest.fail(f"seed {seed}: {error!r} for {message.hex()}")
    assert faults == []
    assert server.handler_faults == 0
    assert server.bad_messages > 0


def check_answer(server, message, n_bytes):
    """An answer, if there is one, is a well-formed response to this very message."""
    n_answer = server.handle(message, n_bytes)
    if not n_answer:
        return
    answer = bytes(server.response[:n_answer])
    assert answer[0] & 7 == (message[0] & 7) + 1
    assert answer[4:8] == bytes(message[4:8])
    assert int.from_bytes(answer[2:4], "big") == n_answer - 8
    assert isinstance(cbor2.loads(answer[8:]), dict)
