"""Real French speech for the measurements, and the same speech after real codecs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from handsetctl import speech

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # for speech_lab, whatever way pytest imports test files

Samples = npt.NDArray[np.int16]


@pytest.fixture(scope="session")
def third_party_dir() -> Path:
    """Where the fetcher unpacks; HANDSET_THIRD_PARTY names another place."""
    return Path(os.environ.get("HANDSET_THIRD_PARTY", HERE.parents[2] / "build" / "third_party"))


@pytest.fixture(scope="session")
def spoken_minute(third_party_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return speech.load_speech(third_party_dir, tmp_path_factory.mktemp("speech"), 60.0)


@pytest.fixture(scope="session")
def phrases(third_party_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Samples]:
    return speech.load_phrases(third_party_dir, tmp_path_factory.mktemp("speech"), 12)


@pytest.fixture(scope="session")
def coded_minute(spoken_minute: Samples) -> Callable[[str], Samples]:
    """The spoken minute after a codec, by its name in speech_lab."""
    from speech_lab import through_codec

    done: dict[str, Samples] = {}

    def code(codec: str) -> Samples:
        if codec not in done:
            done[codec] = through_codec(spoken_minute, codec)
        return done[codec]

    return code
