"""The acoustics tape as both of its sides know it."""

import struct
from pathlib import Path

import numpy as np
import pytest

from handsetctl.bench.tape import HEADER_BYTES, Tape
from handsetctl.errors import BenchError

CAPACITY = 1 << 12
T0_NS = 5_000_000_000


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    return Tape.create(tmp_path / "a.tape", T0_NS, capacity=CAPACITY)


def ramp(n_samples: int) -> np.ndarray:
    return np.arange(1, n_samples + 1, dtype=np.int16)


def test_layout_is_the_one_the_audio_device_expects(tape: Tape) -> None:
    tape.write_mic(3, np.array([-2, 7], dtype=np.int16))
    tape.write_speaker(1, np.array([258], dtype=np.int16))
    image = tape.path.read_bytes()
    assert len(image) == 2 * 4 * CAPACITY  # header and tracks, and room up to a power of two
    assert struct.unpack_from("<8sIIqQI", image) == (b"HSTAPE1\0", 16000, CAPACITY, T0_NS, 0, 0)
    assert image[4096 + 6 : 4096 + 10] == b"\xfe\xff\x07\x00"
    assert image[4096 + 2 * CAPACITY + 2 : 4096 + 2 * CAPACITY + 4] == b"\x02\x01"


def test_a_block_that_wraps_comes_back_whole_through_another_mapping(tape: Tape) -> None:
    start = 5 * CAPACITY - 100
    tape.write_mic(start, ramp(300))
    other = Tape(tape.path)
    assert np.array_equal(other.read_mic(start, start + 300), ramp(300))
    assert not other.read_mic(start + 300, start + 600).any()
    assert not other.read_speaker(start, start + 300).any()


def test_tracks_start_silent_and_can_be_silenced(tape: Tape) -> None:
    assert not tape.read_mic(0, CAPACITY // 2).any()
    tape.write_speaker(10, ramp(20))
    tape.silence_speaker(12, 28)
    assert tape.read_speaker(10, 30).tolist() == [1, 2, *[0] * 16, 19, 20]


def test_what_was_read_is_a_copy(tape: Tape) -> None:
    tape.write_mic(0, ramp(4))
    before = tape.read_mic(0, 4)
    tape.write_mic(0, ramp(4) * 2)
    assert before.tolist() == [1, 2, 3, 4]


def test_indices_and_instants_belong_together(tape: Tape) -> None:
    assert tape.index_at(T0_NS / 1e9) == 0
    assert tape.instant_of(16000) == pytest.approx(T0_NS / 1e9 + 1.0)
    for index in (0, 1, 319, 12345):
        assert tape.index_at(tape.instant_of(index)) == index


def test_device_state_is_read_from_the_file(tape: Tape) -> None:
    with tape.path.open("r+b") as file:
        file.seek(24)
        file.write(struct.pack("<QI", 1 << 40, 9))
    assert (tape.device_index, tape.device_alive) == (1 << 40, 9)


def test_blocks_beyond_half_the_tape_are_refused(tape: Tape) -> None:
    tape.write_mic(0, ramp(CAPACITY // 2))
    with pytest.raises(BenchError):
        tape.write_mic(0, ramp(CAPACITY // 2 + 1))
    with pytest.raises(BenchError):
        tape.read_speaker(0, CAPACITY // 2 + 1)


@pytest.mark.parametrize("content", [b"HSTAPE1\0" + bytes(HEADER_BYTES), b"R" * HEADER_BYTES])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(BenchError):
        Tape(path)


def test_closing_twice_is_fine(tape: Tape) -> None:
    tape.close()
    tape.close()
