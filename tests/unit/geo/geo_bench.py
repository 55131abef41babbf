"""Helpers of the geolocation tests: sentences, recordings of real receivers, a clock."""

from pathlib import Path

RECORDINGS = Path(__file__).resolve().parents[3] / "build/third_party/gpsd/test/daemon"
# A walk: a receiver without a fix finds one, then someone goes west, south and back.
WALK = RECORDINGS / "haicom-305N.log"
_PERIOD = 1 << 30


def sentence(body):
    """`body` between '$' and '*', framed with its checksum."""
    checksum = 0
    for byte in body.encode():
        checksum ^= byte
    return b"$%s*%02X\r\n" % (body.encode(), checksum)


def rmc(time="120000", status="A", lat="4850.0000,N", lon="00220.0000,E", date="010125", **more):
    speed = more.get("speed", "2.0")
    course = more.get("course", "90.0")
    return sentence(f"GNRMC,{time},{status},{lat},{lon},{speed},{course},{date},,,{status}")


def gga(time="120000", quality="1", lat="4850.0000,N", lon="00220.0000,E", **more):
    hdop = more.get("hdop", "0.9")
    altitude = more.get("altitude", "35.0")
    satellites = more.get("satellites", "08")
    return sentence(f"GNGGA,{time},{lat},{lon},{quality},{satellites},{hdop},{altitude},M,47.0,M,,")


def recordings():
    """Every recording of gpsd's regression tests, by name."""
    found = sorted(RECORDINGS.glob("*.log"))
    assert found, f"no recordings in {RECORDINGS}: run `make fetch`"
    return found


class WrappingClock:
    """MicroPython's ticks: they wrap at 2**30, soon after the start of a test."""

    def __init__(self):
        self.now_ms = _PERIOD - 7_000

    def ticks_ms(self):
        return self.now_ms % _PERIOD

    def ticks_diff(self, end_ms, start_ms):
        return (end_ms - start_ms + _PERIOD // 2) % _PERIOD - _PERIOD // 2

    def ticks_add(self, ticks_ms, delta_ms):
        return (ticks_ms + delta_ms) % _PERIOD
