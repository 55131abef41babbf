"""Builds the C core, the codecs and the test programs under sanitizers, once a session."""

import pytest
import voice_programs


@pytest.fixture(scope="session")
def programs() -> voice_programs.Programs:
    """All test programs, built with the sanitizers on."""
    try:
        return voice_programs.build()
    except voice_programs.BuildError as error:
        pytest.fail(f"the voice core does not build under sanitizers:\n{error}", pytrace=False)
