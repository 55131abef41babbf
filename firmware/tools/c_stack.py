"""Stack that a frame of the voice loop takes: a bound from call graphs, and a measurement.

AMR keeps its temporaries in frames of fixed size: the deepest path of the compiler's call
graphs (-fcallgraph-info=su) is a true bound. Opus keeps them in arrays of variable length, which
no call graph bounds: its stack is measured, by stack_probe.c in QEMU on rv32. Another architecture
differs in the fixed part of the frames, so what its deepest path has more than rv32's is added.
"""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tools.c_size import owner

ENTRY = "voice_engine_audio_tick"
# A function of libc or libgcc: small, and calls nobody.
LIBRARY_BYTES = 64
# How often a function that calls itself may stand on the stack. In Opus 1.5.2, quant_partition
# (celt/bands.c) halves a band while LM, at most 3, has not come down to -1. The decoder's two
# (src/opus_decoder.c) call themselves for a frame they make up, with data NULL, which ends it.
# Everest's loops (legacy/Hacl_Curve25519.c) count down to 0 from 32 bytes, 4 pairs of bits and 5
# words; where the compiler makes real loops of them they stand there once.
RECURSIONS = {
    "quant_partition": 5,
    "opus_decode_native": 2,
    "opus_decode_frame": 2,
    "Hacl_EC_Ladder_BigLoop_cmult_big_loop": 33,
    "Hacl_EC_Ladder_SmallLoop_cmult_small_loop": 5,
    "Hacl_EC_Point_swap_conditional_": 6,
}
# Where calls through pointers lead: (part of the caller's name, part of the callee's name).
POINTERS = (
    ("core/codec_amrwb.c", "amrwbenc/src/voAMRWBEnc.c"),
    ("amrwbenc/", "core/codec_amrwb.c:arena_"),
    ("amrwbenc/", "core/codec_amrwb.c:memory_"),
    ("core/engine.c", "core/codec_"),
    ("core/send.c", "core/codec_"),
    ("core/receive.c", "core/codec_"),
)
# Pointers to functions of libc: mbedTLS hides memset behind one, so that no compiler knows it.
TO_LIBC = ("/platform_util.",)
# label: name, file:line:column, bytes; here a line's end is written as backslash and n.
_NODE = re.compile(
    r'^node: \{ title: "([^"]+)" label: "[^"\\]+\\n([^"\\]*)\\n(\d+) bytes \((\w+)', re.MULTILINE
)
_EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', re.MULTILINE)
_TIMEOUT_S = 120


class StackError(Exception):
    """The stack can not be bounded or measured; the message says what stands in the way."""


@dataclass
class Function:
    """A node of the call graph."""

    place: str
    frame_bytes: int = 0
    dynamic: bool = False
    calls: set[str] = field(default_factory=set)


class CallGraph:
    """All functions of a build, with the bytes of their frames and whom they call."""

    def __init__(self, graphs: list[str]) -> None:
        self.functions: dict[str, Function] = {}
        for text in graphs:
            for title, place, n_bytes, kind in _NODE.findall(text):
                self.functions[title] = Function(place, int(n_bytes), kind == "dynamic")
        for text in graphs:
            for caller, callee in _EDGE.findall(text):
                self.functions[caller].calls.add(callee)

    def deepest(self, codec: str, entry: str = ENTRY) -> tuple[int, list[str]]:
        """Bytes and path of the deepest calls from `entry` when `codec` is the one in use.

        Arrays of variable length do not count. Raises `StackError` on a recursion or a call
        through a pointer that nobody has explained.
        """
        known: dict[str, tuple[int, list[str]]] = {}

        def visit(title: str, above: tuple[str, ...]) -> tuple[int, list[str]]:
            if title in above:
                raise StackError(f"unbounded recursion: {' > '.join([*above, title])}")
            if title not in known:
                function = self.functions.get(title) or Function("", LIBRARY_BYTES)
                below = [visit(c, (*above, title)) for c in self._calls(title, function, codec)]
                n_bytes, path = max(below, default=(0, []))
                times = RECURSIONS.get(short_name(title), 1)
                known[title] = (times * function.frame_bytes + n_bytes, [title, *path])
            return known[title]

        return visit(entry, ())

    def has_dynamic(self, codec: str) -> bool:
        """Whether a function of this codec has frames whose size the compiler does not know."""
        return any(f.dynamic for f in self.functions.values() if owner(f.place) == codec)

    def _calls(self, title: str, function: Function, codec: str) -> list[str]:
        callees = set(function.calls)
        if "__indirect_call" in callees:
            callees.remove("__indirect_call")
            callees |= self._pointed_at(function.place)
        if short_name(title) in RECURSIONS:
            callees.discard(title)
        return [c for c in callees if owner(self._place(c)) in ("engine", "mbedtls", codec)]

    def _place(self, title: str) -> str:
        return self.functions[title].place if title in self.functions else ""

    def _pointed_at(self, place: str) -> set[str]:
        if any(caller in place for caller in TO_LIBC):
            return {"libc"}
        rules = [callee for caller, callee in POINTERS if caller in place]
        found = {
            title
            for title, function in self.functions.items()
            for rule in rules
            if rule in f"{function.place.split(':')[0]}:{short_name(title)}"
        }
        if not found:
            raise StackError(f"nobody says where the pointer called at {place} leads")
        return found


def short_name(title: str) -> str:
    """A function's name without its file and the compiler's additions."""
    return title.rpartition(":")[2].partition(".")[0]


def read_call_graphs(*folders: Path) -> CallGraph:
    """The call graph of everything compiled below the folders."""
    return CallGraph([path.read_text() for f in folders for path in sorted(f.rglob("*.ci"))])


def measure(probe: Path) -> dict[str, int]:
    """Deepest stack by codec, from running stack_probe.elf; raises `StackError`."""
    command = ["qemu-system-riscv32", "-machine", "virt", "-bios", "none", "-semihosting"]
    command += ["-display", "none", "-monitor", "none", "-serial", "none", "-kernel", str(probe)]
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise StackError(f"{command[0]}: {error}") from error
    found = dict(re.findall(r"^stack (\w+) (\d+) \d+$", run.stdout + run.stderr, re.MULTILINE))
    if run.returncode or not found:
        raise StackError(f"{probe.name}: {(run.stdout + run.stderr).strip()}")
    return {codec: int(n_bytes) for codec, n_bytes in found.items()}


def need(codec: str, graph: CallGraph, reference: CallGraph, measured: dict[str, int]) -> int:
    """Bytes of stack a frame takes with this codec, see the head of this file.

    `measured` is from the build that `reference` is the graph of.
    """
    bound = graph.deepest(codec)[0]
    if not graph.has_dynamic(codec):
        return bound
    return measured[codec] + max(0, bound - reference.deepest(codec)[0])
