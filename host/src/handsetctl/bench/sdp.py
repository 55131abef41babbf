"""Session descriptions (SDP, RFC 8866) of the media tap, for standard players.

``ffmpeg -protocol_whitelist file,udp,rtp -i call.sdp out.wav`` records what is said on the air.
"""

from __future__ import annotations

from pathlib import Path

from handsetctl.bench.user_files import usable
from handsetctl.errors import BenchError

_MEDIA = {
    # RFC 4867, section 8.3.1: octet-aligned payload, one frame a packet.
    "amrwb": (96, "AMR-WB/16000", "octet-align=1"),
    "amrnb": (98, "AMR/8000", "octet-align=1"),
    # RFC 7587, section 7: the RTP clock is always 48000 and the channels always 2.
    "opus": (97, "opus/48000/2", "maxplaybackrate=16000;sprop-maxcapturerate=16000;stereo=0"),
}
_PACKET_MS = 20


def media_sdp(codec: str, port: int, host: str = "127.0.0.1") -> str:
    """The description of a call in ``codec``, as "amrwb", that arrives at host:port."""
    if codec not in _MEDIA:
        raise BenchError(
            f"no session description for codec {codec!r}",
            "the media tap",
            f"choose one of: {', '.join(_MEDIA)}",
        )
    check_port(port)
    payload_type, encoding, parameters = _MEDIA[codec]
    lines = (
        "v=0",
        f"o=- 0 0 IN IP4 {host}",
        "s=Handset call",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {payload_type}",
        f"a=rtpmap:{payload_type} {encoding}",
        f"a=fmtp:{payload_type} {parameters}",
        f"a=ptime:{_PACKET_MS}",
        "a=recvonly",
    )
    return "".join(f"{line}\r\n" for line in lines)


def check_port(port: int) -> None:
    """BenchError unless a datagram can be sent to this port."""
    if not 1 <= port <= 65535:
        raise BenchError(
            f"there is no UDP port {port}", "the media tap", "choose one from 1 to 65535"
        )


def write_sdp(path: Path, codec: str, port: int) -> None:
    """Write the description of the tap at a loopback port (even, as RTP wants it).

    BenchError for a port or codec that there is not, PathUnusable for the path.
    """
    description = media_sdp(codec, port).encode("ascii")
    with usable(path):
        path.write_bytes(description)
