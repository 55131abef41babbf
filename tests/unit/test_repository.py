"""The repository itself: readable at a glance, free of build results and of one machine's ways."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAIN_FOLDERS = [
    *["boards", "firmware", "firmware/handset", "firmware/hal", "firmware/ports"],
    *["firmware/cmodules/voice", "firmware/tools", "host", "host/src/handsetctl/bench"],
    *["tests", "tests/vectors"],
]
MAX_FILE_BYTES = 1_000_000
# Home folders, and places that exist on one machine only.
MACHINE_PATH = re.compile(
    r"(?<![\w.$})/])/(root|work|farm|Users|home/[a-z][a-z0-9_-]*)/|/tmp/[A-Za-z]+/\w"
)
REGISTRY_HOST = re.compile(
    r"deb\.debian|(?<!\w)pypi\.(org|python)|pythonhosted|registry\.npmjs|snapshot\.debian"
)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")


def tracked_files() -> list[Path]:
    """Files git knows or would add; without git (an exported tree) everything but build results."""
    run = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode == 0:
        names = run.stdout.split("\0")
        return [ROOT / name for name in names if name and (ROOT / name).is_file()]
    skipped = {"build", ".git", "__pycache__", ".hypothesis", ".pytest_cache", ".mypy_cache"}
    return [
        p for p in ROOT.rglob("*") if p.is_file() and not skipped & set(p.relative_to(ROOT).parts)
    ]


def lines_matching(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    found = []
    for path in files:
        if path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    return found


@pytest.fixture(scope="module")
def files() -> list[Path]:
    found = tracked_files()
    assert len(found) > 50
    return found


@pytest.mark.parametrize("folder", MAIN_FOLDERS)
def test_folder_says_what_lives_there(folder: str) -> None:
    assert (ROOT / folder / "README.md").is_file()


def test_nothing_large_is_tracked(files: list[Path]) -> None:
    assert [str(path) for path in files if path.stat().st_size > MAX_FILE_BYTES] == []


def test_no_path_of_one_machine(files: list[Path]) -> None:
    assert lines_matching(MACHINE_PATH, files) == []


def test_no_registry_is_named(files: list[Path]) -> None:
    assert lines_matching(REGISTRY_HOST, files) == []


def test_nothing_is_left_half_done(files: list[Path]) -> None:
    assert lines_matching(UNFINISHED, files) == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        # Put together here, so that this file itself names neither such a path nor such a host.
        (MACHINE_PATH, f'open("/{"root"}/x")'),
        (MACHINE_PATH, f"see /{'work'}/main/README.md"),
        (MACHINE_PATH, "cd /home/alice/handset"),
        (MACHINE_PATH, "/tmp/scratch/file"),
        (REGISTRY_HOST, f"http://deb.{'debian'}.org/debian"),
        (REGISTRY_HOST, f"https://{'pypi'}.org/simple"),
        (UNFINISHED, "# TODO: later"),
    ],
)
def test_checks_can_fail(tmp_path: Path, pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


@pytest.mark.parametrize(
    "text", ["~/.cache/handset", "$(ROOT)/source/x", "/dev/pts/3", "root/work.c"]
)
def test_ordinary_paths_pass(text: str) -> None:
    assert not MACHINE_PATH.search(text)
