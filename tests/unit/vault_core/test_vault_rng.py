"""The generator above good and broken sources; the health tests' limits by the norm's formula."""

from __future__ import annotations

import re
from fractions import Fraction
from math import comb
from pathlib import Path

import pytest
from vault_programs import ROOT, cases, run_case

HEADER = ROOT / "firmware" / "cmodules" / "vault" / "core" / "health.h"
ALPHA = Fraction(1, 2**40)
ENTROPY_BITS = 8


def limit(name: str) -> int:
    found = re.search(rf"#define VAULT_HEALTH_{name} (\d+)u", HEADER.read_text())
    assert found
    return int(found[1])


def test_no_case_is_left_out(programs: Path) -> None:
    assert sorted(run_case(programs / "rng").stdout.split()) == sorted(cases())
    assert len(cases()) > 15


@pytest.mark.parametrize("case", cases())
def test_case(programs: Path, case: str) -> None:
    ended = run_case(programs / "rng", case)
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"


def test_repetition_cutoff_is_the_norms() -> None:
    """SP 800-90B clause 4.4.1: 1 + ceil(-log2(alpha) / H)."""
    assert limit("REPETITION_CUTOFF") == 1 + -(-40 // ENTROPY_BITS)


def tail(at_least: int, n: int, p: Fraction) -> Fraction:
    """Probability of `at_least` or more of n."""
    fewer = (comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(at_least))
    return 1 - sum(fewer, Fraction(0))


def test_proportion_cutoff_is_the_norms() -> None:
    """Clause 4.4.2: 1 + critbinom(W, 2^-H, 1 - alpha)."""
    window, p = limit("WINDOW_BYTES"), Fraction(1, 2**ENTROPY_BITS)
    assert window == 512
    critbinom = limit("PROPORTION_CUTOFF") - 1
    assert tail(critbinom + 1, window, p) <= ALPHA < tail(critbinom, window, p)


def test_a_good_source_fails_as_seldom_as_the_header_says() -> None:
    """A window's first byte counts as one of the limit: 18 of the other 511 are too many."""
    p = Fraction(1, 2**ENTROPY_BITS)
    a_window = tail(limit("PROPORTION_CUTOFF") - 1, limit("WINDOW_BYTES") - 1, p)
    a_byte = p ** (limit("REPETITION_CUTOFF") - 1)
    assert a_byte == Fraction(1, 2**40)
    assert Fraction(1, 2**38) < a_window < Fraction(1, 2**37)
    assert Fraction(1, 2**30) < 1024 * a_byte + 2 * a_window < Fraction(1, 2**29)
