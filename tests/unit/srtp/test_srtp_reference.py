"""Any packet is what another implementation of the RFCs makes of it, from the group's key on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from srtp_reference import Source
from srtp_station import OK, Station, rtcp, rtp

GROUP_KEYS = st.sampled_from((16, 32)).flatmap(lambda n: st.binary(min_size=n, max_size=n))
SSRCS = st.integers(0, 2**32 - 1)
SOURCES = st.builds(
    Source,
    group_key=GROUP_KEYS,
    key_id=st.integers(0, 2**16 - 1),
    ssrc=SSRCS,
    epoch=st.binary(min_size=6, max_size=6),
)


@st.composite
def _headers(draw: st.DrawFn) -> tuple[int, bytes]:
    """First byte, and what it announces: CSRC list and header extension."""
    n_csrc = draw(st.integers(0, 15))
    extra = draw(st.binary(min_size=4 * n_csrc, max_size=4 * n_csrc))
    first = 0x80 | n_csrc
    if draw(st.booleans()):
        n_words = draw(st.integers(0, 20))
        content = draw(st.binary(min_size=4 * n_words, max_size=4 * n_words))
        extra += b"\xbe\xde" + n_words.to_bytes(2, "big") + content
        first |= 0x10
    return first, extra


@pytest.fixture(scope="module")
def shared(station_program: Path) -> Iterator[Station]:
    """One process for all examples; each begins with new keys."""
    with Station(station_program) as running:
        yield running


@settings(max_examples=150, deadline=None)
@given(
    source=SOURCES,
    index=st.integers(0, 2**32 - 2),
    header=_headers(),
    payload=st.binary(max_size=200),
)
def test_srtp(
    shared: Station, source: Source, index: int, header: tuple[int, bytes], payload: bytes
) -> None:
    shared.set_keys((source.key_id, source.group_key))
    sender = shared.sender("media", source.ssrc, source.epoch)
    sender.start_at(index)
    clear = rtp(source.ssrc, index & 0xFFFF, payload, extra=header[1], first=header[0])
    protected = sender.protect(clear)
    assert protected == source.protect_rtp(clear, len(clear) - len(payload), index)
    assert shared.receiver("media").unprotect(protected) == (OK, clear)


@settings(max_examples=150, deadline=None)
@given(source=SOURCES, index=st.integers(0, 2**31 - 1), content=st.binary(max_size=980))
def test_srtcp(shared: Station, source: Source, index: int, content: bytes) -> None:
    shared.set_keys((source.key_id, source.group_key))
    sender = shared.sender("floor", source.ssrc, source.epoch)
    sender.start_at(index)
    clear = rtcp(source.ssrc, content)
    protected = sender.protect(clear)
    assert protected == source.protect_rtcp(clear, index)
    assert shared.receiver("floor").unprotect(protected) == (OK, clear)


def test_a_group_key_has_16_or_32_bytes(station: Station) -> None:
    taken = [n for n in range(1, 65) if station.ask("key", 0, 1, bytes(n).hex()) == "yes"]
    assert taken == [16, 32]
