"""The floor channel sorts RTCP APP packets by name; everything else is counted and dropped."""

from __future__ import annotations

from hypothesis import given, strategies

from handset.onair import FloorChannel


def channel() -> tuple[FloorChannel, list[bytes]]:
    received: list[bytes] = []
    handlers = {b"MCPT": lambda buf, n_bytes: received.append(bytes(buf[:n_bytes]))}
    return FloorChannel(object(), object(), handlers, 256), received


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


class Guard:
    """Protects by one byte in front, which must be there to be opened."""

    MARK = 0xA5

    def protect_floor(self, buf: bytearray, n_bytes: int) -> int:
        buf[1 : n_bytes + 1] = buf[:n_bytes]
        buf[0] = self.MARK
        return n_bytes + 1

    def open_floor(self, buf: bytearray, n_bytes: int) -> int:
        if not n_bytes or buf[0] != self.MARK:
            return 0
        buf[: n_bytes - 1] = buf[1:n_bytes]
        return n_bytes - 1


class Bearer:
    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, buf: bytearray, n_bytes: int) -> bool:
        self.sent.append(bytes(buf[:n_bytes]))
        return True


def test_protected_packets_go_out_and_come_in_through_the_guard() -> None:
    received: list[bytes] = []
    handlers = {b"MCPT": lambda buf, n_bytes: received.append(bytes(buf[:n_bytes]))}
    bearer = Bearer()
    air = FloorChannel(bearer, Guard(), handlers, 256)
    air.is_protected = True
    packet = app_packet(b"MCPT")
    air.send(packet, len(packet))
    assert bearer.sent == [bytes([Guard.MARK]) + packet]
    assert packet == app_packet(b"MCPT"), "the sender's buffer is its own"

    on_air = bytearray(bearer.sent[0])
    air.receive(on_air, len(on_air))
    assert received == [bytes(packet)]
    air.receive(packet, len(packet))
    assert (received, air.refused, air.ignored) == ([bytes(packet)], 1, 0)


def test_what_cannot_be_protected_is_not_sent() -> None:
    class UsedUp(Guard):
        def protect_floor(self, buf: bytearray, n_bytes: int) -> int:
            return 0

    bearer = Bearer()
    air = FloorChannel(bearer, UsedUp(), {}, 256)
    air.is_protected = True
    air.send(app_packet(b"MCPT"), 12)
    assert (bearer.sent, air.send_failed) == ([], 1)
