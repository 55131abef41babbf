"""Run as a process: the firmware's link on an inherited pty master or listening TCP socket.

Arguments: "pty" or "tcp", the file descriptor, the number of this boot.
"""

import asyncio
import os
import socket
import sys
import time

from handset.link.handset_group import HandsetGroup
from handset.link.link import Link
from handset.link.os_group import OsGroup
from handset.link.server import EBUSY, EINVAL, CommandError, Server
from handset.link.statistics_group import StatisticsGroup

RESET_EXIT_CODE = 64
POSITION = {"lat_deg_e7": 488566000, "lon_deg_e7": -23522000, "utc_ms": 1763775720250, "age_ms": 40}


class FdConsole:
    def __init__(self, fd):
        os.set_blocking(fd, False)
        self._fd = fd

    async def read(self, buf):
        while True:
            try:
                data = os.read(self._fd, len(buf))
            except BlockingIOError:
                await self._wait(asyncio.get_running_loop().add_reader, "remove_reader")
                continue
            if not data:
                sys.exit(0)
            buf[: len(data)] = data
            return len(data)

    def write(self, buf, offset, n_bytes):
        try:
            return os.write(self._fd, bytes(buf[offset : offset + n_bytes]))
        except BlockingIOError:
            return 0

    async def writable(self):
        await self._wait(asyncio.get_running_loop().add_writer, "remove_writer")

    async def _wait(self, add, remove):
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        add(self._fd, ready.set)
        try:
            await ready.wait()
        finally:
            getattr(loop, remove)(self._fd)


class Clock:
    def __init__(self):
        self._offset_ms = 0

    def ticks_ms(self):
        return time.monotonic_ns() // 1_000_000

    def ticks_diff(self, end_ms, start_ms):
        return end_ms - start_ms

    def utc_ms(self):
        return time.time_ns() // 1_000_000 + self._offset_ms

    def set_utc_ms(self, utc_ms):
        self._offset_ms = utc_ms - time.time_ns() // 1_000_000


class Handset:
    """Canned facts, one codec setting that can be written."""

    def __init__(self, link, boot):
        self._link = link
        self._boot = boot
        self._codec = {"name": "amrwb", "bitrate_bps": 12650, "dtx": False}

    def providers(self):
        names = ("identity", "floor", "geo", "codec", "set_codec", "memory")
        return {name: getattr(self, name) for name in names}

    def statistics(self):
        return {"voice": self._voice_stats, "link": self._link.stats}

    def identity(self, request):
        return {
            "serial_number": "SIM-0001",
            "user_id": "sip:a@sim.invalid",
            "firmware": "0.1.0",
            "board": "child",
            "chip": "none",
            "micropython": "",
            "capabilities": ["boot-%d" % self._boot],
            "codecs": ["amrwb", "opus"],
            "heap_bytes": 262144,
        }

    def _voice_stats(self):
        return {"tx_frames": 10, "rx_lost": 0}

    def floor(self, request):
        return {"state": "silence", "talker": "", "protected": False}

    def geo(self, request):
        heard = [dict(POSITION, user_id="sip:b@sim.invalid")]
        return {"enabled": True, "fix": False, "own": None, "heard": heard}

    def codec(self, request):
        return self._codec

    def set_codec(self, request):
        if request["name"] not in ("amrwb", "opus"):
            raise CommandError(EINVAL, "no codec %r" % request["name"])
        if request["bitrate_bps"] == 1:
            raise CommandError(EBUSY, "talking", 3)
        self._codec = request
        return self._codec

    def memory(self, request):
        return {
            "heap_free_bytes": 1,
            "heap_used_bytes": 2,
            "alloc_total_bytes": 3,
            "heap_bytes_in_voice_path": 0,
            "frames_in_voice_path": 50,
        }


OS_INFO = {
    "kernel": "MicroPython",
    "node": "SIM-0001",
    "release": "1.26.1",
    "version": "0.1.0",
    "build_date": "today",
    "machine": "none",
    "processor": "none",
    "platform": "child",
    "os": "handset",
}


async def _chatter(link):
    """A log line every few milliseconds, so that answers always travel among text."""
    n = 0
    while True:
        link.log("chatter %d" % n)
        n += 1
        await asyncio.sleep(0.005)


async def _main(fd, boot):
    server = Server()
    clock = Clock()
    link = Link(FdConsole(fd), server, clock, lambda: sys.exit(RESET_EXIT_CODE), stall_ms=200)
    OsGroup(clock, link.request_reset, OS_INFO).register(server)
    handset = Handset(link, boot)
    HandsetGroup(handset.providers()).register(server)
    StatisticsGroup(handset.statistics()).register(server)
    link.log("boot %d" % boot)
    await asyncio.gather(link.run(), _chatter(link))


if __name__ == "__main__":
    console_fd = int(sys.argv[2])
    if sys.argv[1] == "tcp":
        console_fd = socket.socket(fileno=console_fd).accept()[0].detach()
    asyncio.run(_main(console_fd, int(sys.argv[3])))
