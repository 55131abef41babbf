"""What makes somebody a member of the group, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ports.common import group_traffic


def rtcp(packet_type, n_words):
    return bytes((0x80, packet_type, 0, n_words - 1)) + bytes(4 * n_words - 4)


def test_a_hello_is_an_empty_receiver_report():
    assert rtcp(201, 2) == group_traffic.HELLO
    assert group_traffic.is_hello(bytearray(group_traffic.HELLO), 8)
    assert group_traffic.is_rtcp(bytearray(group_traffic.HELLO), 8)


@pytest.mark.parametrize("packet", [rtcp(204, 2), rtcp(201, 3), b"", rtcp(201, 2)[:7]])
def test_what_says_something_is_no_hello(packet):
    assert not group_traffic.is_hello(bytearray(packet), len(packet))


@given(st.integers(200, 204), st.integers(2, 250))
def test_rtcp_is_as_long_as_it_says(packet_type, n_words):
    packet = bytearray(rtcp(packet_type, n_words))
    assert group_traffic.is_rtcp(packet, len(packet))
    assert not group_traffic.is_rtcp(packet, len(packet) - 1)


@pytest.mark.parametrize(
    "packet", [b"", b"\x80\xcc\x00", rtcp(199, 2), rtcp(205, 2), b"\x40" + rtcp(204, 3)[1:]]
)
def test_what_strays_to_the_floor_port(packet):
    assert not group_traffic.is_rtcp(bytearray(packet), len(packet))


def test_rtp_is_known_by_its_version():
    packet = bytearray(b"\x80" + bytes(45))
    assert group_traffic.is_rtp(packet, 46) and group_traffic.is_rtp(packet, 12)
    assert not group_traffic.is_rtp(packet, 11)
    assert not group_traffic.is_rtp(bytearray(46), 46)
    # A buffer keeps what was in it before.
    assert not group_traffic.is_rtp(packet, 0)
