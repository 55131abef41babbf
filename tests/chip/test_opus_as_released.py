"""Our faster Opus makes the packets and the sound of the released library, bit for bit."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from codec_streams import Settings, Stream, build_stream
from extreme_sounds import extreme_sounds
from replay_cases import SOAK_S
from replay_files import Samples
from replay_machines import NATIVE, ROOT, RV32, ReplayError

from handsetctl.speech import RATE_HZ, load_speech
from handsetctl.tree import SPEECH_DIR, THIRD_PARTY_DIR

_RATES = (6000, 8000, 12000, 16000, 24000)
_COMPLEXITIES = (0, 5)
# QEMU takes a second for a second of speech at complexity 5; every run has another piece of it.
_RV32_S = 3
_PAUSE = np.zeros(RATE_HZ, np.int16)

_EACH_MODE = pytest.mark.parametrize("bitrate_bps", _RATES)
_EACH_COMPLEXITY = pytest.mark.parametrize("complexity", _COMPLEXITIES)


@cache
def _stream(machine: str, complexity: int, *, released: bool = False) -> Stream:
    defines = f"-DVOICE_OPUS_COMPLEXITY={complexity}"
    try:
        return build_stream(
            RV32 if machine == "rv32" else NATIVE, released=released, defines=defines
        )
    except ReplayError as error:
        pytest.fail(str(error), pytrace=False)


@cache
def _speech() -> Samples:
    return load_speech(THIRD_PARTY_DIR, SPEECH_DIR, SOAK_S)


def _judge(machine: str, complexity: int, settings: Settings, sound: Samples) -> list[bytes]:
    """Both ways, against the released library on this machine."""
    name = f"{settings.bitrate_bps}-{settings.dtx:d}{settings.fec:d}"
    released = _stream("native", complexity, released=True)
    expected = released.encode(f"{machine}-{name}", settings, sound)
    ours = _stream(machine, complexity)
    assert ours.encode(name, settings, sound) == expected
    heard = ours.decode(name, "opus", expected)
    assert np.array_equal(heard, released.decode(f"{machine}-{name}", "opus", expected))
    return expected


@_EACH_COMPLEXITY
@_EACH_MODE
def test_a_minute_of_speech_and_all_extremes(bitrate_bps: int, complexity: int) -> None:
    """On this machine."""
    sound = np.concatenate([_speech(), extreme_sounds()])
    payloads = _judge("native", complexity, Settings("opus", bitrate_bps), sound)
    assert len(payloads) == len(sound) // 320
    assert {len(payload) for payload in payloads} == {bitrate_bps // 400}


@_EACH_COMPLEXITY
@_EACH_MODE
def test_on_a_chips_instruction_set(
    bitrate_bps: int, complexity: int, request: pytest.FixtureRequest
) -> None:
    """Where products and copies are other ones. `--soak`: all of the speech, and the extremes."""
    if request.config.getoption("--soak", default=False):
        sound = np.concatenate([_speech(), extreme_sounds()])
    else:
        start = (
            (_RATES.index(bitrate_bps) * len(_COMPLEXITIES) + bool(complexity)) * _RV32_S * RATE_HZ
        )
        sound = _speech()[start : start + _RV32_S * RATE_HZ]
    _judge("rv32", complexity, Settings("opus", bitrate_bps), sound)


def test_extremes_on_a_chips_instruction_set() -> None:
    """At the usual mode."""
    _judge("rv32", 0, Settings("opus", 16000), extreme_sounds())


@pytest.mark.parametrize("machine", ["native", "rv32"])
def test_with_repeats_and_pauses(machine: str) -> None:
    """Both are parts of the encoder that nothing else here reaches."""
    speech = _speech()[: 3 * RATE_HZ]
    sound = np.concatenate([speech, _PAUSE, speech])
    payloads = _judge(machine, 0, Settings("opus", 24000, dtx=True, fec=True), sound)
    assert 0 < payloads.count(b"") < len(payloads) // 2
    assert sum(payload[1:2] >= b"\x40" for payload in payloads if payload) > 100


@pytest.mark.parametrize("complexity", [1, 2])
def test_complexities_in_between(complexity: int) -> None:
    """They have other filters, and the quantiser another number of states."""
    _judge("native", complexity, Settings("opus", 16000), _speech()[: 10 * RATE_HZ])


def test_the_libraries_are_two() -> None:
    """What is compared is not the same build twice."""
    folders = [NATIVE.codecs, f"{NATIVE.codecs}-released"]
    _stream("native", 0)
    _stream("native", 0, released=True)
    libraries = [(ROOT / folder / "libcodecs.a").read_bytes() for folder in folders]
    assert b"voice_opus_inner_product" in libraries[0]
    assert b"voice_opus_inner_product" not in libraries[1]
