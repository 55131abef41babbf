"""Stands in for the firmware in tests of the bench: a few habits of a handset, on real wires.

Started by the bench like the firmware. What it does is told on its console, one command a line:
reset (exit 64), die TEXT (error text and exit 3), quit TEXT (console text and exit 5), crash
(signal), gnss 0|1 (receiver power), echo TEXT, fds (open file descriptors), child (starts one).
A pressed ptt lights the led and sends one datagram on media and one on floor; what arrives by air
or GNSS is written on the console. Its audio device plays what the microphone hears.
"""

import json
import mmap
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time

BUTTON_LIGHTS = {"ptt=1": "led=talk", "ptt=0": "led=idle", "geo=1": "geo_led=on"}
FRAME = 320
SPEAKER_AHEAD = 960


class AudioDevice:
    """Plays the microphone back: frame [p, p+320) at p+960, when it is due."""

    def __init__(self, path: str) -> None:
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 0)
        _, self.rate, self.capacity, self.t0_ns = struct.unpack_from("<8sIIq", self.map)
        tracks = memoryview(self.map)[4096:].cast("h")
        self.mic, self.speaker = tracks[: self.capacity], tracks[self.capacity :]
        elapsed_ns = time.monotonic_ns() - self.t0_ns
        self.next = elapsed_ns * self.rate // 1_000_000_000 // FRAME * FRAME

    def wait_s(self) -> float:
        due_ns = self.t0_ns + (self.next + FRAME) * 1_000_000_000 // self.rate
        return (due_ns - time.monotonic_ns()) / 1e9

    def tick(self) -> None:
        for i in range(self.next, self.next + FRAME):
            at = i & (self.capacity - 1)
            self.speaker[(i + SPEAKER_AHEAD) & (self.capacity - 1)] = self.mic[at]
            self.mic[at] = 0
        self.next += FRAME
        struct.pack_into("<Q", self.map, 24, self.next)


def main() -> None:
    with open(os.environ["HANDSET_WIRING"], encoding="ascii") as file:
        wiring = json.load(file)
    pins = socket.socket(fileno=wiring["pins_fd"])
    gnss = wiring["gnss_fd"]
    media = socket.socket(fileno=wiring["media_fd"])
    floor = socket.socket(fileno=wiring["floor_fd"])
    audio = AudioDevice(wiring["acoustics"])
    pins.send(b"led=idle")
    say("boot " + wiring["identity"]["serial_number"])
    pins.send(b"ready=1")
    while True:
        while (wait_s := audio.wait_s()) <= 0:
            audio.tick()
        readable, _, _ = select.select([0, pins, gnss, media, floor], [], [], wait_s)
        if 0 in readable:
            for line in os.read(0, 4096).splitlines():
                obey(line.decode(), pins)
        if pins in readable:
            press(pins.recv(256).decode(), pins, media, floor)
        if gnss in readable:
            say("gnss " + repr(os.read(gnss, 4096)))
        for name, sock in (("media", media), ("floor", floor)):
            if sock in readable:
                say(f"{name} {sock.recv(2048)!r}")


def say(text: str) -> None:
    os.write(1, text.encode() + b"\n")


def obey(line: str, pins: socket.socket) -> None:
    word, _, rest = line.partition(" ")
    if word == "reset":
        os._exit(64)
    if word == "die":
        sys.stderr.write(rest + "\n")
        sys.stderr.flush()
        os._exit(3)
    if word == "quit":
        say(rest)
        os._exit(5)
    if word == "crash":
        os.kill(os.getpid(), signal.SIGABRT)
    if word == "gnss":
        pins.send(f"gnss_power={rest}".encode())
    if word == "echo":
        say(rest)
    if word == "fds":
        say("fds " + " ".join(sorted(os.listdir("/proc/self/fd"), key=int)))
    if word == "child":
        say(f"child {subprocess.Popen(['tail', '-f', '/dev/null']).pid}")


def press(edge: str, pins: socket.socket, media: socket.socket, floor: socket.socket) -> None:
    if edge in BUTTON_LIGHTS:
        pins.send(BUTTON_LIGHTS[edge].encode())
    if edge == "ptt=1":
        floor.send(b"floor request")
        media.send(b"a frame of speech")


main()
