"""The acoustics tape: what a virtual handset's microphone hears and its speaker plays.

One memory-mapped file a handset, little-endian: a header of 4096 bytes, then two tracks of int16
samples, microphone (bench to handset) and speaker (handset to bench), then nothing up to a power of
two, because emulated machines have it as a PCI device's memory. Sample index i lives at
``i & (capacity - 1)`` of its track and belongs to the instant ``t0_ns + i * 1e9 / rate_hz`` of
CLOCK_MONOTONIC. The handset's audio device silences the microphone samples it has read and always
writes the speaker track; the bench writes the microphone ahead of time and reads the speaker later.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path

import numpy as np

from handsetctl.bench.interface import AUDIO_RATE_HZ, Samples
from handsetctl.errors import BenchError

MAGIC = b"HSTAPE1\0"
HEADER_BYTES = 4096
DEFAULT_CAPACITY = 1 << 21
_HEADER = struct.Struct("<8sIIq")
_DEVICE_INDEX_OFFSET = 24
_DEVICE_ALIVE_OFFSET = 32


class Tape:
    """One open tape. Indices are sample indices since t0; blocks of int16 go in and out."""

    def __init__(self, path: Path) -> None:
        """Open an existing tape; BenchError if the file is not one."""
        self.path = path
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._map = mmap.mmap(fd, 0)
        finally:
            os.close(fd)
        magic, rate_hz, capacity, t0_ns = _HEADER.unpack_from(self._map)
        self.rate_hz: int = rate_hz
        self.capacity: int = capacity
        self.t0_ns: int = t0_ns
        if magic != MAGIC or len(self._map) != _file_bytes(self.capacity):
            self._map.close()
            raise BenchError("not an acoustics tape", str(path), "delete it and start again")
        tracks = np.frombuffer(self._map, dtype="<i2", offset=HEADER_BYTES)
        self._mic = tracks[: self.capacity]
        self._speaker = tracks[self.capacity :]

    @classmethod
    def create(
        cls,
        path: Path,
        t0_ns: int,
        rate_hz: int = AUDIO_RATE_HZ,
        capacity: int = DEFAULT_CAPACITY,
    ) -> Tape:
        """Make a silent tape (replacing any) and open it. ``capacity`` must be a power of two."""
        if capacity <= 0 or capacity & (capacity - 1):
            raise ValueError(f"capacity must be a power of two, not {capacity}")
        path.unlink(missing_ok=True)
        with path.open("wb") as file:
            file.write(_HEADER.pack(MAGIC, rate_hz, capacity, t0_ns))
            file.truncate(_file_bytes(capacity))
        return cls(path)

    def close(self) -> None:
        """Unmap; the tape cannot be used afterwards. Idempotent."""
        empty = np.zeros(0, dtype=np.int16)
        self._mic = self._speaker = empty
        self._map.close()

    @property
    def device_index(self) -> int:
        """Next microphone sample the handset will take; 0 before the first."""
        return int(struct.unpack_from("<Q", self._map, _DEVICE_INDEX_OFFSET)[0])

    @property
    def device_alive(self) -> int:
        """The handset's running count, changing as long as its audio device runs."""
        return int(struct.unpack_from("<I", self._map, _DEVICE_ALIVE_OFFSET)[0])

    @property
    def window(self) -> int:
        """How far ahead or behind, in samples, the tape may be written and read."""
        return self.capacity // 2

    def index_at(self, instant_s: float) -> int:
        """Sample index that belongs to an instant (the nearest)."""
        return round((instant_s - self.t0_ns / 1e9) * self.rate_hz)

    def instant_of(self, index: int) -> float:
        """Instant, in seconds, of a sample index."""
        return self.t0_ns / 1e9 + index / self.rate_hz

    def write_mic(self, index: int, samples: Samples) -> None:
        """Put samples into the microphone track from an index on."""
        self._put(self._mic, index, samples)

    def read_mic(self, start: int, stop: int) -> Samples:
        """Copy of the microphone track, [start, stop)."""
        return self._get(self._mic, start, stop)

    def write_speaker(self, index: int, samples: Samples) -> None:
        """Put samples into the speaker track: what an audio device does."""
        self._put(self._speaker, index, samples)

    def read_speaker(self, start: int, stop: int) -> Samples:
        """Copy of the speaker track, [start, stop)."""
        return self._get(self._speaker, start, stop)

    def silence_mic(self, start: int, stop: int) -> None:
        """Zero the microphone track, [start, stop)."""
        self._put(self._mic, start, np.zeros(max(0, stop - start), dtype=np.int16))

    def silence_speaker(self, start: int, stop: int) -> None:
        """Zero the speaker track, [start, stop)."""
        self._put(self._speaker, start, np.zeros(max(0, stop - start), dtype=np.int16))

    def _put(self, track: Samples, index: int, samples: Samples) -> None:
        self._check_length(len(samples))
        at = index & (self.capacity - 1)
        first = min(len(samples), self.capacity - at)
        track[at : at + first] = samples[:first]
        track[: len(samples) - first] = samples[first:]

    def _get(self, track: Samples, start: int, stop: int) -> Samples:
        length = max(0, stop - start)
        self._check_length(length)
        at = start & (self.capacity - 1)
        first = min(length, self.capacity - at)
        return np.concatenate((track[at : at + first], track[: length - first])).astype(np.int16)

    def _check_length(self, length: int) -> None:
        if length > self.window:
            raise BenchError(
                f"a block of {length} samples is longer than half the tape ({self.window})",
                str(self.path),
                "move it in smaller blocks",
            )


def _file_bytes(capacity: int) -> int:
    """Header and two tracks, up to the next power of two."""
    return 1 << (HEADER_BYTES + 4 * capacity - 1).bit_length()
