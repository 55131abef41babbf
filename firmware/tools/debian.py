"""Debian packages without root: ask apt what it would take, fetch and unpack just that.

apt is used with its own configuration (sources, proxies, keys); only its state and cache are
private, so that an unprivileged user may refresh the lists. Hashes come from the signed lists.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from tools import files
from tools.archive import ArchiveError, unpack
from tools.download import DownloadError, download
from tools.fetch import ROOT, cache_folder
from tools.progress import say

PRIVATE_DIR = ROOT / "build" / "debian"
_URI_LINE = re.compile(r"^'([^']+)' (\S+) \d+ SHA256:([0-9a-f]{64})$", re.MULTILINE)

_PLANNED = re.compile(r"^Inst (\S+) (?:\[[^]]*\] )?\((\S+) ", re.MULTILINE)


class PackageError(Exception):
    """A package could not be had without root; the message says why."""


def unpack_packages(names: list[str], target: Path, *, with_dependencies: bool = False) -> Path:
    """Unpack packages into `target` (replaced as a whole) and return it.

    With dependencies: also all that apt would install with them on this machine now,
    recommendations left out.
    Raises `PackageError`.
    """
    if not shutil.which("apt-get"):
        raise PackageError("this machine has no apt-get")
    with files.exclusive(PRIVATE_DIR):
        for lists in ("system", "private"):
            try:
                _unpack_all(_archives(names, with_dependencies, lists), target)
                return target
            except PackageError:
                pass  # no lists, or old ones that name files the mirror no longer has
        _refresh()
        _unpack_all(_archives(names, with_dependencies, "private"), target)
        return target


def _refresh() -> None:
    say("apt", "refreshing a private copy of the package lists (no root needed)")
    _apt([*_options("private"), "update"])


def _archives(names: list[str], with_dependencies: bool, lists: str) -> list[Path]:
    """Verified package files in the cache, as the "system" or the "private" lists name them."""
    options = _options(lists)
    if with_dependencies:
        plan = _apt([*options, "install", "--simulate", "-y", "--no-install-recommends", *names])
        planned = dict(_PLANNED.findall(plan))
        # One that is installed already is not planned, but asked for all the same.
        installed = [name for name in names if name not in planned]
        names = [f"{name}={version}" for name, version in planned.items()] + installed
    output = _apt([*options, "download", "--print-uris", *names]) if names else ""
    found = _URI_LINE.findall(output)
    if not found:
        raise PackageError(f"apt-get knows no way to {', '.join(names)}")
    return [_fetch(url, name.replace("%3a", ":"), sha256) for url, name, sha256 in found]


def _options(lists: str) -> list[str]:
    state, cache = PRIVATE_DIR / "apt" / "state", PRIVATE_DIR / "apt" / "cache"
    for folder in (state / "lists" / "partial", cache / "archives" / "partial"):
        folder.mkdir(parents=True, exist_ok=True)
    options = {
        "Dir::Cache": cache,
        "Dir::State::extended_states": state / "extended_states",
        "Debug::NoLocking": "true",
        "APT::Get::List-Cleanup": "false",
    }
    if lists == "private":
        options["Dir::State::lists"] = state / "lists"
    return [part for key, value in options.items() for part in ("-o", f"{key}={value}")]


def _apt(arguments: list[str]) -> str:
    run = subprocess.run(
        ["apt-get", "-q", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        cwd=PRIVATE_DIR,
    )
    if run.returncode:
        reasons = [line for line in run.stderr.splitlines() if line.startswith("E:")]
        raise PackageError("apt-get: " + "; ".join(reasons or [f"exit code {run.returncode}"]))
    return run.stdout


def _fetch(url: str, name: str, sha256: str) -> Path:
    folder = cache_folder() / "debian"
    with files.exclusive(folder):
        path = folder / name
        if not path.is_file() or files.sha256_of(path) != sha256:
            say("fetch", name)
            try:
                download(url, path, sha256, apt_may_help=True)
            except DownloadError as error:
                raise PackageError(f"{url}: {error}") from error
    return path


def _unpack_all(archives: list[Path], target: Path) -> None:
    fresh = target.with_name(f".{target.name}.new")
    files.remove(fresh)
    fresh.mkdir(parents=True)
    try:
        for archive in archives:
            unpack(archive, fresh)
        files.replace_folder(fresh, target)
    except ArchiveError as error:
        raise PackageError(str(error)) from error
    finally:
        files.remove(fresh)
