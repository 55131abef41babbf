"""What protection takes of a chip: calls of the vault, packets of SRTP."""

from __future__ import annotations

from dataclasses import asdict

import srtp_machines
from replay_machines import RV32
from vault_machines import ask, questions


def measure() -> dict[str, float]:
    """Instructions of one call or packet, in thousands, and bytes of memory: exact."""
    _, of_vault = ask(RV32, questions().script)
    figures = {f"rv32.vault.{name}_kinstr": n / 1000 for name, n in asdict(of_vault).items()}
    for name, value in asdict(srtp_machines.run(RV32)[1]).items():
        if name.endswith("_bytes"):
            figures[f"rv32.srtp.{name}"] = value
        else:
            figures[f"rv32.srtp.{name}_kinstr"] = round(value / 1000, 1)
    return figures
