"""The NMEA parser and its service under MicroPython: no heap for a byte, a sentence or an epoch."""

import micropython

from handset.floor.participant import Participant
from handset.geo.nmea import Parser
from handset.geo.service import GeoService


def _sentence(body):
    checksum = 0
    for byte in body.encode():
        checksum ^= byte
    return b"$%s*%02X\r\n" % (body.encode(), checksum)


_EPOCHS = b"".join(
    (
        _sentence("GNRMC,120000.00,V,,,,,,,010125,,,N"),
        _sentence("GNGGA,120000.00,,,,,0,00,99.99,,,,,,"),
        _sentence("GNGGA,120001.00,8959.9999999,S,17959.9999999,W,1,08,0.95,-35.123,M,47.0,M,,"),
        _sentence("GNRMC,120001.00,A,8959.9999999,S,17959.9999999,W,2299.999,359.99,010125,,,A"),
        _sentence("GPGSV,3,1,12,24,58,220,,26,17,053,,29,20,063,,30,60,311,44"),
        _sentence("PUBX,00,120001.00"),
        _sentence("GNRMC,120002.00,A,9999.0,S,17959.0,W,1,2,010125,,,A"),
        _sentence("GNRMC,120003.00,A,4850.0,N,00220.0,E,1.2.3,2,010125,,,A"),
        _sentence("GNRMC" + "," * 60),
        b"$GNRMC,120003.00,A,4850.0*00\r\n$GNRMC,12\x00$" + b"9" * 200 + b"\r\n",
        bytes(range(256)),
        b"\r\n",
        _sentence("GNRMC,120004.00,A,4850.1234,N,00220.5678,E,2.5,90.0,010125,,,A"),
        _sentence("GNGGA,120004.00,4850.1234,N,00220.5678,E,1,08,0.95,35.1,M,47.0,M,,"),
    )
)


def _locked(work):
    """Run `work()`, its first time included, with the heap locked: MemoryError if it allocates."""
    micropython.heap_lock()
    try:
        work()
    finally:
        micropython.heap_unlock()


def test_parsing_allocates_nothing():
    parser = Parser()
    _locked(lambda: parser.feed(_EPOCHS, len(_EPOCHS)))
    assert parser.commits == 2, parser.commits
    assert parser.bad_fields == 3, parser.bad_fields
    assert (parser.fix.lat_e7(), parser.fix.lon_e7()) == (488353900, 23427967)


def test_parsing_byte_by_byte_allocates_nothing():
    parser = Parser()
    byte = bytearray(1)

    def work():
        for i in range(len(_EPOCHS)):
            byte[0] = _EPOCHS[i]
            parser.feed(byte, 1)

    _locked(work)
    assert parser.commits == 2, parser.commits


def test_the_lock_would_notice():
    parser = Parser()
    parser.feed(_EPOCHS, len(_EPOCHS))
    try:
        _locked(lambda: parser.feed(bytearray(_EPOCHS), len(_EPOCHS)))
    except MemoryError:
        return
    raise AssertionError("allocated with the heap locked")


class _Clock:
    def __init__(self):
        self.now_ms = 0

    def ticks_ms(self):
        return self.now_ms

    def ticks_diff(self, end_ms, start_ms):
        return end_ms - start_ms

    def ticks_add(self, ticks_ms, delta_ms):
        return ticks_ms + delta_ms


def _nothing(*_arguments, **_facts):
    pass


def test_bytes_between_two_reports_allocate_nothing():
    sent = []
    service = GeoService(1, "sip:a", _Clock(), lambda buf, n: sent.append(n), _nothing, _nothing)
    service.agent_toggle()
    tail = _EPOCHS[-160:]
    service.gnss_bytes(_EPOCHS, len(_EPOCHS))
    assert len(sent) == 1
    _locked(lambda: service.gnss_bytes(tail, len(tail)))
    assert len(sent) == 1


def test_bytes_while_off_allocate_nothing():
    service = GeoService(1, "sip:a", _Clock(), _nothing, _nothing, _nothing)
    _locked(lambda: service.gnss_bytes(_EPOCHS, len(_EPOCHS)))
    assert service.parser.sentences == 0


def test_media_of_the_speaker_allocates_nothing():
    clock = _Clock()
    floor = Participant(1, "sip:a", clock, _nothing, _nothing)
    floor.media(77)

    def work():
        for _ in range(100):
            clock.now_ms += 20
            floor.media(77)
            floor.media(78)
            floor.media(1)
            floor.tick()
            floor.next_deadline_ms()
            floor.is_busy()

    _locked(work)
    assert floor.arbitrator_ssrc == 77
