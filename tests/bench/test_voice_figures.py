"""The voice core's figures: what is counted is what was executed, and the same on every run."""

from __future__ import annotations

from pathlib import Path

import pytest
from figure_limits import beyond, limits_of
from figures_page import page
from voice_figures import Mode, VoiceBench, side_by_side
from voice_page import modes_of
from voice_program import KNOWN, LIBRARY, LOOP, TABLE, Job, mips, read_answer

# On a busy machine the programs take that long to build.
pytestmark = pytest.mark.timeout(900)

N_TURNS = 1000
PER_TURN = 2
# Around the loop: the call, and reading the counter.
AROUND_MAX = 10
SPEECH_S = 1.0
N_FRAMES = 50

GOOD = {
    "rv32.amrwb.12650.encode_mips": 70.0,
    "rv32.amrwb.12650.bare_encode_mips": 95.0,
    "rv32.amrnb.12200.fast_over_released": 0.8,
    "rv32.opus.16000.encode_mips": 70.0,
    "rv32.opus.6000.loop_added_mips": 3.0,
    "rv32.opus.6000.loop_added_rx_mips": 3.0,
    "rv32.opus.6000.loop_added_srtp_mips": 6.0,
    "rv32.opus.6000.loop_added_srtp_rx_mips": 6.0,
    "rv32.engine.ram_and_stack_without_opus_bytes": 40960,
    "sim.mouth_to_ear_p95_ms": 120.0,
}


@pytest.fixture(scope="module")
def bench() -> VoiceBench:
    return VoiceBench(SPEECH_S, SPEECH_S)


def test_a_known_loop_has_the_instructions_it_is_made_of(bench: VoiceBench) -> None:
    once, twice = (
        bench.ours.run(Job(KNOWN, bitrate_bps=n)).counts["known"].total
        for n in (N_TURNS, 2 * N_TURNS)
    )
    assert twice - once == PER_TURN * N_TURNS
    assert PER_TURN * N_TURNS <= once <= PER_TURN * N_TURNS + AROUND_MAX


def test_valgrind_counts_the_known_loop_too(bench: VoiceBench) -> None:
    once, twice = (
        bench.native.run_counted(Job(KNOWN, bitrate_bps=n), None, "counted_known")[1]
        for n in (N_TURNS, 2 * N_TURNS)
    )
    assert twice - once == PER_TURN * N_TURNS
    assert PER_TURN * N_TURNS <= once <= PER_TURN * N_TURNS + AROUND_MAX


@pytest.mark.parametrize("work", [TABLE, LIBRARY, LOOP])
def test_two_runs_give_the_same_figures(bench: VoiceBench, work: int) -> None:
    mode = Mode("amrwb", 12650)
    first, second = (bench.ours.run(mode.job(work), bench.said(mode, work)) for _ in range(2))
    assert first == second
    assert all(count.n_frames == N_FRAMES for count in first.counts.values())


def test_every_mode_of_the_table_is_measured(bench: VoiceBench) -> None:
    modes = bench.modes()
    assert {mode.bitrate_bps for mode in modes if mode.codec == "amrwb"} == {
        *(6600, 8850, 12650, 14250, 15850, 18250, 19850, 23050, 23850)
    }
    opus = {str(mode) for mode in modes if mode.codec == "opus"}
    assert {"opus.6000", "opus.8000", "opus.16000", "opus.24000", "opus.16000_c5"} <= opus
    assert len(modes) == len(set(modes))


def test_a_mode_has_its_figures_and_they_fit_together(bench: VoiceBench) -> None:
    mode = Mode("opus", 16000)
    of = {name.rpartition(".")[2]: value for name, value in bench.rv32(mode).items()}
    assert of["loop_tx_mips"] > of["loop_added_mips"] > 0
    assert of["loop_rx_mips"] > of["loop_added_rx_mips"] > 0
    for name in ("encode", "decode", "loop_tx", "loop_rx"):
        mean_kinstr = of[f"{name}_mips"] * 1000 / 50
        assert of[f"{name}_worst_kinstr"] >= mean_kinstr
    # The same library, but for what is put in its hot places.
    assert of["fast_over_released"] <= 1.0
    assert of["encode_mips"] >= of["bare_encode_mips"] * of["fast_over_released"]
    complex_mode = bench.rv32(Mode("opus", 16000, 5))
    assert complex_mode["rv32.opus.16000_c5.encode_mips"] > 1.5 * of["encode_mips"]


def test_a_second_of_speech_has_fifty_frames() -> None:
    assert mips(2_000_000 * 50, 50) == 100.0
    assert mips(3, 1) == 0.0


def test_a_line_of_the_program_that_nobody_knows_is_an_error() -> None:
    known = read_answer("count a 2 30 20\nbytes b 4\nmode c 5\nlibrary c 160\n")
    assert known.counts["a"].total == 30
    assert known.n_bytes == {"b": 4}
    assert known.modes == (("c", 5),)
    assert known.library_samples == {"c": 160}
    with pytest.raises(ValueError, match="error no job"):
        read_answer("error no job\n")


def test_steps_side_by_side_are_all_there_and_a_failure_is_one() -> None:
    told: list[str] = []
    steps = [(f"step {n}", lambda n=n: {f"f.{n}": n}) for n in range(5)]
    assert side_by_side(steps, told.append) == {f"f.{n}": n for n in range(5)}
    assert len(told) == 5
    with pytest.raises(ZeroDivisionError):
        side_by_side([*steps, ("broken", lambda: {"f": 1 // 0})], told.append)


@pytest.mark.parametrize("name", [name for name in GOOD if "bare" not in name])
def test_a_limit_of_the_voice_core_is_kept_to_the_last_unit(name: str) -> None:
    assert beyond(GOOD, limits_of(GOOD)) == []
    figures = {**GOOD, name: GOOD[name] + 0.001}
    assert beyond(figures, limits_of(figures)) == [name]


def test_modes_are_in_the_order_of_codec_complexity_and_rate() -> None:
    names = ("opus.16000_c5", "opus.8000", "amrwb.12650", "opus.16000", "amrwb.6600")
    figures = {f"rv32.{name}.bare_encode_mips": 1.0 for name in names}
    assert modes_of(figures) == [
        *("amrwb.6600", "amrwb.12650", "opus.8000", "opus.16000", "opus.16000_c5")
    ]


def test_the_page_shows_a_broken_limit_in_red_and_what_others_left_for_it(tmp_path: Path) -> None:
    figures = {**GOOD, "rv32.amrwb.12650.encode_mips": 71.25}
    figures |= {"rv32.opus.16000.bare_encode_mips": 75.0}
    shown = page(figures, limits_of(figures), tmp_path)
    assert "beyond its limit" in shown
    assert '<td class="n bad">71.25' in shown
    assert "loss and jitter" not in shown
    (tmp_path / "loss_jitter.svg").write_text("<?xml?><svg><title>heat</title></svg>")
    assert "<svg><title>heat" in page(figures, limits_of(figures), tmp_path)
