"""No packet is heard twice, and no index is used twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from srtp_station import (
    OK,
    REPLAY_WINDOW,
    REPLAYED,
    STALE,
    STREAMS,
    UNKNOWN_KEY,
    Sender,
    Station,
    Use,
    rtcp,
    rtp,
)

KEY = bytes(range(32))
SSRC = 0x11223344
EPOCH = b"epochA"
INDEX_LAST = {"media": 2**32 - 2, "floor": 2**31 - 1}
KEYS_KEPT = {"media": 2, "floor": 2}
USES = pytest.mark.parametrize("use", ["media", "floor"])


@pytest.fixture(autouse=True)
def keys(request: pytest.FixtureRequest) -> None:
    if "station" in request.fixturenames:
        request.getfixturevalue("station").set_keys((7, KEY))


@pytest.fixture(scope="module")
def shared(station_program: Path) -> Iterator[Station]:
    """One process for all examples."""
    with Station(station_program) as running:
        running.set_keys((7, KEY))
        yield running


def send_at(sender: Sender, index: int) -> bytes:
    sender.start_at(index)
    return sender.send(b"speech")


# --- the receiver -----------------------------------------------------------------------------


class Window:
    """RFC 3711 clause 3.3.2, with a set for a memory."""

    def __init__(self) -> None:
        self._heard: set[int] = set()

    def judge(self, index: int) -> str:
        if self._heard and max(self._heard) - index >= REPLAY_WINDOW:
            return STALE
        if index in self._heard:
            return REPLAYED
        self._heard.add(index)
        return OK


@settings(max_examples=60, deadline=None)
@given(
    use=st.sampled_from(["media", "floor"]),
    start=st.sampled_from([100, 65535, 3 * 65536 - 1, 2**31 - 200]),
    steps=st.lists(st.integers(-100, 100), min_size=1, max_size=40),
)
def test_in_whatever_order_they_come(
    shared: Station, use: Use, start: int, steps: list[int]
) -> None:
    """Early, late, double, far away: also across roll-overs of the sequence number."""
    sender, receiver, window = (
        shared.sender(use, SSRC, EPOCH),
        shared.receiver(use),
        Window(),
    )
    for step in [0, *steps]:
        index = start + step
        assert receiver.hear(send_at(sender, index)) == window.judge(index)


@USES
def test_the_window_to_its_edges(station: Station, use: Use) -> None:
    sender, receiver = station.sender(use, SSRC, EPOCH), station.receiver(use)
    newest = 70000
    assert receiver.hear(send_at(sender, newest)) == OK
    for behind in range(1, REPLAY_WINDOW):
        packet = send_at(sender, newest - behind)
        assert receiver.hear(packet) == OK
        assert receiver.hear(packet) == REPLAYED
    assert receiver.hear(send_at(sender, newest - REPLAY_WINDOW)) == STALE
    assert receiver.hear(send_at(sender, 0)) == STALE


@USES
@pytest.mark.parametrize(
    ("ahead", "result"), [(REPLAY_WINDOW - 1, REPLAYED), (REPLAY_WINDOW, STALE), (9999, STALE)]
)
def test_a_jump_takes_the_window_along(station: Station, use: Use, ahead: int, result: str) -> None:
    sender, receiver = station.sender(use, SSRC, EPOCH), station.receiver(use)
    first = sender.send(b"speech")
    assert receiver.hear(first) == OK
    assert receiver.hear(send_at(sender, ahead)) == OK
    assert receiver.hear(first) == result


def test_after_a_silence_longer_than_any_estimate(station: Station) -> None:
    """Half a turn of the sequence number and more: the roll-over counter is in the packet."""
    sender, receiver = station.sender("media", SSRC, EPOCH), station.receiver("media")
    for index in (10, 10 + 40000, 10 + 5 * 65536, 10 + 60000 * 65536):
        packet = send_at(sender, index)
        assert receiver.hear(packet) == OK
        assert receiver.hear(packet) == REPLAYED


@USES
def test_a_forgery_does_not_move_the_window(station: Station, use: Use) -> None:
    sender, receiver = station.sender(use, SSRC, EPOCH), station.receiver(use)
    assert receiver.hear(send_at(sender, 5)) == OK
    far = bytearray(send_at(sender, 5000))
    far[-30] ^= 1
    assert receiver.hear(bytes(far)) == "FORGED"
    assert receiver.hear(send_at(sender, 6)) == OK


@USES
def test_recordings_of_an_hour_ago_are_old_though_others_took_the_keys(
    station: Station, use: Use
) -> None:
    """Seven others are heard: more than keys are kept for. What was heard is still known."""
    receiver = station.receiver(use)
    sender = station.sender(use, SSRC, EPOCH)
    recorded = [sender.send(b"speech") for _ in range(REPLAY_WINDOW + 1)]
    for packet in recorded:
        assert receiver.hear(packet) == OK
    for ssrc in range(STREAMS - 1):
        assert receiver.hear(station.sender(use, ssrc, EPOCH).send(b"speech")) == OK
    assert [receiver.hear(packet) for packet in recorded] == [STALE] + [REPLAYED] * REPLAY_WINDOW
    assert receiver.hear(sender.send(b"speech")) == OK


@USES
def test_who_was_silent_longest_is_forgotten_first(station: Station, use: Use) -> None:
    receiver = station.receiver(use)
    senders = [station.sender(use, ssrc, EPOCH) for ssrc in range(STREAMS)]
    recorded = [sender.send(b"speech") for sender in senders]
    assert [receiver.hear(packet) for packet in recorded] == [OK] * STREAMS
    assert receiver.hear(senders[0].send(b"speech")) == OK
    assert receiver.hear(station.sender(use, SSRC, EPOCH).send(b"speech")) == OK
    # The second made room, and then, heard again, takes the place of the third.
    assert [receiver.hear(packet) for packet in recorded[:2]] == [REPLAYED, OK]
    assert [receiver.hear(packet) for packet in recorded[3:]] == [REPLAYED] * (STREAMS - 3)


@USES
def test_keys_stay_for_those_who_talk(station: Station, use: Use) -> None:
    """While others come and go, they never wait for their keys."""
    receiver = station.receiver(use)
    regulars = [station.sender(use, ssrc, EPOCH) for ssrc in range(KEYS_KEPT[use] - 1)]
    for sender in regulars:
        assert receiver.hear(sender.send(b"speech")) == OK
    for ssrc in range(10, 20):
        newcomer = station.sender(use, ssrc, EPOCH)
        assert receiver.hear(newcomer.send(b"speech")) == OK
        assert receiver.count_keys() <= KEYS_KEPT[use]
        # Nothing may be derived any more in this tick.
        for stranger in (100, 101):
            packet = station.sender(use, stranger, b"epochX").send(b"speech")
            receiver.unprotect(packet[:-11] + bytes([packet[-11] ^ 1]) + packet[-10:])
        for sender in (newcomer, *regulars):
            assert receiver.unprotect(sender.send(b"speech"))[0] == OK


@USES
def test_keys_can_be_forgotten_without_forgetting_what_was_heard(
    station: Station, use: Use
) -> None:
    sender, receiver = station.sender(use, SSRC, EPOCH), station.receiver(use)
    packet = sender.send(b"speech")
    assert receiver.hear(packet) == OK
    assert receiver.count_keys() == 1
    receiver.forget_keys()
    assert receiver.count_keys() == 0
    assert receiver.hear(packet) == REPLAYED
    assert receiver.hear(sender.send(b"speech")) == OK


@USES
def test_a_key_that_left_the_keyring_opens_nothing(station: Station, use: Use) -> None:
    sender, receiver = station.sender(use, SSRC, EPOCH), station.receiver(use)
    assert receiver.hear(sender.send(b"speech")) == OK
    station.set_keys((8, KEY))
    assert receiver.hear(sender.send(b"speech")) == UNKNOWN_KEY


# --- the sender -------------------------------------------------------------------------------


@USES
def test_an_index_is_never_used_twice(station: Station, use: Use) -> None:
    """The last ones go out, then nothing, for good."""
    sender, receiver = station.sender(use, SSRC, EPOCH), station.receiver(use)
    sender.start_at(INDEX_LAST[use] - 2)
    packets = [sender.send(b"speech") for _ in range(3)]
    assert [receiver.hear(packet) for packet in packets] == [OK] * 3
    for _ in range(3):
        assert use == "floor" or sender.next_sequence() is None
        for packet in (rtcp(SSRC),) if use == "floor" else (rtp(SSRC, 65535), rtp(SSRC, 0)):
            assert sender.protect(packet) is None


@USES
def test_the_same_text_twice_is_never_the_same_packet(station: Station, use: Use) -> None:
    """Neither under the next index, nor after a reboot, nor from another SSRC."""
    sender = station.sender(use, SSRC, EPOCH)
    first = [sender.send(bytes(32)) for _ in range(3)]
    rebooted = [station.sender(use, SSRC, epoch).send(bytes(32)) for epoch in (EPOCH, b"epochB")]
    other = station.sender(use, SSRC + 1, EPOCH).send(bytes(32))
    texts = [packet[12:40] for packet in (*first, rebooted[1], other)]
    assert len(set(texts)) == len(texts)
    assert rebooted[0] == first[0]  # the epoch alone makes the difference


@USES
def test_the_same_ssrc_and_epoch_under_two_group_keys_are_two_senders(
    station: Station, use: Use
) -> None:
    station.set_keys((7, KEY), (8, KEY[::-1]))
    receiver = station.receiver(use)
    senders = [station.sender(use, SSRC, EPOCH, slot) for slot in (0, 1)]
    for _ in range(3):
        assert [receiver.hear(sender.send(b"speech")) for sender in senders] == [OK, OK]


def test_a_reboot_is_another_sender_and_not_a_replay(station: Station) -> None:
    receiver = station.receiver("media")
    before = station.sender("media", SSRC, EPOCH)
    recorded = [before.send(b"speech") for _ in range(3)]
    assert [receiver.hear(packet) for packet in recorded] == [OK] * 3
    after = station.sender("media", SSRC, b"epochB")
    assert after.next_sequence() == 0
    assert [receiver.hear(after.send(b"speech")) for _ in range(3)] == [OK] * 3
    assert [receiver.hear(packet) for packet in recorded] == [REPLAYED] * 3


def test_a_sender_starts_at_the_first_index_and_counts(station: Station) -> None:
    sender = station.sender("media", SSRC, EPOCH)
    for sequence in range(5):
        assert sender.next_sequence() == sequence
        sender.send(b"speech")
    sender.start_at(65535)
    assert sender.next_sequence() == 65535
    assert sender.send(b"speech")[-2:] == b"\0\0"
    assert sender.next_sequence() == 0
    assert sender.send(b"speech")[-2:] == b"\0\1"
