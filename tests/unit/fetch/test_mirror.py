"""Finding the Debian mirror of this machine without naming one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import mirror


@pytest.fixture
def apt_dir(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(
        "# deb http://off.invalid/debian x main\n"
        "deb [signed-by=/k.gpg arch=amd64] http://one.invalid/debian/ bookworm main\n"
        "deb-src http://source.invalid/debian bookworm main\n"
        "deb cdrom:[disc]/ bookworm main\n"
    )
    (tmp_path / "sources.list.d/debian.sources").write_text(
        "Types: deb\nURIs: http://two.invalid/debian http://three.invalid/debian\nSuites: x\n"
    )
    return tmp_path


def test_source_files_are_read_when_apt_itself_can_not_say(
    apt_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert mirror.mirrors(apt_dir) == [
        "http://one.invalid/debian",
        "http://two.invalid/debian",
        "http://three.invalid/debian",
    ]


def test_a_machine_without_apt_has_no_mirror(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert mirror.mirrors(tmp_path / "no-apt-here") == []


def test_apt_is_believed_first(
    apt_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apt_get = tmp_path / "apt-get"
    apt_get.write_text("#!/bin/sh\nprintf '%s\\n' http://apt.invalid/d/ http://apt.invalid/d\n")
    apt_get.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert mirror.mirrors(apt_dir) == ["http://apt.invalid/d"]
