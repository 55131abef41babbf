"""Which codec the handset speaks, and the RTP parameters that follow from it.

Payload types are from the dynamic range and fixed for the whole group (there is no SDP offer
and answer on the air): RFC 3551 clause 3.
"""

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.contracts import Audio, Rng

_PAYLOAD_TYPES = {"amrwb": 96, "opus": 97, "amrnb": 98}
_DEFAULT_BITRATES_BPS = {"amrwb": 12650, "opus": 16000, "amrnb": 12200}


class VoiceSettings:
    """Current codec, bit rate and DTX (pauses are not sent)."""

    def __init__(self, audio: "Audio", rng: "Rng", ssrc: int) -> None:
        self._audio = audio
        self._rng = rng
        self._ssrc = ssrc
        self.codec = ""
        self.bitrate_bps = 0
        self.dtx = False

    def select(self, codec: str, bitrate_bps: int, dtx: bool = False) -> None:
        """Switch to `codec`; `bitrate_bps` 0 means the codec's default. ValueError when unknown.
        While talking, only the bit rate can change: RuntimeError for anything else."""
        if codec not in _PAYLOAD_TYPES:
            raise ValueError(
                "unknown codec '%s': this handset has %s" % (codec, ", ".join(self._audio.codecs()))
            )
        bitrate_bps = bitrate_bps or _DEFAULT_BITRATES_BPS[codec]
        if (codec, dtx) == (self.codec, self.dtx):
            self._audio.set_bitrate(bitrate_bps)
            self.bitrate_bps = bitrate_bps
            return
        # RFC 3550 clause 5.1: first sequence number and timestamp are random.
        start = bytearray(6)
        self._rng.fill(start)
        seq0, timestamp0 = struct.unpack(">HI", start)
        self._audio.configure(
            codec, bitrate_bps, _PAYLOAD_TYPES[codec], self._ssrc, seq0, timestamp0, dtx
        )
        self.codec = codec
        self.bitrate_bps = bitrate_bps
        self.dtx = dtx
