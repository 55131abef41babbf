"""A program built for a newer library starts on an older one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools import elf_versions

VERSIONS = "OLD { global: old; local: *; };\nNEW { global: new; } OLD;\n"


def cc(*arguments: str | Path) -> None:
    subprocess.run(["gcc", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Built against a library with `new`, then left alone with one that never had it."""
    (tmp_path / "full.c").write_text("int old(void) { return 1; }\nint new(void) { return 2; }\n")
    (tmp_path / "less.c").write_text("int old(void) { return 1; }\n")
    (tmp_path / "versions").write_text(VERSIONS)
    (tmp_path / "old_versions").write_text("OLD { global: old; local: *; };\n")
    (tmp_path / "main.c").write_text(
        "int old(void);\nint new(void);\nint main(void) { return 10 * old() + new(); }\n"
    )
    library = tmp_path / "libpart.so"
    script = f"-Wl,--version-script={tmp_path}/versions"
    cc("-shared", "-fPIC", tmp_path / "full.c", script, "-o", library)
    cc(tmp_path / "main.c", library, f"-Wl,-rpath,{tmp_path}", "-o", tmp_path / "main")
    script = f"-Wl,--version-script={tmp_path}/old_versions"
    cc("-shared", "-fPIC", tmp_path / "less.c", script, "-o", library)
    (tmp_path / "shim.c").write_text("int new(void) { return 7; }\n")
    cc("-shared", "-fPIC", tmp_path / "shim.c", "-o", tmp_path / "shim.so")
    return tmp_path / "main"


def run(program: Path) -> subprocess.CompletedProcess[str]:
    env = {"LD_PRELOAD": str(program.parent / "shim.so")}
    return subprocess.run([program], env=env, capture_output=True, text=True, check=False)


def test_renamed_it_takes_the_symbol_from_elsewhere(program: Path) -> None:
    assert "version `NEW' not found" in run(program).stderr
    assert elf_versions.rename_version(program, "NEW", "OLD")
    ended = run(program)
    assert (ended.returncode, ended.stderr) == (17, "")


def test_what_asks_for_nothing_new_stays_as_it_is(program: Path) -> None:
    before = program.read_bytes()
    assert not elf_versions.rename_version(program, "NEWER", "OLD")
    assert program.read_bytes() == before


def test_only_elf_files_are_taken_for_elf_files(program: Path) -> None:
    assert elf_versions.is_elf(program.read_bytes()[:6])
    assert not elf_versions.is_elf(b"#!/bin/sh\n")
