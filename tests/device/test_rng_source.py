"""What the generator of a linked firmware really reads: by its machine code, not its sources."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from machine_code import MachineCode

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = {
    "sim": (ROOT / "build/sim/handset", "objdump"),
    "qemu_rv32": (ROOT / "build/qemu_rv32/handset.elf", "riscv64-unknown-elf-objdump"),
}
SOURCE = {"sim": {"getrandom@plt"}, "qemu_rv32": {"virtio_begin", "virtio_offer", "virtio_take"}}
# Generators of libc and MicroPython, and what people seed them with.
NO_SOURCE = re.compile(
    r"^_*(s?rand(om)?(_r)?|[dlm]rand48|arc4random\w*|yasmarang\w*|time|gettimeofday|clock\w*|"
    r"getpid|mp_hal_time_ns|mp_hal_ticks_\w+)(@plt)?$"
)


@pytest.fixture(scope="module")
def code(board_name: str) -> MachineCode:
    return MachineCode(*FIRMWARE[board_name])


def test_the_generator_reaches_its_source(code: MachineCode, board_name: str) -> None:
    reached = code.reach("vault_rng_fill")
    assert SOURCE[board_name] <= reached
    assert {"vault_entropy", "vault_health_watch", "vault_erase"} <= reached


def test_the_generator_reaches_no_other(code: MachineCode) -> None:
    reached = code.reach("vault_rng_fill")
    assert {name for name in reached if NO_SOURCE.match(name)} == set()


def test_nothing_on_the_way_calls_what_only_data_says(code: MachineCode) -> None:
    """But for mbedTLS's erasing, which hides memset from the compiler."""
    assert code.indirect(code.reach("vault_rng_fill")) <= {"mbedtls_platform_zeroize"}


def test_the_whole_firmware_has_no_pseudo_random_generator(code: MachineCode) -> None:
    pseudo = re.compile(r"^_*(s?rand(om)?(_r)?|[dlm]rand48|yasmarang\w*|mp_module_random)(@plt)?$")
    assert {name for name in code.functions if pseudo.match(name)} == set()


def test_a_call_graph_that_shows_everything_would_show_this(code: MachineCode) -> None:
    """The search finds what is far away, and what is called through data."""
    reached = code.reach("mp_execute_bytecode")
    assert {"gc_alloc", "mp_raise_msg", "nlr_jump"} <= reached
    assert len(code.indirect(reached)) > 5
