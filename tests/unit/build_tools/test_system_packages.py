"""Programs from Debian packages: found, installed in one go, or unpacked; else one line to type."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tools import debian, system_packages

WORKS = '#!/bin/sh\necho "$LD_LIBRARY_PATH" "$@"\n'
BROKEN = "#!/bin/sh\nexit 1\n"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing in its PATH but `usr`; `bin` is for wrappers."""
    (tmp_path / "usr").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "usr"))
    monkeypatch.setattr(system_packages, "_SYSTEM_PATH", str(tmp_path / "usr"))
    monkeypatch.setattr(system_packages, "BIN_DIR", tmp_path / "bin")
    monkeypatch.setattr(debian, "PRIVATE_DIR", tmp_path / "debian")
    return tmp_path


def place(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def test_what_works_is_left_alone(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place(machine / "usr/judge", WORKS)
    monkeypatch.setattr(os, "geteuid", lambda: pytest.fail("asked who runs this"))
    system_packages.provide(["judge"])


def test_root_installs_all_that_is_missing_in_one_go(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    def apt(name: str, what: str, log: Path, command: list[str], env: dict[str, str]) -> int:
        commands.append(command)
        if "install" in command:
            for program in ("qemu-system-riscv32", "riscv64-unknown-elf-gcc"):
                place(machine / "usr" / program, WORKS)
        return 0

    place(machine / "usr/apt-get", WORKS)
    place(machine / "usr/tshark", WORKS)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(system_packages, "run_step", apt)
    system_packages.provide(["tshark", "qemu-system-riscv32", "riscv64-unknown-elf-gcc"])
    assert [command[1] for command in commands] == ["update", "install"]
    assert commands[1][4:] == [
        "qemu-system-misc",
        "gcc-riscv64-unknown-elf",
        "picolibc-riscv64-unknown-elf",
    ]


def test_a_compiler_without_its_library_counts_as_missing(machine: Path) -> None:
    place(machine / "usr/riscv64-unknown-elf-gcc", BROKEN)
    assert system_packages.missing(["riscv64-unknown-elf-gcc"]) == ["riscv64-unknown-elf-gcc"]


def unpacks(text: str) -> object:
    """In place of apt: a package with two programs, a library, and picolibc's specs."""

    def unpack_packages(names: list[str], target: Path, *, with_dependencies: bool) -> Path:
        assert with_dependencies
        for name in ("gcc", "size"):
            place(target / f"usr/bin/riscv64-unknown-elf-{name}", text)
        place(target / "usr/bin/unrelated", text)
        place(target / "usr/lib/x86_64-linux-gnu/libjudge.so.1", "")
        place(
            target / "usr/lib/picolibc/riscv64-unknown-elf/picolibc.specs",
            "-isystem /usr/lib/picolibc/include",
        )
        (target / "usr/lib/gcc/riscv64-unknown-elf/12.2.0").mkdir(parents=True)
        return target

    return unpack_packages


def test_without_root_it_is_unpacked_with_its_family_and_knows_its_place(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(debian, "unpack_packages", unpacks(WORKS))
    system_packages.provide(["riscv64-unknown-elf-gcc"])
    wrappers = sorted(path.name for path in (machine / "bin").iterdir())
    assert wrappers == ["riscv64-unknown-elf-gcc", "riscv64-unknown-elf-size"]
    folder = machine / "debian/gcc-riscv64-unknown-elf"
    specs = folder / "usr/lib/gcc/riscv64-unknown-elf/12.2.0/picolibc.specs"
    assert specs.read_text() == f"-isystem {folder}/usr/lib/picolibc/include"
    run = subprocess.run(
        [machine / "bin/riscv64-unknown-elf-size", "two words"], capture_output=True, text=True
    )
    assert run.stdout == f"{folder}/usr/lib/x86_64-linux-gnu two words\n"


def compile_library(folder: Path, name: str, text: str, *options: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    command = ["cc", "-shared", "-fPIC", "-o", str(folder / name), "-x", "c", "-"]
    command += ["-x", "none", *options]
    subprocess.run(command, input=text, text=True, check=True, env={"PATH": os.defpath})


def test_a_library_the_system_has_is_left_alone(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: pytest.fail("asked who runs this"))
    system_packages.provide(["libc.so.6"])


def test_an_unpacked_library_finds_those_unpacked_with_it(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unpack_packages(names: list[str], target: Path, *, with_dependencies: bool) -> Path:
        assert with_dependencies and names == ["libunheardof.so.1"]
        folder = target / "usr/lib/x86_64-linux-gnu"
        compile_library(folder, "libz_below.so.1", "int below(void) { return 42; }")
        compile_library(
            folder,
            "libunheardof.so.1",
            "int below(void); int unheard_of(void) { return below(); }",
            "-Wl,-z,now",
            str(folder / "libz_below.so.1"),
        )
        return target

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(debian, "unpack_packages", unpack_packages)
    system_packages.provide(["libunheardof.so.1"])
    assert system_packages.load_library("libunheardof.so.1").unheard_of() == 42


def test_an_unpacked_library_that_does_not_load_is_an_error(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(debian, "unpack_packages", unpacks(BROKEN))
    assert system_packages.main(["libjudge.so.1"]) == 1
    assert "libjudge.so.1" in capsys.readouterr().err


def test_when_nothing_helps_there_is_one_line_to_type(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(debian, "unpack_packages", unpacks(BROKEN))
    assert system_packages.main(["riscv64-unknown-elf-gcc", "cmake"]) == 1
    *_, line = capsys.readouterr().err.splitlines()
    assert line == (
        "Type once, as root:  apt-get install --no-install-recommends"
        " gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf cmake"
    )
    # A wrapper that does not work must not stand before a program that is installed later.
    assert list((machine / "bin").iterdir()) == []
