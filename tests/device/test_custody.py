"""The store's keys on a linked firmware: what they are made of, and what its code can reach."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
from custody_judge import PERSONAL, BoxChain, Device, mac_of, seal
from machine_code import MachineCode
from test_rng_source import FIRMWARE

from handsetctl.bench.virtual_bench import VirtualBench

PROBE = Path(__file__).with_name("custody_probe.py")
TIMEOUT_S = 20.0
SECRET = {"sim": "file", "qemu_rv32": "strap"}
ENTRIES = (
    *("begin", "create", "pin_begin", "pin_step", "wrap", "load", "unlock", "seal", "open"),
    *("seal_box", "open_box", "mac", "name_id", "lock", "forget"),
)


def told(port: str) -> dict[str, str]:
    """What the probe says, by name."""
    answers: dict[str, str] = {}
    with serial.serial_for_url(port, timeout=TIMEOUT_S) as console:
        console.write(b"go\n")
        while "done" not in answers:
            line = console.readline().decode()
            assert line, f"the probe did not come to its end; it said {answers}"
            word, _, answer = line.partition(" ")
            if word == "custody":
                name, _, value = answer.strip().partition(" ")
                answers[name] = value
    return answers


@pytest.fixture(scope="module")
def said(board_name: str, state_dir: Path) -> Iterator[dict[str, dict[str, str]]]:
    """What each of two handsets says, by name; with its device secret."""
    with VirtualBench(state_dir, names=("A", "B"), board=board_name, main=PROBE) as bench:
        bench.wait_ready(TIMEOUT_S)
        answers = {}
        for name in ("A", "B"):
            answers[name] = told(bench[name].port)
            secret = (bench[name].state_dir / "device_secret.bin").read_bytes()
            answers[name]["device"] = secret.hex()
        yield answers


@pytest.fixture(scope="module")
def code(board_name: str) -> MachineCode:
    return MachineCode(*FIRMWARE[board_name])


@pytest.mark.parametrize("name", ["A", "B"])
def test_keys_are_those_of_the_handsets_own_secret(
    said: dict[str, dict[str, str]], board_name: str, name: str
) -> None:
    answer = said[name]
    device = Device(bytes.fromhex(answer["device"]), b"storsalt")
    assert answer["secret"] == SECRET[board_name]
    assert answer["protected"] == "False", "a virtual board has no fuses"
    assert answer["mac"] == mac_of(device.chain_key, b"sectorabc")[:8].hex()
    assert answer["name"] == mac_of(device.name_key, b"\2contact")[:6].hex()
    body, record = bytes.fromhex(answer["body"]), bytes.fromhex(answer["box"])
    private = device.unwrap(body, b"4711")[PERSONAL][32:]
    box, aad = record[:34], bytes(range(12))
    chain = BoxChain.read(private, box[:32], 0)
    wanted = seal(chain.key(0), chain.nonce_key(0), aad + box, 7, b"while it is locked")
    assert (wanted.text, wanted.tag, wanted.salt) == (
        *(record[34:52], record[52:]),
        bytes.fromhex(answer["salt"]),
    )


@pytest.mark.parametrize("name", ["A", "B"])
def test_the_right_pin_opens_what_was_written_while_locked(
    said: dict[str, dict[str, str]], name: str
) -> None:
    answer = said[name]
    assert (answer["wrong"], answer["right"], answer["opened"]) == ("False", "True", "True")
    assert bytes.fromhex(answer["text"]) == b"while it is locked"


def test_two_handsets_share_nothing(said: dict[str, dict[str, str]]) -> None:
    for what in ("device", "mac", "name", "body", "box"):
        assert said["A"][what] != said["B"][what]


@pytest.mark.parametrize("entry", ENTRIES)
def test_custody_takes_no_memory_and_writes_nowhere(code: MachineCode, entry: str) -> None:
    """Of its code in this firmware: neither heap nor console nor a way out."""
    # Where RAM begins; to the disassembler, so do the numbers of ciphers that happen to be near it.
    code.functions.pop("_start", None)
    reached = code.reach(f"vault_custody_{entry}")
    plain = {name.removesuffix("@plt") for name in reached}
    assert not plain & {
        *("malloc", "calloc", "realloc", "free", "gc_alloc", "m_malloc", "m_malloc_maybe"),
        *("printf", "puts", "fprintf", "write", "exit", "abort", "mp_print_str", "nlr_jump"),
    }
    assert "vault_custody_" + entry in plain


def test_the_device_secret_reaches_its_place_and_is_erased(
    code: MachineCode, board_name: str
) -> None:
    reached = code.reach("vault_device_derive")
    place = {"sim": {"getenv@plt", "read@plt"}, "qemu_rv32": {"strap_read"}}[board_name]
    assert place | {"vault_erase", "vault_hmac_finish"} <= reached
    assert "vault_entropy" not in reached, "a secret that is not there is not made up"
