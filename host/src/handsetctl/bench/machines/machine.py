"""What every kind of machine has in common: the wires it is given, and how it is started."""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from handsetctl.bench.machines.device_secret import device_secret
from handsetctl.bench.places import BoardFacts, build_dir
from handsetctl.errors import BenchError


@dataclass(frozen=True)
class Wires:
    """The handset's ends of what the bench laid to one handset. Descriptors are inherited."""

    pins_fd: int
    gnss_fd: int
    media_fd: int
    floor_fd: int
    flash: Path
    acoustics: Path
    t0_ns: int
    """Instant of the tape's sample 0, CLOCK_MONOTONIC."""
    identity: Mapping[str, str]
    """serial_number and user_id."""
    state_dir: Path
    """For files of the machine's own."""

    @property
    def inherited_fds(self) -> tuple[int, ...]:
        """What the process must not lose when it starts."""
        return self.pins_fd, self.gnss_fd, self.media_fd, self.floor_fd

    @property
    def device_secret(self) -> Path:
        """A file beside the flash, made when it is first asked for."""
        return device_secret(self.flash)


@dataclass(frozen=True)
class Invocation:
    """The command line that starts the firmware, and its environment."""

    command: Sequence[str]
    environment: Mapping[str, str]
    console_log: Path | None = None
    """A copy of what the firmware says on its console, for one that has no error stream."""


class Machine(ABC):
    """One kind of machine. Standard streams are the console; exit status 64 asks for a reset."""

    firmware: ClassVar[str]
    """What the build of a board of this kind makes: a file name."""
    development_firmware: ClassVar[str | None] = None
    """The same with MicroPython's prompt, where there is such a build."""
    emulated: ClassVar[bool]
    """Whether instructions are emulated, so that timings are not those of any hardware."""
    gnss_kind: ClassVar[socket.SocketKind]
    """How the receiver's bytes travel: as a stream, or in datagrams."""

    @classmethod
    @abstractmethod
    def of_board(cls, facts: BoardFacts, binary: Path | None, main: Path | None) -> Machine:
        """With the board's own firmware, or ``binary``; ``main``: run instead of the application.

        BenchError when something that it takes is not there.
        """

    @abstractmethod
    def invocation(self, wires: Wires) -> Invocation:
        """How to start it, with what it must find written into the handset's folder."""


def built(board: str, file: str | Path) -> Path:
    """A file that the build of a board makes, or another; BenchError when it is not there."""
    path = (build_dir(board) / file).resolve()
    if not path.is_file():
        raise BenchError(
            f"the firmware of board '{board}' is not built",
            str(path),
            f"build it with: make firmware BOARD={board}",
        )
    return path
