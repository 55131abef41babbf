"""The vault's core computes on every instruction set what OpenSSL computes, and soon enough."""

from __future__ import annotations

import pytest
from replay_machines import CHIPS, NATIVE, RV32
from vault_machines import Questions, ask, questions

MACHINES = {"native": NATIVE, **CHIPS}
# A packet every 20 ms each way: 1.5 million instructions a second, AMR-WB takes some 110 million.
SEAL_INSTRUCTIONS_MAX = 15_000


@pytest.fixture(scope="module")
def asked() -> Questions:
    return questions()


@pytest.mark.parametrize("name", MACHINES)
def test_answers_are_openssls(name: str, asked: Questions) -> None:
    answer, _ = ask(MACHINES[name], asked.script)
    assert answer == asked.answer


def test_a_pin_and_a_box_cost_what_their_makers_promise(asked: Questions) -> None:
    """10 000 rounds are a second of a chip at 160 MHz, X25519 is 34 ms."""
    _, figures = ask(RV32, asked.script)
    assert figures.pbkdf2_100_rounds < 1_600_000
    assert figures.x25519 < 6_000_000
    agreement = figures.custody_open_first_box_66 - figures.custody_open_next_box_66
    assert figures.x25519 < agreement < 1.1 * figures.x25519
    assert figures.custody_seal_66 < 80_000 < figures.custody_next_box_66 < 250_000


def test_a_packet_costs_little(asked: Questions) -> None:
    """Instructions are counted: the same on every run."""
    _, figures = ask(RV32, asked.script)
    assert 5_000 < figures.seal_35 < SEAL_INSTRUCTIONS_MAX
    assert figures.open_35 < 1.05 * figures.seal_35
    assert figures.seal_35 < figures.seal_60 < 2 * figures.seal_35
    assert ask(RV32, asked.script)[1] == figures
