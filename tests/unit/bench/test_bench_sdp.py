"""Session descriptions of the media tap."""

from pathlib import Path

import pytest

from handsetctl.bench.sdp import media_sdp, write_sdp
from handsetctl.errors import BenchError


@pytest.mark.parametrize(
    ("codec", "media", "rtpmap", "fmtp"),
    [
        ("amrwb", "RTP/AVP 96", "96 AMR-WB/16000", "96 octet-align=1"),
        ("amrnb", "RTP/AVP 98", "98 AMR/8000", "98 octet-align=1"),
        ("opus", "RTP/AVP 97", "97 opus/48000/2", "97 maxplaybackrate=16000"),
    ],
)
def test_a_call_is_described_by_the_payload_formats_of_the_standards(
    codec: str, media: str, rtpmap: str, fmtp: str
) -> None:
    lines = media_sdp(codec, 5004).split("\r\n")
    assert f"m=audio 5004 {media}" in lines
    assert f"a=rtpmap:{rtpmap}" in lines
    assert any(line.startswith(f"a=fmtp:{fmtp}") for line in lines)
    assert "c=IN IP4 127.0.0.1" in lines


def test_lines_stand_in_the_order_of_rfc_8866_section_5() -> None:
    text = media_sdp("amrwb", 40000)
    assert text.endswith("\r\n")
    assert [line[0] for line in text.split("\r\n")[:-1]] == list("vosctmaaaa")


def test_the_file_is_the_text(tmp_path: Path) -> None:
    write_sdp(tmp_path / "call.sdp", "opus", 5004)
    assert (tmp_path / "call.sdp").read_bytes().decode() == media_sdp("opus", 5004)


def test_other_codecs_are_refused_by_name() -> None:
    with pytest.raises(BenchError, match="g729") as caught:
        media_sdp("g729", 5004)
    assert "amrwb, amrnb, opus" in caught.value.next_step
