"""One virtual handset: the wiring of its process, and the bench's side of every wire."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from handsetctl.bench.acoustics import Acoustics
from handsetctl.bench.console import Console
from handsetctl.bench.faults import CrashReport, HandsetCrashed, switched_off
from handsetctl.bench.gnss import GnssPort
from handsetctl.bench.interface import AUDIO_RATE_HZ, BenchHandset, Edge, Samples
from handsetctl.bench.loop import BenchLoop
from handsetctl.bench.machines.machine import Machine, Wires
from handsetctl.bench.pins import Pins, drain_datagrams
from handsetctl.bench.process import FirmwareProcess, Launch
from handsetctl.bench.room import sine
from handsetctl.bench.tape import Tape
from handsetctl.errors import BenchError


@dataclass(frozen=True)
class HandsetSetup:
    """What makes one virtual handset this one."""

    name: str
    state_dir: Path
    """Holds flash.bin and device_secret.bin, which are kept, acoustics.tape, a link "console"."""
    machine: Machine
    identity: Mapping[str, str]
    flash_bytes: int
    t0_ns: int
    air_media_port: int
    air_floor_port: int


class VirtualHandset(BenchHandset):
    """A handset whose board is a process on this machine."""

    def __init__(self, loop: BenchLoop, setup: HandsetSetup) -> None:
        """Lay every wire; the power is off."""
        self._loop = loop
        self._setup = setup
        self.state_dir = setup.state_dir
        self._subject = f"handset {setup.name}"
        self._crash: CrashReport | None = None
        self._bench_fault: Callable[[], BenchError] | None = None
        self._powered = False
        setup.state_dir.mkdir(parents=True, exist_ok=True)
        _make_flash(setup.state_dir / "flash.bin", setup.flash_bytes)
        self.tape = Tape.create(setup.state_dir / "acoustics.tape", setup.t0_ns)
        self.acoustics = Acoustics(loop, self.tape)
        self.console = Console(setup.state_dir / "console")
        self.pins = Pins(self._subject)
        self.gnss = GnssPort(
            loop, lambda: self.pins.log.value("gnss_power") == "1", setup.machine.gnss_kind
        )
        self._media = _air_socket(setup.air_media_port)
        self._floor = _air_socket(setup.air_floor_port)
        loop.call(lambda: loop.add_reader(self.pins.fileno(), self.pins.read_edges))
        self._process = FirmwareProcess(
            setup.name,
            loop,
            self._launch(),
            self._before_boot,
            self._came_up,
            self._after_exit,
        )

    @property
    def name(self) -> str:
        return self._setup.name

    @property
    def port(self) -> str:
        return self.console.port

    @property
    def state(self) -> str:
        """ "off", "on" or "crashed"."""
        if self._crash is not None:
            return "crashed"
        return "on" if self._powered else "off"

    @property
    def crash(self) -> CrashReport | None:
        """The unexpected end of the firmware since the last power_on, if there was one."""
        return self._crash

    @property
    def boots(self) -> int:
        """How often the firmware was started."""
        return self._process.boots

    @property
    def pid(self) -> int | None:
        """Process id of the firmware while it runs."""
        return self._process.pid

    @property
    def air_ports(self) -> tuple[int, int]:
        """Local UDP ports of the handset's radio: media, floor."""
        return self._media.getsockname()[1], self._floor.getsockname()[1]

    # Buttons and outputs

    def press(self, button: str) -> float:
        return self.pins.drive(button, "1")

    def release(self, button: str) -> float:
        return self.pins.drive(button, "0")

    def output(self, name: str) -> str:
        return self.pins.log.value(name)

    def history(self, name: str | None = None, since: float | None = None) -> list[Edge]:
        return self.pins.log.history(name, since)

    def wait_output(
        self, name: str, value: str, timeout_s: float, since: float | None = None
    ) -> float:
        return self.pins.log.wait(name, value, timeout_s, since)

    # Sound

    def say(self, samples: Samples, at_s: float | None = None) -> float:
        return self.acoustics.say(samples, at_s)

    def say_tone(
        self,
        frequency_hz: float,
        duration_s: float,
        level_dbfs: float = -12.0,
        at_s: float | None = None,
    ) -> float:
        return self.say(sine(frequency_hz, duration_s, level_dbfs, AUDIO_RATE_HZ), at_s)

    def hear(self, start_s: float, end_s: float) -> Samples:
        return self.acoustics.hear(start_s, end_s, self.check)

    # Sky

    def gnss_play(self, lines: Iterable[str], rate: float = 1.0) -> None:
        self.gnss.play(lines, rate)

    def gnss_stop(self) -> None:
        self.gnss.stop()

    # Power

    def power_off(self) -> None:
        self._loop.call(self._cut_power)

    def power_on(self) -> None:
        self.check()
        self._loop.call(self._give_power)

    def reset(self) -> None:
        def work() -> None:
            self._cut_power()
            self._give_power()

        self._loop.call(work)

    def check(self) -> None:
        if self._crash is not None:
            raise HandsetCrashed(self._crash)
        if self._bench_fault is not None:
            raise self._bench_fault()

    def check_on(self) -> None:
        """Raise BenchError unless the firmware runs: HandsetCrashed, or that it is off."""
        self.check()
        if not self._powered:
            raise switched_off(self.name)

    def bench_failed(self, fault: Callable[[], BenchError]) -> None:
        """Something all handsets need is gone: waits and checks raise what ``fault`` makes."""
        self._bench_fault = fault
        self.pins.log.fail(fault)

    def close(self) -> None:
        """Switch off and give back what only the loop's thread may touch. Loop thread only."""
        self._process.kill()
        self.acoustics.close()
        self._loop.remove_reader(self.pins.fileno())
        self.pins.close()
        self.gnss.close()
        self._media.close()
        self._floor.close()
        self.console.close()
        self.tape.close()

    def _launch(self) -> Launch:
        state_dir = self.state_dir.resolve()
        wires = Wires(
            pins_fd=self.pins.handset_end.fileno(),
            gnss_fd=self.gnss.handset_end.fileno(),
            media_fd=self._media.fileno(),
            floor_fd=self._floor.fileno(),
            flash=state_dir / "flash.bin",
            acoustics=state_dir / "acoustics.tape",
            t0_ns=self._setup.t0_ns,
            identity=self._setup.identity,
            state_dir=state_dir,
        )
        return Launch(
            invocation=self._setup.machine.invocation(wires),
            directory=state_dir,
            console=self.console,
            inherited_fds=wires.inherited_fds,
        )

    def _give_power(self) -> None:
        if self._powered:
            return
        self.console.drop_input()
        self._process.start()
        self._powered = True

    def _cut_power(self) -> None:
        self._process.kill()
        self._powered = False
        self._crash = None
        self.pins.log.fail(self._bench_fault)

    def _before_boot(self) -> None:
        self.gnss.drain()
        drain_datagrams(self._media)
        drain_datagrams(self._floor)
        self.pins.power()

    def _came_up(self) -> bool:
        self.pins.read_edges()
        return self.pins.log.value("ready") == "1"

    def _after_exit(self, report: CrashReport | None) -> None:
        self.acoustics.device_stopped()
        self.pins.unpower()
        if report is not None:
            self._powered = False
            self._crash = report
            self.pins.log.fail(lambda: HandsetCrashed(report))


def _air_socket(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.connect(("127.0.0.1", port))
    return sock


def _make_flash(path: Path, size_bytes: int) -> None:
    """Erased NOR flash reads as ones. An image that is there is the handset's memory: keep it."""
    if not path.exists():
        path.write_bytes(b"\xff" * size_bytes)
    elif path.stat().st_size != size_bytes:
        raise BenchError(
            f"the flash image has {path.stat().st_size} bytes, the board's flash {size_bytes}",
            str(path),
            "delete it to start with an erased flash",
        )
