"""What the voice core takes of a processor, on real speech: every codec, every mode of the table.

Names, all but the last two with <codec>.<mode> in the middle; the mode is the bit rate:

    rv32.*.bare_{encode,decode}_mips      the library alone, as released
    rv32.*.{encode,decode}_mips           the library as we build it, through the codec table
    rv32.*.loop_{tx,rx}_mips              the engine's whole tick, talking and listening
    rv32.*.loop_added{,_rx}_mips          what of it is not inside the codec
    rv32.*.loop_added_srtp{,_rx}_mips     the same with SRTP
    rv32.*.<one of those>_worst_kinstr    the most that one frame took, in thousand instructions;
                                          listening: over air with losses and bursts as well
    rv32.*.{stack,ram}_bytes              the engine's stack, the codec's state
    *.fast_over_released                  the encoder as we build it over the released one, both by
                                          their own entry points
    x64.*.{bare_,}encode_minstr_per_s     these two on this machine, counted by valgrind
    rv32.<codec>.rom_bytes                code and tables
    rv32.<codec>.table_added{,_rx}_mips   what the table's entry adds to the library's own entry
                                          points: payload format, resampling

1 MIPS is a million instructions per second of speech. All are exact and the same on every run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import voice_program
from figure_limits import Figures
from replay_machines import NATIVE, RV32
from scipy.signal import resample_poly
from voice_program import LIBRARY, LIST, LOOP, TABLE, Answer, Count, Job, Samples

from handsetctl.speech import load_speech
from handsetctl.tree import SPEECH_DIR, THIRD_PARTY_DIR
from tools import c_budget, c_size

SPEECH_S = 20.0
X64_SPEECH_S = 10.0  # valgrind takes a second for each of speech
_FRAME_SAMPLES = 320
_AT_ONCE = 2
# Opus has them all, boards choose; the table's entry is built with one.
_COMPLEX = (("opus", 8000, 5), ("opus", 16000, 5))

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Mode:
    """A codec at a bit rate; complexity 0 is that of the table's entry."""

    codec: str
    bitrate_bps: int
    complexity: int = 0

    def __str__(self) -> str:
        suffix = f"_c{self.complexity}" if self.complexity else ""
        return f"{self.codec}.{self.bitrate_bps}{suffix}"

    def job(self, work: int, *, secure: bool = False) -> Job:
        """This mode as work for the program."""
        return Job(work, self.codec, self.bitrate_bps, self.complexity, secure)


class VoiceBench:
    """The programs, built, with what is said to them."""

    def __init__(self, speech_s: float = SPEECH_S, x64_speech_s: float = X64_SPEECH_S) -> None:
        self.ours = voice_program.build(RV32)
        self.released = voice_program.build(RV32, released=True)
        self.native = voice_program.build(NATIVE)
        self.native_released = voice_program.build(NATIVE, released=True)
        self._speech_s = {True: speech_s, False: x64_speech_s}

    @cached_property
    def table(self) -> Answer:
        """The codec table, as the program knows it."""
        return self.native.run(Job(LIST))

    def modes(self) -> list[Mode]:
        """Every mode of the table, and some of more complexity."""
        listed = [Mode(codec, bitrate_bps) for codec, bitrate_bps in self.table.modes]
        extra = [Mode(*each) for each in _COMPLEX if each[0] in self.table.library_samples]
        return listed + extra

    def said(self, mode: Mode, work: int, *, on_chip: bool = True) -> Samples:
        """Speech, at the rate that the work wants."""
        speech = load_speech(THIRD_PARTY_DIR, SPEECH_DIR, self._speech_s[on_chip])
        n_samples = self.table.library_samples[mode.codec] if work == LIBRARY else _FRAME_SAMPLES
        if n_samples == _FRAME_SAMPLES:
            return speech
        return resample_poly(speech, n_samples, _FRAME_SAMPLES).round().astype("<i2")

    def bare(self, mode: Mode) -> int:
        """The work that is the library alone; a library that nobody described: the table."""
        return LIBRARY if self.table.library_samples[mode.codec] else TABLE

    def own(self, mode: Mode) -> int:
        """The work that is the codec table, or what comes nearest to it at another complexity."""
        return self.bare(mode) if mode.complexity else TABLE

    def rv32(self, mode: Mode) -> Figures:
        """Every figure of a mode on the chip's processor."""
        bare = self.released.run(mode.job(self.bare(mode)), self.said(mode, self.bare(mode)))
        ours = self.ours.run(mode.job(self.own(mode)), self.said(mode, self.own(mode)))
        figures: Figures = {}
        for name in ("encode", "decode"):
            figures[f"bare_{name}_mips"] = bare.counts[name].mips
            figures |= _mean_and_worst(name, ours.counts[name])
        alone = self.ours.run(mode.job(self.bare(mode)), self.said(mode, self.bare(mode)))
        ratio = alone.counts["encode"].total / bare.counts["encode"].total
        figures["fast_over_released"] = round(ratio, 4)
        if not mode.complexity:
            figures["ram_bytes"] = ours.n_bytes["encoder"] + ours.n_bytes["decoder"]
            figures |= self._loop(mode)
        return _named(f"rv32.{mode}", figures)

    def _loop(self, mode: Mode) -> Figures:
        said = self.said(mode, LOOP)
        clear = self.ours.run(mode.job(LOOP), said)
        counts = clear.counts
        figures: Figures = {
            **_mean_and_worst("loop_tx", counts["loop_tx"]),
            **_mean_and_worst("loop_rx", counts["loop_rx"]),
            "loop_added_mips": counts["loop_added"].mips,
            "loop_added_rx_mips": counts["loop_added_rx"].mips,
            "stack_bytes": clear.n_bytes["stack"],
        }
        worst = max(counts["loop_rx"].worst_kinstr, counts["rough_rx"].worst_kinstr)
        figures["loop_rx_worst_kinstr"] = worst
        secure = self.ours.run(mode.job(LOOP, secure=True), said)
        figures["loop_added_srtp_mips"] = secure.counts["loop_added"].mips
        figures["loop_added_srtp_rx_mips"] = secure.counts["loop_added_rx"].mips
        figures["stack_bytes"] = max(figures["stack_bytes"], secure.n_bytes["stack"])
        return figures

    def x64(self, mode: Mode) -> Figures:
        """Encoding on this machine, as released and ours."""
        bare = self._counted(self.native_released, mode, self.bare(mode))
        ours = self._counted(self.native, mode, self.bare(mode))
        return _named(
            f"x64.{mode}",
            {
                "bare_encode_minstr_per_s": bare,
                "encode_minstr_per_s": ours,
                "fast_over_released": round(ours / bare, 4),
            },
        )

    def _counted(self, program: voice_program.CostProgram, mode: Mode, work: int) -> float:
        said = self.said(mode, work, on_chip=False)
        answer, n_instructions = program.run_counted(mode.job(work), said, "counted_encode")
        return voice_program.mips(n_instructions, answer.counts["encode"].n_frames)

    def table_added(self, codec: str) -> Figures:
        """What the table's entry adds, in the middle one of the codec's modes."""
        modes = [mode for mode in self.modes() if mode.codec == codec and not mode.complexity]
        mode = modes[len(modes) // 2]
        alone, through = (
            self.ours.run(mode.job(work), self.said(mode, work))
            for work in (self.bare(mode), TABLE)
        )
        added = {
            name: round(through.counts[name].mips - alone.counts[name].mips, 3)
            for name in ("encode", "decode")
        }
        return _named(
            f"rv32.{codec}",
            {"table_added_mips": added["encode"], "table_added_rx_mips": added["decode"]},
        )


def measure(tell: Tell, speech_s: float = SPEECH_S, x64_speech_s: float = X64_SPEECH_S) -> Figures:
    """All figures of the voice core. Raises BenchError."""
    bench = VoiceBench(speech_s, x64_speech_s)
    modes = bench.modes()
    steps: list[tuple[str, Callable[[], Figures]]] = []
    for mode in modes:
        steps.append((f"rv32 {mode}", lambda mode=mode: bench.rv32(mode)))
        steps.append((f"x64 {mode}", lambda mode=mode: bench.x64(mode)))
    for codec in bench.table.library_samples:
        steps.append((f"rv32 {codec}", lambda codec=codec: bench.table_added(codec)))
    return sizes() | side_by_side(steps, tell)


def side_by_side(steps: Iterable[tuple[str, Callable[[], Figures]]], tell: Tell) -> Figures:
    """The figures of all steps, two of them at a time."""
    steps = list(steps)
    figures: Figures = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        results = [pool.submit(step) for _, step in steps]
        for n_done, ((what, _), result) in enumerate(zip(steps, results, strict=True), 1):
            figures |= result.result()
            tell(f"voice core {n_done}/{len(steps)}: {what}")
    return figures


def sizes() -> Figures:
    """ROM by codec; RAM and stack, with and without Opus. Raises BuildError, StackError."""
    all_codecs = list(c_size.CODECS)
    without_opus = [codec for codec in all_codecs if codec != "opus"]
    lines = _voice_lines(all_codecs)
    small = {figure: line.used for figure, line in _voice_lines(without_opus).items()}
    figures: Figures = {
        **{f"rv32.{codec}.rom_bytes": lines["rom"].parts[codec] for codec in all_codecs},
        "rv32.engine.rom_bytes": lines["rom"].parts["engine"],
        "rv32.engine.ram_bytes": lines["ram"].used,
        "rv32.engine.stack_bytes": lines["stack"].used,
        "rv32.engine.ram_bytes_without_opus": small["ram"],
        "rv32.engine.stack_bytes_without_opus": small["stack"],
    }
    together = small["ram"] + small["stack"]
    return figures | {"rv32.engine.ram_and_stack_without_opus_bytes": together}


def _voice_lines(codecs: list[str]) -> dict[str, c_budget.Line]:
    """What the voice part of a board takes that carries these codecs, by figure."""
    budgets = {"rom_bytes": 0, "ram_bytes": 0, "stack_bytes": 0}
    board = {"architecture": "rv32imac", "codecs": codecs, "voice": budgets, "vault": budgets}
    return {line.figure: line for line in c_budget.check(board) if line.part == "voice"}


def _mean_and_worst(name: str, count: Count) -> Figures:
    return {f"{name}_mips": count.mips, f"{name}_worst_kinstr": count.worst_kinstr}


def _named(prefix: str, figures: Figures) -> Figures:
    return {f"{prefix}.{name}": value for name, value in figures.items()}
