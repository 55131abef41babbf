"""Parts of the voice loop that are not codecs: the same sound everywhere, and their cost."""

import pytest
from block_costs import run, speech
from replay_machines import CHIPS, NATIVE, RV32, ReplayError, build_program

# Instructions for 20 ms, worst frame. Together they leave most of 60 000 to the rest of the loop.
_LIMITS = {
    "highpass": 7_000,
    "vad": 6_500,
    "agc": 6_000,
    "speaker": 2_500,
    "speaker_loud": 6_000,
    "speaker_tones": 16_000,
    "send_without_encoder": 20_000,
}


@pytest.mark.parametrize("name", CHIPS)
def test_sound_is_the_same_samples(name: str) -> None:
    """Both sides over real speech, with the gain and the limiter at work."""
    script = speech()
    try:
        here, _ = run(build_program(NATIVE, "blocks"), script)
        there, _ = run(build_program(CHIPS[name], "blocks"), script)
    except ReplayError as error:
        pytest.fail(str(error), pytrace=False)
    assert len(here) == 3 * len(script)
    assert here == there


def test_each_block_keeps_to_its_instructions() -> None:
    """Counted exactly, the same on every run."""
    _, costs = run(build_program(RV32, "blocks"), speech())
    assert costs.keys() == _LIMITS.keys()
    assert {name: cost for name, cost in costs.items() if cost.worst > _LIMITS[name]} == {}
    assert all(cost.mean > 500 for cost in costs.values())
