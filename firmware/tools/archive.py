"""Unpack tarballs and Debian packages without trusting what is inside them.

CPython's own `tarfile` filters came late in the life of 3.10 and 3.11, so the rules are enforced
here: only files, folders and links; nothing outside the target, neither by name nor by a link.
"""

import fnmatch
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

_AR_MAGIC = b"!<arch>\n"
_AR_HEADER = 60


class ArchiveError(Exception):
    """The archive is broken or wants something it may not: the message names the member."""


def unpack(archive: Path, target: Path, strip: int = 0, only: Sequence[str] = ()) -> None:
    """Unpack into the existing folder `target`, dropping `strip` leading path components.

    With `only`, what matches one of these patterns (of the remaining path, `*` also matches `/`).
    In a .deb, absolute link targets mean the package's own root. Raises `ArchiveError`.
    """
    is_deb = archive.name.endswith(".deb")
    try:
        with _open_deb(archive) if is_deb else tarfile.open(archive) as tar:
            _extract(tar, target.resolve(), strip, only, rebase_links=is_deb)
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise ArchiveError(f"{archive.name}: {error}") from error
    except ArchiveError as error:
        raise ArchiveError(f"{archive.name}: {error}") from None


def _extract(
    tar: tarfile.TarFile, root: Path, strip: int, only: Sequence[str], *, rebase_links: bool
) -> None:
    for member in tar:
        names = _safe_names(member.name)[strip:]
        if not names or not _wanted("/".join(names), only):
            continue
        path = root.joinpath(*names)
        if not _inside(path.parent, root):
            raise ArchiveError(f"{member.name} leads out through a link")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            path.unlink()
        if member.isdir():
            path.mkdir(exist_ok=True)
        elif member.isfile():
            _write_file(tar, member, path)
        elif member.issym():
            _make_link(member, path, root, rebase=rebase_links)
        elif member.islnk():
            _copy_hard_link(member, path, root, strip)
        else:
            raise ArchiveError(f"{member.name} is neither file, folder nor link")


def _wanted(path: str, only: Sequence[str]) -> bool:
    return not only or any(fnmatch.fnmatchcase(path, pattern) for pattern in only)


def _safe_names(name: str) -> list[str]:
    parts = [part for part in PurePosixPath(name).parts if part != "."]
    if name.startswith("/") or ".." in parts or "\0" in name:
        raise ArchiveError(f"{name} points out of the folder")
    return parts


def _inside(path: Path, root: Path) -> bool:
    try:
        real = path.resolve()
    except RuntimeError as error:  # CPython before 3.13, for links that lead in a circle
        raise ArchiveError(str(error)) from error
    return real == root or root in real.parents


def _write_file(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    source = tar.extractfile(member)
    assert source is not None
    with source, path.open("xb") as stream:
        shutil.copyfileobj(source, stream)
    path.chmod(0o755 if member.mode & 0o100 else 0o644)


def _make_link(member: tarfile.TarInfo, path: Path, root: Path, *, rebase: bool) -> None:
    target = member.linkname
    if target.startswith("/"):
        if not rebase:
            raise ArchiveError(f"{member.name} is a link to {target}")
        target = os.path.relpath(root / target.lstrip("/"), path.parent)
    if not _inside(path.parent / target, root):
        raise ArchiveError(f"{member.name} is a link out of the folder, to {target}")
    path.symlink_to(target)


def _copy_hard_link(member: tarfile.TarInfo, path: Path, root: Path, strip: int) -> None:
    target = root.joinpath(*_safe_names(member.linkname)[strip:])
    if not _inside(target, root) or not target.is_file():
        raise ArchiveError(f"{member.name} is a link to {member.linkname}, which is not there")
    shutil.copy2(target, path)


def _open_deb(path: Path) -> tarfile.TarFile:
    for name, content in _ar_members(path):
        if name.startswith("data.tar"):
            if name.endswith(".zst"):
                content = _data_through_dpkg(path)
            return tarfile.open(fileobj=io.BytesIO(content))
    raise ArchiveError("no data.tar in the package")


def _ar_members(path: Path) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as stream:
        if stream.read(len(_AR_MAGIC)) != _AR_MAGIC:
            raise ArchiveError("not a Debian package")
        while header := stream.read(_AR_HEADER):
            if len(header) < _AR_HEADER or header[58:] != b"`\n":
                raise ArchiveError("broken package header")
            size = int(header[48:58])
            content = stream.read(size)
            if len(content) < size:
                raise ArchiveError("package is cut short")
            stream.read(size % 2)
            yield header[:16].decode("ascii").strip().rstrip("/"), content


def _data_through_dpkg(path: Path) -> bytes:
    """Some distributions pack with zstd, which CPython reads only from 3.14 on: dpkg does."""
    if not shutil.which("dpkg-deb"):
        raise ArchiveError("packed with zstd: install dpkg to read it")
    run = subprocess.run(
        ["dpkg-deb", "--fsys-tarfile", str(path)], capture_output=True, check=False
    )
    if run.returncode:
        raise ArchiveError(f"dpkg-deb: {run.stderr.decode(errors='replace').strip()}")
    return run.stdout
