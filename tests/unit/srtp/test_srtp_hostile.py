"""What is not as its sender made it is refused, and says why."""

from __future__ import annotations

import pytest
from srtp_station import (
    BUSY,
    DERIVATIONS_PER_TICK,
    FORGED,
    HEADER,
    MALFORMED,
    OK,
    OVERHEAD,
    REPLAYED,
    STALE,
    UNKNOWN_KEY,
    Receiver,
    Sender,
    Station,
    Use,
    rtcp,
    rtp,
)

KEY = bytes(range(16))
SSRC = 0x11223344
EPOCH = b"epochA"
TEXT = bytes(range(0x40, 0x40 + 36))
USES = pytest.mark.parametrize("use", ["media", "floor"])


@pytest.fixture(autouse=True)
def keys(station: Station) -> None:
    station.set_keys((7, KEY), (8, KEY[::-1]))


def a_pair(station: Station, use: Use) -> tuple[Sender, Receiver]:
    """They have heard of each other."""
    sender, receiver = station.sender(use, SSRC, EPOCH), station.receiver(use)
    assert receiver.hear(sender.send(TEXT)) == OK
    return sender, receiver


def flipped(packet: bytes, bit: int) -> bytes:
    changed = bytearray(packet)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


@USES
@pytest.mark.parametrize("known", [True, False], ids=["known", "new"])
def test_no_bit_may_be_another(station: Station, use: Use, known: bool) -> None:
    """An index that was heard or is old is refused for that, before the tag is looked at."""
    sender, receiver = a_pair(station, use)
    packet = sender.send(TEXT)
    if not known:
        receiver = station.receiver(use)
    for bit in range(8 * len(packet)):
        receiver.tick()
        result, rest = receiver.unprotect(flipped(packet, bit))
        assert result in (FORGED, MALFORMED, UNKNOWN_KEY, REPLAYED, STALE), bit
        assert result not in (REPLAYED, STALE) or known
        assert TEXT not in rest
    assert receiver.hear(packet) == OK


@USES
def test_which_part_was_changed_tells_the_reason(station: Station, use: Use) -> None:
    sender, receiver = a_pair(station, use)
    packet = sender.send(TEXT)
    tag, mki = 8 * (len(packet) - OVERHEAD[use]), 8 * (len(packet) - 10)
    reasons = {0: MALFORMED, 8: FORGED, 8 * HEADER[use]: FORGED, tag: FORGED}  # version, type, text
    reasons |= {mki: UNKNOWN_KEY, mki + 16: FORGED}  # key id, epoch
    if use == "media":
        sequence, ssrc, roll_over = 16, 64, mki + 64
        reasons |= {sequence: FORGED, ssrc: FORGED, roll_over: FORGED}
    else:
        ssrc, encrypted, index, reserved = 32, mki - 32, mki - 31, mki + 64
        reasons |= {ssrc: FORGED, encrypted: MALFORMED, index: FORGED, reserved: MALFORMED}
    for bit, reason in reasons.items():
        assert receiver.hear(flipped(packet, bit)) == reason, bit


@USES
def test_no_length_but_its_own_is_accepted(station: Station, use: Use) -> None:
    sender, receiver = a_pair(station, use)
    packet = sender.send(TEXT)
    for n_bytes in range(len(packet)):
        result = receiver.hear(packet[:n_bytes])
        assert result != OK, n_bytes
        assert result == MALFORMED or n_bytes >= HEADER[use] + OVERHEAD[use]
    for more in (b"\0", bytes(16), packet):
        assert receiver.hear(packet + more) != OK
    assert receiver.hear(packet) == OK


def test_headers_that_do_not_fit_are_malformed(station: Station) -> None:
    """CSRC list or extension would reach into the tag, or beyond the packet."""
    receiver = station.receiver("media")
    trailer = bytes(16) + (7).to_bytes(2, "big") + bytes(8)
    for first, extra in (
        (0x81, b""),
        (0x8F, bytes(59)),
        (0x90, b""),
        (0x90, b"\xbe\xde\0"),
        (0x90, b"\xbe\xde\0\1"),
        (0x90, b"\xbe\xde\xff\xff" + bytes(100)),
        (0x00, b""),
        (0x40, b""),
        (0xC0, b""),
    ):
        assert receiver.hear(rtp(SSRC, 0, extra=extra, first=first) + trailer) == MALFORMED
    whole = rtp(SSRC, 0, extra=bytes(60), first=0x8F) + trailer
    assert receiver.hear(whole) == FORGED


@USES
def test_another_groups_packets_are_not_opened(station: Station, use: Use) -> None:
    """Neither under an id of theirs nor under one of ours; and no key of theirs is kept."""
    receiver = station.receiver(use)
    station.set_keys((9, bytes(32)), (7, bytes(32)))
    theirs = [station.sender(use, SSRC, EPOCH, slot).send(TEXT) for slot in (0, 1)]
    station.set_keys((7, KEY), (8, KEY[::-1]))
    assert [receiver.hear(packet) for packet in theirs] == [UNKNOWN_KEY, FORGED]
    assert receiver.count_keys() == 0


def test_an_empty_keyring_opens_nothing(station: Station) -> None:
    packet = station.sender("media", SSRC, EPOCH).send(TEXT)
    station.set_keys()
    assert station.receiver("media").hear(packet) == UNKNOWN_KEY


def test_media_and_floor_have_different_keys(station: Station) -> None:
    """With the same group key, SSRC, epoch and index: zeros do not look the same."""
    media = station.sender("media", SSRC, EPOCH).send(bytes(32))
    floor = station.sender("floor", SSRC, EPOCH).send(bytes(32))
    # From the fifth byte of the text on; before it is the name of the floor message.
    assert media[16:44] != floor[12:40]
    # As the other's packets they are forgeries.
    as_floor = rtcp(SSRC)[:8] + media[12:-10] + b"\x80\0\0\0" + media[-10:]
    as_media = rtp(SSRC, 0) + floor[8:-14] + floor[-10:]
    assert station.receiver("floor").hear(as_floor) == FORGED
    assert station.receiver("media").hear(as_media) == FORGED


def made_up(use: Use, ssrc: int) -> bytes:
    """A packet of a talker who does not exist, under our key's id."""
    mki = (7).to_bytes(2, "big") + bytes(8)
    if use == "media":
        return rtp(ssrc, 0, TEXT) + bytes(16) + mki
    return rtcp(ssrc, TEXT) + bytes(16) + b"\x80\0\0\0" + mki


@USES
def test_a_flood_of_made_up_talkers_costs_little_and_interrupts_nobody(
    station: Station, use: Use
) -> None:
    sender, receiver = a_pair(station, use)
    receiver.tick()
    n_tried = 0
    for ssrc in range(50):
        result, _ = receiver.unprotect(made_up(use, ssrc))
        n_tried += result == FORGED
        assert result in (FORGED, BUSY)
        assert receiver.unprotect(sender.send(TEXT))[0] == OK
    assert n_tried == DERIVATIONS_PER_TICK
    late = station.sender(use, SSRC + 1, EPOCH)
    assert receiver.unprotect(late.send(TEXT))[0] == BUSY
    receiver.tick()
    assert receiver.unprotect(late.send(TEXT))[0] == OK


@USES
def test_the_sender_refuses_what_it_may_not_send(station: Station, use: Use) -> None:
    sender = station.sender(use, SSRC, EPOCH)
    good = sender.packet(TEXT)
    n_protected = len(good) + OVERHEAD[use]
    refused = [b"", good[: HEADER[use] - 1], flipped(good, 0)]
    refused.append(sender.packet(TEXT).replace(SSRC.to_bytes(4, "big"), bytes(4)))
    if use == "media":
        refused += [rtp(SSRC, 1, TEXT), rtp(SSRC, 65535, TEXT), rtp(SSRC, 0, first=0x90)]
    for packet in refused:
        for capacity in (0, len(packet), 200):
            assert sender.protect(packet, capacity) is None
    for capacity in (0, len(good), n_protected - 1):
        assert sender.protect(good, capacity=capacity) is None
    protected = sender.protect(good, capacity=n_protected)
    assert protected is not None and len(protected) == n_protected
    assert station.receiver(use).unprotect(protected) == (OK, good)


@USES
def test_a_forgotten_sender_sends_nothing(station: Station, use: Use) -> None:
    sender = station.sender(use, SSRC, EPOCH)
    packet = sender.packet(TEXT)
    station.ask("forget_sender", sender.number)
    assert sender.protect(packet) is None
    assert use == "floor" or sender.next_sequence() is None
