"""Unpacking: what archives say about paths is not believed."""

from __future__ import annotations

import contextlib
import tarfile
from pathlib import Path

import pytest
from fetch_doubles import deb, tarball
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.archive import ArchiveError, unpack


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "outside" / "target"
    folder.mkdir(parents=True)
    (tmp_path / "outside" / "secret").write_text("mine")
    return folder


def write(target: Path, content: bytes, name: str = "a.tar.gz") -> Path:
    path = target.parent.parent / name
    path.write_bytes(content)
    return path


def link(name: str, to: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


def special(name: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    return info


def outside(target: Path) -> dict[str, str]:
    folder = target.parent
    return {
        str(path): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and target not in path.parents
    }


EVIL = {
    "parent": {"../secret": b"evil"},
    "deep parent": {"a/b/../../../secret": b"evil"},
    "absolute": {"/evil": b"evil"},
    "link to a file outside": {"x": link("x", "../secret")},
    "absolute link": {"x": link("x", "/etc/passwd")},
    "through a link": {"x": link("x", ".."), "x/secret": b"evil"},
    "link by a link": {"in": link("in", "."), "in/x": link("in/x", "../secret")},
    "hard link outside": {"x": link("x", "../secret", tarfile.LNKTYPE)},
    "hard link to nothing": {"x": link("x", "never-there", tarfile.LNKTYPE)},
    "device": {"x": special("x", tarfile.CHRTYPE)},
    "pipe": {"x": special("x", tarfile.FIFOTYPE)},
}


@pytest.mark.parametrize("members", EVIL.values(), ids=EVIL.keys())
def test_nothing_leads_out(target: Path, members: dict[str, bytes]) -> None:
    archive = write(target, tarball(members))  # type: ignore[arg-type]
    before = outside(target)
    with pytest.raises(ArchiveError, match=r"a\.tar\.gz"):
        unpack(archive, target)
    assert outside(target) == before


_PART = st.sampled_from(["..", ".", "a", "b", "", "target", "secret"])
_PATH = st.lists(_PART, min_size=1, max_size=5).map("/".join)


@given(st.lists(st.tuples(_PATH, st.none() | _PATH), min_size=1, max_size=6))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None
)
def test_no_combination_of_files_and_links_writes_outside(
    tmp_path_factory: pytest.TempPathFactory, members: list[tuple[str, str | None]]
) -> None:
    target = tmp_path_factory.mktemp("t") / "outside" / "target"
    target.mkdir(parents=True)
    (target.parent / "secret").write_text("mine")
    content = {
        name: b"evil" if to is None else link(name, to) for name, to in members if name.strip("/")
    }
    archive = write(target, tarball(content))  # type: ignore[arg-type]
    before = outside(target)
    with contextlib.suppress(ArchiveError):
        unpack(archive, target)
    assert outside(target) == before


def test_links_in_a_circle_end_in_an_error_at_most(target: Path) -> None:
    members = {"b": link("b", "b"), "a": link("a", "b"), "a/x": b"evil"}
    before = outside(target)
    with pytest.raises(ArchiveError):
        unpack(write(target, tarball(members)), target)  # type: ignore[arg-type]
    assert outside(target) == before


def test_links_within_are_kept(target: Path) -> None:
    members = {
        "lib/a.so.1": b"code",
        "lib/a.so": link("lib/a.so", "a.so.1"),
        "top": link("top", "lib"),
    }
    unpack(write(target, tarball(members)), target)  # type: ignore[arg-type]
    assert (target / "top/a.so").read_bytes() == b"code"


def test_hard_links_become_copies(target: Path) -> None:
    members = {"p/a": b"code", "p/b": link("p/b", "p/a", tarfile.LNKTYPE)}
    unpack(write(target, tarball(members)), target, strip=1)  # type: ignore[arg-type]
    assert (target / "b").read_bytes() == b"code"


def test_programs_stay_programs_and_nothing_is_setuid(target: Path) -> None:
    tool = tarfile.TarInfo("tool")
    tool.mode = 0o6755
    unpack(write(target, tarball({"tool": tool, "text": b""})), target)
    assert (target / "tool").stat().st_mode & 0o7777 == 0o755
    assert (target / "text").stat().st_mode & 0o7777 == 0o644


@pytest.mark.parametrize("cut", [10, 100, -30])
def test_cut_archive_is_refused(target: Path, cut: int) -> None:
    whole = tarball({"a": bytes(range(256)) * 64})
    with pytest.raises(ArchiveError):
        unpack(write(target, whole[:cut]), target)


def test_debian_package(target: Path) -> None:
    data = tarball({"./usr/share/doc/x": b"read", "./usr/share/odd": b"o"}, mode="w:xz")
    unpack(write(target, deb(data), "x_1_all.deb"), target)
    assert (target / "usr/share/doc/x").read_bytes() == b"read"


def test_absolute_link_of_a_package_means_its_own_root(target: Path) -> None:
    members = {"usr/lib/x": b"mine", "usr/bin/x": link("usr/bin/x", "/usr/lib/x")}
    data = tarball(members, mode="w:xz")  # type: ignore[arg-type]
    unpack(write(target, deb(data), "x.deb"), target)
    assert (target / "usr/bin/x").read_bytes() == b"mine"


def test_debian_package_is_not_trusted_more_than_a_tarball(target: Path) -> None:
    archive = write(target, deb(tarball({"../secret": b"evil"}, mode="w:xz")), "x.deb")
    with pytest.raises(ArchiveError):
        unpack(archive, target)
    assert (target.parent / "secret").read_text() == "mine"


@pytest.mark.parametrize(
    "damage", ["not a package", "cut in the header", "cut in the data", "no data"]
)
def test_broken_package_is_refused(target: Path, damage: str) -> None:
    good = deb(tarball({"a": b"b"}, mode="w:xz"))
    broken = {
        "not a package": b"PK" + good,
        "cut in the header": good[:90],
        "cut in the data": good[:-20],
        "no data": deb(b"", name="other.tar.xz"),
    }[damage]
    with pytest.raises(ArchiveError):
        unpack(write(target, broken, "x.deb"), target)


def test_only_what_is_asked_for_is_unpacked(target: Path) -> None:
    content = tarball({"x-1/bfd/isa.c": b"1", "x-1/bfd/elf.c": b"2", "x-1/include/deep/a.h": b"3"})
    unpack(write(target, content), target, 1, ("bfd/isa.c", "include/*.h"))
    found = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    assert found == {"bfd/isa.c", "include/deep/a.h"}
