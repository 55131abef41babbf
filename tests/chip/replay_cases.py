"""Real speech through every mode of every codec: what the engine is made to send and to hear."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from packet_journey import journey
from replay_files import FRAME_SAMPLES, Frame, Samples, read_answer, write_script
from replay_machines import CORE, Replay

from handsetctl.speech import RATE_HZ, load_speech
from handsetctl.tree import SPEECH_DIR, THIRD_PARTY_DIR

DEFAULT_S = 20
OTHERS_S = 4
SOAK_S = 60
DEFAULT_MODES = {"amrwb": 12650, "amrnb": 12200, "opus": 16000}

# The key goes up for 0.2 s every 3 s: each burst has a fresh encoder and a fresh decoder.
_BURST_FRAMES, _PAUSE_FRAMES = 140, 10
_SILENCE = np.zeros(FRAME_SAMPLES, np.int16)


@dataclass(frozen=True)
class Mode:
    """A codec at a bit rate."""

    codec: str
    bitrate_bps: int

    @property
    def is_default(self) -> bool:
        return DEFAULT_MODES[self.codec] == self.bitrate_bps

    def __str__(self) -> str:
        return f"{self.codec}-{self.bitrate_bps}"


def _rates(codec: str) -> list[int]:
    table = re.search(r"bitrates_bps\[\w+\] = \{([^}]*)\}", (CORE / f"codec_{codec}.c").read_text())
    assert table, f"codec_{codec}.c has no table of bit rates any more"
    return [int(rate) for rate in re.findall(r"\d+", table[1])]


# AMR-WB has its nine rates, AMR-NB its eight; Opus takes any from 6 to 24 kbit/s: both ends, and
# what it makes narrow, medium and wide band in between.
MODES = [
    *(Mode("amrwb", rate) for rate in _rates("amrwb")),
    *(Mode("amrnb", rate) for rate in _rates("amrnb")),
    *(Mode("opus", rate) for rate in (6000, 8000, 12000, 16000, 20000, 24000)),
]


def speech_of(mode: Mode, *, soak: bool = False) -> Samples:
    """What is said in a mode: much in the one that is used, some seconds of it in each other."""
    recorded = load_speech(THIRD_PARTY_DIR, SPEECH_DIR, SOAK_S if soak else DEFAULT_S)
    if soak or mode.is_default:
        return recorded
    n_samples = OTHERS_S * RATE_HZ
    start = MODES.index(mode) % (DEFAULT_S // OTHERS_S) * n_samples
    return recorded[start : start + n_samples]


def send_script(mode: Mode, said: Samples) -> bytes:
    """The handset talks, burst after burst."""
    frames = [
        Frame(index % (_BURST_FRAMES + _PAUSE_FRAMES) < _BURST_FRAMES, mic)
        for index, mic in enumerate(said.reshape(-1, FRAME_SAMPLES))
    ]
    return write_script(mode.codec, mode.bitrate_bps, frames)


def receive_script(mode: Mode, answer_to_send: bytes) -> bytes:
    """Another handset hears what that one sent, as far as it arrives."""
    sent = [reply.packets for reply in read_answer(answer_to_send)]
    frames = [Frame(False, _SILENCE, packets) for packets in journey(mode.codec, sent)]
    return write_script(mode.codec, mode.bitrate_bps, frames)


@dataclass(frozen=True)
class Scripts:
    """What a mode is judged with: both scripts, and this machine's answers to them."""

    send: bytes
    sent: bytes
    receive: bytes
    heard: bytes


def make_scripts(native: Replay, mode: Mode, said: Samples) -> Scripts:
    """The scripts of a mode; the packets that are received are those this machine sends."""
    send = send_script(mode, said)
    sent = native.run(f"{mode}-send", send)
    receive = receive_script(mode, sent)
    heard = native.run(f"{mode}-receive", receive)
    return Scripts(send, sent, receive, heard)
