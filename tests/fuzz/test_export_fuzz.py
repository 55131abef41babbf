"""Blocks of positions that are not what a handset wrote: whatever is in them, an export says what
is wrong, counts it and goes on.

Each case is made from its own seed, named when it fails; seconds and first seed as in the link's.
"""

import io
import json
import random

from test_link_fuzz import cases, mutate

from handset.geo.report import Report
from handset.records import entries
from handsetctl.store.export import Format, write
from handsetctl.store.facts import Record
from handsetctl.store.positions import BlockError, positions_in

N_POSITIONS = 60


class _Journal:
    """Keeps the newest version of one entry."""

    block = b""

    def append(self, journal: str, value: bytes) -> int:
        self.block = bytes(value)
        return 0

    def amend(self, journal: str, number: int, value: bytes) -> None:
        self.block = bytes(value)


def block_of(rng: random.Random) -> bytes:
    """What a handset writes of some walk."""
    journal = _Journal()
    block = entries.PositionBlock(journal, bytearray(entries.BLOCK_BYTES))  # type: ignore[arg-type]
    own = Report(1, "sip:agent@example.org")
    own.utc_ms = rng.choice((-1, 1_900_000_000_000))
    for _ in range(rng.randrange(1, N_POSITIONS)):
        own.lat_deg_e7 = rng.randrange(-900_000_000, 900_000_001)
        own.lon_deg_e7 = rng.randrange(-1_800_000_000, 1_800_000_001)
        own.utc_ms += 60_000 * (own.utc_ms >= 0)
        block.add(entries.position(own))
    return journal.block


def is_readable(block: bytes) -> bool:
    try:
        return bool(positions_in(block))
    except BlockError:
        return False


def test_any_block_is_exported_or_said_to_be_none():
    n_readable = n_malformed = 0
    for seed, rng in cases():
        is_of_a_handset = rng.random() < 0.8
        block = mutate(rng, block_of(rng)) if is_of_a_handset else rng.randbytes(rng.randrange(60))
        good = is_readable(bytes(block))
        n_readable += good
        n_malformed += not good
        records = (Record("positions", "", 0, bytes(block)), Record("values", "form", 0, b"x"))
        for format in Format:
            out = io.StringIO()
            count = write(records, out, format)
            assert count.malformed == (not good), seed
        rows = io.StringIO()
        write(records, rows, Format.JSONL)
        parsed = [json.loads(line) for line in rows.getvalue().splitlines()]
        assert (parsed[0]["error"] is None) == good, seed
        assert parsed[-1]["name"] == "form", seed
    assert n_readable and n_malformed


def test_a_block_cut_anywhere_within_a_position_is_none():
    for seed, rng in cases():
        block = block_of(rng)
        whole = len(positions_in(block))
        lengths = [n for n in range(len(block) + 1) if is_readable(block[:n])]
        assert len(lengths) == whole, seed
