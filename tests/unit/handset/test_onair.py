"""The floor channel sorts RTCP APP packets by name; everything else is counted and dropped."""

from __future__ import annotations

from hypothesis import given, strategies

from handset.onair import FloorChannel


def channel() -> tuple[FloorChannel, list[bytes]]:
    received: list[bytes] = []
    handlers = {b"MCPT": lambda buf, n_bytes: received.append(bytes(buf[:n_bytes]))}
    return FloorChannel(object(), handlers, 256), received


def app_packet(name: bytes, first: int = 0x80, packet_type: int = 204) -> bytearray:
    return bytearray([first, packet_type, 0, 2, 1, 2, 3, 4]) + name


def test_known_name_reaches_its_handler() -> None:
    air, received = channel()
    packet = app_packet(b"MCPT")
    air.dispatch(packet, len(packet))
    assert received == [bytes(packet)]
    assert (air.received, air.ignored) == (1, 0)


def test_unknown_name_version_type_or_length_is_counted() -> None:
    air, received = channel()
    strangers = (
        app_packet(b"XXXX"),
        app_packet(b"MCPT", first=0x40),
        app_packet(b"MCPT", packet_type=200),
        app_packet(b"MCP"),
    )
    for packet in strangers:
        air.dispatch(packet, len(packet))
    assert received == []
    assert air.ignored == len(strangers)


@given(strategies.binary(max_size=64))
def test_any_bytes_are_received_or_ignored(data: bytes) -> None:
    air, received = channel()
    air.dispatch(bytearray(data), len(data))
    assert air.received + air.ignored == 1
    assert len(received) == air.received
