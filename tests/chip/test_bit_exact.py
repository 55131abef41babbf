"""Engine and codecs on other architectures: the same packets and the same sound, bit for bit."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from replay_cases import DEFAULT_MODES, MODES, Mode, Scripts, send_script, speech_of
from replay_files import first_difference, read_answer
from replay_machines import CORE, FAST, NATIVE, RELEASED_NATIVE, RELEASED_RV32, Replay, build

ScriptsOf = Callable[[Mode], Scripts]
_DEFAULTS = [mode for mode in MODES if mode.is_default]
_ENCODED_FASTER = [mode for mode in MODES if (FAST / mode.codec).is_dir()]


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_packets_are_the_same_bytes(chip: Replay, scripts_of: ScriptsOf, mode: Mode) -> None:
    """Microphone to RTP."""
    scripts = scripts_of(mode)
    sent = chip.run(f"{mode}-send", scripts.send)
    assert first_difference(scripts.sent, sent) == ""


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_sound_is_the_same_samples(chip: Replay, scripts_of: ScriptsOf, mode: Mode) -> None:
    """RTP with all that may happen to it, to the loudspeaker."""
    scripts = scripts_of(mode)
    heard = chip.run(f"{mode}-receive", scripts.receive)
    assert first_difference(scripts.heard, heard) == ""


@pytest.mark.parametrize("mode", _ENCODED_FASTER, ids=str)
def test_packets_are_those_of_the_released_library(native: Replay, mode: Mode) -> None:
    """What stands in for parts of a library makes the same of a minute of speech."""
    script = send_script(mode, speech_of(mode, soak=True))
    ours = native.run(f"{mode}-minute", script)
    released = build(RELEASED_NATIVE).run(f"{mode}-minute", script)
    assert first_difference(released, ours) == ""


@pytest.mark.parametrize("mode", _ENCODED_FASTER, ids=str)
def test_the_released_library_says_the_same_on_a_chip(scripts_of: ScriptsOf, mode: Mode) -> None:
    """Where a sum overflows, the compiler decides: so the comparison is made there, too."""
    scripts = scripts_of(mode)
    released = build(RELEASED_RV32).run(f"{mode}-send", scripts.send)
    assert first_difference(released, scripts.sent) == ""


def test_both_codecs_have_their_default_mode_among_them() -> None:
    """The modes with much speech are modes."""
    assert {mode.codec: mode.bitrate_bps for mode in _DEFAULTS} == DEFAULT_MODES


@pytest.mark.parametrize("mode", _DEFAULTS, ids=str)
def test_the_scripts_leave_nothing_out(scripts_of: ScriptsOf, mode: Mode) -> None:
    """Every frame is sent, and every way a frame may be missing or made up is heard."""
    scripts = scripts_of(mode)
    sent, heard = read_answer(scripts.sent), read_answer(scripts.heard)
    assert sent[-1].stats["tx_frames"] == sum(len(reply.packets) for reply in sent) > 900
    assert sent[-1].stats["tx_bursts"] >= 6
    counted = heard[-1].stats
    happened = "rx_late rx_duplicate rx_lost rx_overflow rx_bursts decoded concealed underruns"
    happened += " compressed stretched"
    assert {name for name in happened.split() if counted[name] == 0} == set()
    assert counted["rx_bad"] == counted["rx_foreign"] == counted["decode_failed"] == 0
    silent = sum(not any(reply.speaker) for reply in heard)
    assert silent < len(heard) / 3


@pytest.mark.parametrize(
    ("file", "line", "changed"),
    [
        ("timescale.c", "* weight) >> 15", "* weight + 16384) >> 15"),
        ("receive.c", "(n_samples - 1 - i) / n_samples", "(n_samples - i) / n_samples"),
        ("codec_amrwb.c", "pcm[i] & ~3", "(pcm[i] + 2) & ~3"),
    ],
)
def test_another_rounding_is_noticed(
    scripts_of: ScriptsOf, tmp_path: Path, file: str, line: str, changed: str
) -> None:
    """A core that computes one thing a little otherwise does not pass as the same."""
    core = tmp_path / "changed" / "core"
    shutil.copytree(CORE, core)
    source = (core / file).read_text()
    assert line in source
    (core / file).write_text(source.replace(line, changed))
    scripts = scripts_of(_DEFAULTS[0])
    other = build(NATIVE, core)
    answers = [other.run("send", scripts.send), other.run("receive", scripts.receive)]
    assert answers != [scripts.sent, scripts.heard]
