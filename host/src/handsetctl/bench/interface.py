"""What a test may ask of a bench, whatever stands on it: virtual handsets or boards on wires.

Every instant is in seconds of the bench clock, which is the host's CLOCK_MONOTONIC
(``time.monotonic()``). Audio is int16, one channel, 16 kHz.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.int16]
else:
    # A command line that only talks to a bench must not wait for numpy to load.
    Samples = "numpy.typing.NDArray[numpy.int16]"

AUDIO_RATE_HZ = 16000
BUTTONS = ("ptt", "geo")
OUTPUTS = ("led", "geo_led", "gnss_power", "ready")


@dataclass(frozen=True)
class Edge:
    """One change of an output (or of a button, so that a timeline has both)."""

    name: str
    value: str
    instant_s: float


class BenchHandset(ABC):
    """One handset on a bench: its port, buttons, lights, microphone, speaker, sky and power."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Name on this bench, such as "A"."""

    @property
    @abstractmethod
    def port(self) -> str:
        """pyserial URL of the serial console; stays the same over resets and power cuts."""

    # Buttons

    @abstractmethod
    def press(self, button: str) -> float:
        """Push a button of BUTTONS and keep it down; returns the instant. Twice is one press."""

    @abstractmethod
    def release(self, button: str) -> float:
        """Let a button go; returns the instant."""

    # Outputs

    @abstractmethod
    def output(self, name: str) -> str:
        """Present value of an output of OUTPUTS ("" before the first edge)."""

    @abstractmethod
    def history(self, name: str | None = None, since: float | None = None) -> list[Edge]:
        """Edges in order of time, of one output or button or of all, not before ``since``."""

    @abstractmethod
    def wait_output(
        self, name: str, value: str, timeout_s: float, since: float | None = None
    ) -> float:
        """Wait until an output has a value; returns the instant of the edge.

        With ``since``: the first edge to the value at or after that instant, even if it is over by
        now. Raises BenchTimeout, or HandsetCrashed when the firmware ended.
        """

    # Sound

    @abstractmethod
    def say(self, samples: Samples, at_s: float | None = None) -> float:
        """Play samples into the microphone, from ``at_s`` or as soon as possible.

        Returns the instant of the first sample, at once: playing goes on in the background. The
        microphone hears silence whenever nothing is played.
        """

    @abstractmethod
    def say_tone(
        self,
        frequency_hz: float,
        duration_s: float,
        level_dbfs: float = -12.0,
        at_s: float | None = None,
    ) -> float:
        """Play a sine into the microphone; returns its start."""

    @abstractmethod
    def hear(self, start_s: float, end_s: float) -> Samples:
        """What the speaker played in [start_s, end_s); waits until that time has passed."""

    # Sky

    @abstractmethod
    def gnss_play(self, lines: Iterable[str], rate: float = 1.0) -> None:
        """Play recorded NMEA into the receiver's output, one epoch a second times ``rate``.

        Replaces what was being played. What falls while the receiver is unpowered is lost.
        """

    @abstractmethod
    def gnss_stop(self) -> None:
        """Stop playing NMEA."""

    # Power

    @abstractmethod
    def power_off(self) -> None:
        """Cut the power, without warning to the firmware."""

    @abstractmethod
    def power_on(self) -> None:
        """Give power; nothing happens if it is on (a crashed handset needs power_off first)."""

    @abstractmethod
    def reset(self) -> None:
        """Pull the reset line: a power cut and power again, in one."""

    @abstractmethod
    def check(self) -> None:
        """Raise HandsetCrashed if the firmware ended unexpectedly since the last power_on."""


class Bench(ABC):
    """A bench with its handsets and its clock."""

    @property
    @abstractmethod
    def handsets(self) -> Mapping[str, BenchHandset]:
        """The handsets by name, in the order of the bench."""

    def __getitem__(self, name: str) -> BenchHandset:
        """The handset of that name; KeyError if there is none."""
        return self.handsets[name]

    @abstractmethod
    def now_s(self) -> float:
        """Present instant of the bench clock."""

    @abstractmethod
    def wait_until(self, instant_s: float) -> None:
        """Return once the bench clock has reached an instant."""

    @abstractmethod
    def wait_ready(self, timeout_s: float = 10.0) -> None:
        """Wait until every handset's application is up. Raises BenchTimeout or HandsetCrashed."""

    @abstractmethod
    def close(self) -> None:
        """Switch everything off and give every resource back. Idempotent."""
