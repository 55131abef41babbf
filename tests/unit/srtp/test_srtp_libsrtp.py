"""libsrtp opens what we protect and protects what we open, SRTP and SRTCP."""

from __future__ import annotations

import pytest
from libsrtp import REPLAY_FAIL, Session, SrtpError
from srtp_reference import Source
from srtp_station import OK, UNKNOWN_KEY, Station, Use, rtcp, rtp

A = Source(bytes(range(16)), 7, 0x11223344, b"epochA")
A_REBOOTED = Source(A.group_key, A.key_id, A.ssrc, b"epochB")
A_REKEYED = Source(bytes(range(32)), 8, A.ssrc, b"epochC")
SAME_SSRC = Source(A.group_key, A.key_id, A.ssrc, b"epochD")
USES = pytest.mark.parametrize("use", ["media", "floor"])


@pytest.fixture(autouse=True)
def keys(station: Station) -> None:
    station.set_keys((A.key_id, A.group_key), (A_REKEYED.key_id, A_REKEYED.group_key))


def key_of(source: Source, use: Use, roll_over: int = 0) -> tuple[bytes, bytes]:
    return source.master(use), source.mki(roll_over)


def clear(use: Use, source: Source, sequence: int) -> bytes:
    content = b"%05d" % sequence + bytes(28)
    return rtp(source.ssrc, sequence, content) if use == "media" else rtcp(source.ssrc, content)


@USES
def test_libsrtp_opens_ours(station: Station, use: Use) -> None:
    sender = station.sender(use, A.ssrc, A.epoch)
    judge = Session([key_of(A, use)])
    for sequence in range(100):
        packet = clear(use, A, sequence)
        protected = sender.protect(packet)
        assert protected is not None
        assert judge.unprotect(use, protected) == packet
        with pytest.raises(SrtpError) as refused:
            judge.unprotect(use, protected)
        assert refused.value.status == REPLAY_FAIL


@USES
def test_we_open_libsrtps(station: Station, use: Use) -> None:
    receiver = station.receiver(use)
    judge = Session([key_of(A, use)], A.ssrc)
    for sequence in range(100):
        packet = clear(use, A, sequence)
        assert receiver.unprotect(judge.protect(use, packet)) == (OK, packet)


@pytest.mark.parametrize("roll_over", [0, 1, 4])
def test_the_sequence_number_rolls_over(station: Station, roll_over: int) -> None:
    """From just before 65535 on; libsrtp counts its roll-overs itself."""
    sender = station.sender("media", A.ssrc, A.epoch)
    sender.start_at((roll_over << 16) + 65530)
    receiver = station.receiver("media")
    keys = [key_of(A, "media", roll_over), key_of(A, "media", roll_over + 1)]
    judge_sender, judge_receiver = Session(keys, A.ssrc), Session(keys, A.ssrc)
    if roll_over:
        judge_sender.set_roll_over(A.ssrc, roll_over)
        judge_receiver.set_roll_over(A.ssrc, roll_over)
    for i in range(20):
        packet = sender.packet(b"speech")
        ours = sender.protect(packet)
        assert ours is not None and judge_receiver.unprotect("media", ours) == packet
        theirs = judge_sender.protect("media", packet, key=int(i > 5))
        assert theirs == ours
        assert receiver.unprotect(theirs) == (OK, packet)


@pytest.mark.parametrize("roll_over", [1, 5, 65534])
def test_whoever_comes_late_hears_from_the_first_packet(station: Station, roll_over: int) -> None:
    judge = Session([key_of(A, "media", roll_over)], A.ssrc)
    judge.set_roll_over(A.ssrc, roll_over)
    receiver = station.receiver("media")
    for sequence in (30000, 30001, 29999):
        packet = clear("media", A, sequence)
        assert receiver.unprotect(judge.protect("media", packet)) == (OK, packet)


@USES
def test_a_new_group_key_while_the_old_one_is_in_use(station: Station, use: Use) -> None:
    receiver = station.receiver(use)
    old, new = (Session([key_of(source, use)], A.ssrc) for source in (A, A_REKEYED))
    ours = station.sender(use, A.ssrc, A_REKEYED.epoch, slot=1)
    judge = Session([key_of(A, use), key_of(A_REKEYED, use)], A.ssrc)
    for sequence in range(3):
        packet = clear(use, A, sequence)
        for theirs in (old, new):
            assert receiver.unprotect(theirs.protect(use, packet)) == (OK, packet)
        protected = ours.protect(packet)
        assert protected is not None and judge.unprotect(use, protected) == packet
    station.set_keys((A_REKEYED.key_id, A_REKEYED.group_key))
    packet = clear(use, A, 3)
    assert receiver.unprotect(old.protect(use, packet))[0] == UNKNOWN_KEY
    assert receiver.unprotect(new.protect(use, packet)) == (OK, packet)


@USES
@pytest.mark.parametrize("other", [A_REBOOTED, SAME_SSRC], ids=["reboot", "same_ssrc"])
def test_the_same_ssrc_with_another_epoch_is_another_sender(
    station: Station, use: Use, other: Source
) -> None:
    receiver = station.receiver(use)
    judges = {source: Session([key_of(source, use)], source.ssrc) for source in (A, other)}
    for sequence in range(5):
        for source, judge in judges.items():
            packet = clear(use, source, sequence)
            protected = judge.protect(use, packet)
            assert receiver.unprotect(protected) == (OK, packet)
            assert protected[-10:-2] == source.mki()[:8]
