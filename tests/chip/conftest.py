"""The program for each machine, and the scripts with this machine's answers, once a session."""

from collections.abc import Callable
from functools import cache

import pytest
from replay_cases import Mode, Scripts, make_scripts, speech_of
from replay_machines import CHIPS, NATIVE, Replay, ReplayError, build


def _build(name: str) -> Replay:
    try:
        return build(CHIPS.get(name, NATIVE))
    except ReplayError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def native() -> Replay:
    """The program on this machine: what the others are compared with."""
    return _build("native")


@pytest.fixture(scope="session", params=CHIPS)
def chip(request: pytest.FixtureRequest) -> Replay:
    """The program on another architecture."""
    return _build(request.param)


@pytest.fixture(scope="session")
def scripts_of(native: Replay, request: pytest.FixtureRequest) -> Callable[[Mode], Scripts]:
    """What a mode is judged with. `--soak`: a minute of speech for each."""
    soak = bool(request.config.getoption("--soak", default=False))
    return cache(lambda mode: make_scripts(native, mode, speech_of(mode, soak=soak)))
