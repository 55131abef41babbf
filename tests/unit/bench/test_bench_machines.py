"""How each kind of machine is started from the wires of a handset."""

from __future__ import annotations

import json
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

from handsetctl.bench import machines
from handsetctl.bench.machines.machine import Wires
from handsetctl.bench.machines.qemu import QemuMachine
from handsetctl.bench.machines.unix import UnixMachine
from handsetctl.bench.places import BoardFacts, board_facts
from handsetctl.errors import BenchError

IDENTITY = {"serial_number": "SIM-0007", "user_id": "sip:x@sim.invalid"}


@pytest.fixture
def facts() -> BoardFacts:
    return BoardFacts("some_board", "Some board", "unix", heap_bytes=1000, flash_bytes=64)


@pytest.fixture
def binary(tmp_path: Path) -> Path:
    path = tmp_path / "firmware"
    path.touch()
    return path


@pytest.fixture
def wires(tmp_path: Path) -> Wires:
    """In a folder whose name would end an option of QEMU's."""
    state_dir = tmp_path / "a,b"
    state_dir.mkdir()
    (state_dir / "tape").write_bytes(bytes(4096))
    flash, tape = state_dir / "flash", state_dir / "tape"
    return Wires(10, 11, 12, 13, flash, tape, time.monotonic_ns(), IDENTITY, state_dir)


def straps_of(wires: Wires) -> dict[str, bytes]:
    """As the firmware reads them."""
    rest, straps = (wires.state_dir / "straps.bin").read_bytes(), {}
    while True:
        name, _, rest = rest.partition(b"\0")
        if not name:
            return straps
        length, _, rest = rest.partition(b"\0")
        straps[name.decode()], rest = rest[: int(length)], rest[int(length) :]


def options(command: list[str], name: str) -> list[str]:
    return [value for option, value in zip(command, command[1:], strict=False) if option == name]


def test_unix_firmware_finds_its_wires_in_a_file(
    facts: BoardFacts, binary: Path, wires: Wires
) -> None:
    start = UnixMachine.of_board(facts, binary, None).invocation(wires)
    assert start.command == [str(binary), "-X", "heapsize=1000", "-m", "handset.main"]
    wiring = json.loads(Path(start.environment["HANDSET_WIRING"]).read_text())
    assert wiring["identity"] == IDENTITY
    assert start.environment["HANDSET_DEVICE_SECRET"] == str(wires.device_secret)
    assert [wiring[f"{wire}_fd"] for wire in ("pins", "gnss", "media", "floor")] == [10, 11, 12, 13]
    other = UnixMachine.of_board(facts, binary, Path("probe.py")).invocation(wires)
    assert other.command[-1] == "probe.py"


def test_qemu_has_a_device_for_every_wire(binary: Path, wires: Wires) -> None:
    command = list(QemuMachine("qemu", binary).invocation(wires).command)
    assert command[0] == "qemu" and options(command, "-bios") == [str(binary)]
    assert [card.rpartition("=")[2] for card in options(command, "-netdev")] == [
        str(fd) for fd in wires.inherited_fds
    ]
    cards = [card for card in options(command, "-device") if card.startswith("virtio-net-device")]
    assert [card[-1] for card in cards] == ["1", "2", "3", "4"]
    (tape,) = [item for item in options(command, "-object") if "memory" in item]
    assert tape.endswith("/a,,b/tape,size=4096")
    (flash,) = options(command, "-drive")
    assert flash.endswith("/a,,b/flash")


def test_qemu_firmware_is_told_who_it_is_and_when_the_tape_began(
    binary: Path, wires: Wires
) -> None:
    QemuMachine("qemu", binary).invocation(wires)
    straps = straps_of(wires)
    assert set(straps) == {*IDENTITY, "tape_t0_ns", "device_secret"}
    assert bytes.fromhex(straps["device_secret"].decode()) == wires.device_secret.read_bytes()
    assert (wires.state_dir / "straps.bin").stat().st_mode & 0o077 == 0
    assert straps["user_id"].decode() == IDENTITY["user_id"]
    assert int(straps["tape_t0_ns"]) == wires.t0_ns


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_device_secret_is_made_once_and_nobody_else_reads_it(
    facts: BoardFacts, binary: Path, wires: Wires
) -> None:
    """By whatever machine the handset is run: its flash is sealed under it."""
    seen = set()
    for _ in range(2):
        start = UnixMachine.of_board(facts, binary, None).invocation(wires)
        path = Path(start.environment["HANDSET_DEVICE_SECRET"])
        assert path.parent == wires.flash.parent and mode_of(path) == 0o600
        seen.add(path.read_bytes())
        QemuMachine("qemu", binary).invocation(wires)
        assert mode_of(wires.state_dir / "straps.bin") == 0o600
        seen.add(bytes.fromhex(straps_of(wires)["device_secret"].decode()))
    assert len(seen) == 1 and len(seen.pop()) == 32


def test_every_handset_has_a_secret_of_its_own(wires: Wires, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = replace(wires, flash=tmp_path / "other" / "flash")
    assert wires.device_secret.read_bytes() != other.device_secret.read_bytes()


def test_a_device_secret_that_is_none_is_not_replaced(wires: Wires) -> None:
    wires.device_secret.write_bytes(bytes(31))
    with pytest.raises(BenchError, match="31 bytes"):
        _ = wires.device_secret
    assert (wires.flash.with_name("device_secret.bin")).read_bytes() == bytes(31)


def test_qemu_development_firmware_is_given_a_program(
    binary: Path, wires: Wires, tmp_path: Path
) -> None:
    program = tmp_path / "x.py"
    program.write_text("print('é')\n")
    QemuMachine("qemu", binary, program).invocation(wires)
    assert straps_of(wires)["main"] == "print('é')\n".encode()


def test_the_port_of_a_board_chooses_its_machine() -> None:
    assert {"sim", "qemu_rv32"} <= set(machines.virtual_boards())
    assert machines.virtual_board("sim").port == "unix"


@pytest.mark.parametrize("name", ["no_such_board", "../sim"])
def test_unknown_board_is_named_with_those_there_are(name: str) -> None:
    with pytest.raises(BenchError, match=name) as caught:
        machines.virtual_board(name)
    assert "sim" in caught.value.next_step


def test_board_that_is_real_is_no_virtual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    real = BoardFacts("devkit", "A devkit", "esp32", 1, 1)
    monkeypatch.setattr(machines, "board_facts", lambda name: real)
    with pytest.raises(BenchError, match="no virtual one"):
        machines.virtual_board("devkit")


def test_facts_that_lack_something_say_what(tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "board.toml").write_text('name = "half"\ntitle = "Half"\nport = "unix"\n')
    with pytest.raises(BenchError, match="heap"):
        board_facts("half", tmp_path)


def test_missing_emulator_is_one_line_to_type(
    facts: BoardFacts, binary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr("handsetctl.bench.programs.BUILD_DIR", Path("/nonexistent"))
    with pytest.raises(BenchError) as caught:
        QemuMachine.of_board(facts, binary, None)
    assert caught.value.next_step.endswith(
        "apt-get install --no-install-recommends qemu-system-misc"
    )
