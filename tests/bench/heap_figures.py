"""What the Python heap has left: with the application up, and after an hour of use.

The first is asked of the release over its management link. What an hour of traffic on a test clock
and a minute of voice add is seen from within, by programs/hour.py on the development firmware.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import traffic_tape
from counted_handset import BOARD, write_flash
from program_output import figures_of

from handsetctl.bench.machines import virtual_board
from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.demo.presses import talk_after_permission
from handsetctl.device import Device
from handsetctl.errors import BenchError
from handsetctl.speech import RATE_HZ, load_speech
from handsetctl.tree import SPEECH_DIR, THIRD_PARTY_DIR

HOUR = Path(__file__).parent / "programs" / "hour.py"
_TAPE_OFFSET = 0x1C0_0000
_READY_TIMEOUT_S = 20.0
_HOUR_TIMEOUT_S = 400.0
_VOICE_S = 60
_N_PRESSES = 4
_N_TALKERS = 2
_VOICE_TIMEOUT_S = 30.0
# Now and then what lies about on the stack looks like an address, and garbage outlives some.
_COLLECTIONS = 12
_QUESTIONS_MAX = 500

Progress = Callable[[str], None]


def free_after_collection(device: Device) -> int:
    """What is free right after a garbage collection: the most that is while questions are asked."""
    free_bytes = [device.memory().heap_free_bytes]
    n_collections = 0
    while n_collections < _COLLECTIONS:
        free_bytes.append(device.memory().heap_free_bytes)
        n_collections += free_bytes[-1] > free_bytes[-2]
        if len(free_bytes) > _QUESTIONS_MAX:
            raise BenchError(
                f"{len(free_bytes)} answers without {_COLLECTIONS} garbage collections",
                device.transport.url,
                "ask more often",
            )
    return max(free_bytes)


def at_boot(board: str) -> dict[str, float]:
    """The release of a board with its application up."""
    with (
        tempfile.TemporaryDirectory(prefix="handset-figures-") as folder,
        VirtualBench(Path(folder), ("A",), board=board) as bench,
    ):
        bench.wait_ready(_READY_TIMEOUT_S)
        with Device.open(bench["A"].port) as device:
            memory = device.memory()
            return {
                f"{board}.heap_budget": bench.board.heap_bytes,
                f"{board}.heap_total": memory.heap_free_bytes + memory.heap_used_bytes,
                f"{board}.heap_free_boot": free_after_collection(device),
            }


def after_an_hour(free_boot: float, progress: Progress) -> dict[str, float]:
    """The hour and the voice. `free_boot`: what the release had free at its beginning."""
    tape = traffic_tape.Tape()
    with tempfile.TemporaryDirectory(prefix="handset-figures-") as name:
        folder = Path(name)
        n_bytes = virtual_board(BOARD).flash_bytes
        write_flash(folder / "A" / "flash.bin", n_bytes, tape.data, _TAPE_OFFSET)
        with VirtualBench(folder, board=BOARD, main=HOUR) as bench:
            progress("an hour of link, floor and GNSS traffic on a test clock")
            seen = figures_of(bench["A"], "live", _HOUR_TIMEOUT_S)
            lamp = Counter(edge.value for edge in bench["A"].history("led"))
            tape.check({name: values[-1] for name, values in seen.items()} | lamp)
            progress(f"{_VOICE_S} s of voice")
            _talk(bench)
            seen = figures_of(bench["A"], "done", _VOICE_TIMEOUT_S)
    seen["talk"] = [lamp["talk"]]
    return _figures(free_boot, seen)


def _talk(bench: VirtualBench) -> None:
    """A and B in turn."""
    speech = load_speech(THIRD_PARTY_DIR, SPEECH_DIR, _VOICE_S)
    n_samples = _VOICE_S * RATE_HZ // _N_PRESSES
    phrases = [speech[n * n_samples : (n + 1) * n_samples] for n in range(_N_PRESSES)]
    for n, phrase in enumerate(phrases):
        talker, listener = ("A", "B") if n % 2 == 0 else ("B", "A")
        talk_after_permission(bench, bench[talker], bench[listener], phrase)


def _figures(free_boot: float, counts: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """Drift: what stays behind once everything has happened at least once."""
    seen = {name: values[-1] for name, values in counts.items()}
    every_five_minutes, every_burst = counts["used_sample"], counts["used_burst"]
    figures = {
        "heap_free_after_hour": free_boot - (seen["used_burst"] - seen["used_boot"]),
        "heap_drift_hour": every_five_minutes[-1] - every_five_minutes[0],
        "heap_drift_voice": every_burst[-1] - every_burst[_N_TALKERS - 1],
        "hour_s": round(seen["hour_ms"] / 1000),
        "hour_smp_requests": seen["link_requests"],
        "hour_floor_messages": seen["floor_received"],
        "hour_floor_grants": seen["talk"],
        "hour_gnss_reports_sent": seen["geo_reports_sent"],
        "voice_s": round(seen["voice_ms"] / 1000),
        "voice_bursts": len(every_burst),
        "voice_frames": seen["voice_frames"],
        "voice_heap_bytes": seen["voice_path_heap_bytes"],
    }
    return {f"{BOARD}.{name}": value for name, value in figures.items()}
