"""Fetch third-party sources by pinned SHA-256 and unpack them into the build folder."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from tools import files, mirror
from tools.archive import ArchiveError, unpack
from tools.download import DownloadError, download
from tools.progress import say, size_text
from tools.third_party import ManifestError, Project, Source, read_manifest

ROOT = Path(__file__).resolve().parents[2]
STAMP = ".fetched.json"

_EPILOG = """\
Each archive is looked for in the local cache, then at the Debian mirror this machine's apt is set
up with, then upstream; whatever the way, it counts only when its SHA-256 is the one in
third_party.toml. Proxies and certificates are those of the environment (https_proxy,
SSL_CERT_FILE, ...).

environment:
  HANDSET_CACHE    folder of downloaded archives
                   (default ${XDG_CACHE_HOME:-~/.cache}/handset/downloads)

exit codes:
  0  everything asked for is unpacked
  1  something could not be had, or is broken: the message says what was tried and how to provide it
  2  wrong usage, or third_party.toml does not read

examples:
  make fetch                                                   everything
  PYTHONPATH=firmware python3 -m tools.fetch opus              one project
  PYTHONPATH=firmware python3 -m tools.fetch --offline --json  what is there, as JSON, no network
"""


class FetchError(Exception):
    """A project could not be had; the message is complete: what was tried, what to do next."""


@dataclass(frozen=True)
class Fetched:
    """Where a project is now and where its archive came from."""

    name: str
    version: str
    licence: str
    sha256: str
    origin: str
    folder: str
    only: str = ""
    """What of the archive is unpacked; all of it when empty."""


class Fetcher:
    """Brings projects to `out_dir/<name>`; asks `mirrors` only when the cache has no good copy."""

    def __init__(
        self,
        cache_dir: Path,
        out_dir: Path,
        mirrors: Callable[[], list[str]] = mirror.mirrors,
        *,
        offline: bool = False,
    ) -> None:
        self._cache_dir = cache_dir
        self._out_dir = out_dir
        self._mirrors = mirrors
        self._offline = offline

    def fetch(self, project: Project) -> Fetched:
        """Unpacked and verified, at once when it already is; raises `FetchError`."""
        folder = self._out_dir / project.name
        with files.exclusive(self._out_dir):
            present = read_stamp(folder)
            if present and self._is_current(present, project):
                return Fetched(**{**present, "origin": "unpacked", "folder": str(folder)})
            with files.exclusive(self._cache_dir):
                source, origin = self._archive(project)
                self._unpack(project, source, folder, origin)
        return self._record(project, source, folder, origin)

    def _is_current(self, stamp: dict[str, str], project: Project) -> bool:
        wanted = (project.version, " ".join(project.only))
        return (stamp.get("version"), stamp.get("only", "")) == wanted and stamp.get("sha256") in {
            source.sha256 for source in project.sources
        }

    def _archive(self, project: Project) -> tuple[Source, str]:
        """A verified archive in the cache, and where it came from."""
        tried: list[str] = []
        for source in project.sources:
            reason = self._cached(source)
            if reason is None:
                return source, "cache"
            tried.append(f"cache     {self._cache_dir / source.file_name}: {reason}")
        if self._offline:
            raise FetchError(self._failure(project, [*tried, "network   not asked (--offline)"]))
        for kind, source, url in self._addresses(project, tried):
            target = self._cache_dir / source.file_name
            say("fetch", f"{project.name} {project.version} from {url}")
            try:
                download(url, target, source.sha256, apt_may_help=kind == "mirror")
            except DownloadError as error:
                tried.append(f"{kind:<9} {url}: {error}")
                continue
            say("", f"{size_text(target.stat().st_size)}, SHA-256 as expected")
            return source, f"{kind} {url}"
        raise FetchError(self._failure(project, tried))

    def _cached(self, source: Source) -> str | None:
        """None when the cache holds the archive; else why it does not. Moves a bad copy away."""
        path = self._cache_dir / source.file_name
        if not path.is_file():
            return "not there"
        digest = files.sha256_of(path)
        if digest == source.sha256:
            return None
        bad = path.with_name(f"{path.name}.corrupt-{digest[:8]}")
        os.replace(path, bad)
        say("fetch", f"{path} is not what was pinned: moved to {bad.name}")
        return f"wrong content (SHA-256 {digest}), moved to {bad.name}"

    def _addresses(self, project: Project, tried: list[str]) -> list[tuple[str, Source, str]]:
        bases = self._mirrors() if any(source.pool for source in project.sources) else []
        if not bases:
            tried.append("mirror    apt names no Debian mirror on this machine")
        from_mirror = [
            ("mirror", source, f"{base}/pool/{source.pool}")
            for source in project.sources
            if source.pool
            for base in bases
        ]
        upstream = [("upstream", each, url) for each in project.sources for url in each.urls]
        return from_mirror + upstream

    def _failure(self, project: Project, tried: list[str]) -> str:
        wanted = [
            f"{source.file_name}\n      SHA-256 {source.sha256}"
            + "".join(f"\n      {url}" for url in source.urls)
            + (f"\n      any Debian mirror: pool/{source.pool}" if source.pool else "")
            for source in project.sources
        ]
        return "\n".join(
            [
                f"{project.name} {project.version} could not be fetched. Tried:",
                *(f"    {line}" for line in tried),
                "To provide it by hand, put one of these files",
                *(f"    {line}" for line in wanted),
                f"into {self._cache_dir} and run the same command again.",
            ]
        )

    def _unpack(self, project: Project, source: Source, folder: Path, origin: str) -> None:
        with tempfile.TemporaryDirectory(dir=self._out_dir, prefix=f".{project.name}-") as work:
            fresh = Path(work) / "unpacked"
            fresh.mkdir()
            try:
                unpack(self._cache_dir / source.file_name, fresh, project.strip, project.only)
            except ArchiveError as error:
                text = f"{project.name} {project.version} does not unpack: {error}"
                raise FetchError(text) from error
            stamp = asdict(self._record(project, source, folder, origin))
            del stamp["folder"]
            (fresh / STAMP).write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")
            files.replace_folder(fresh, folder)

    def _record(self, project: Project, source: Source, folder: Path, origin: str) -> Fetched:
        return Fetched(
            project.name,
            project.version,
            project.licence,
            source.sha256,
            origin,
            str(folder),
            " ".join(project.only),
        )


def read_stamp(folder: Path) -> dict[str, str] | None:
    """What was unpacked into `folder` and from where; None when that is not a whole fetch."""
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return stamp if isinstance(stamp, dict) and not folder.is_symlink() else None


def cache_folder() -> Path:
    """The folder of downloaded archives: HANDSET_CACHE, or the user's cache folder."""
    if os.environ.get("HANDSET_CACHE"):
        return Path(os.environ["HANDSET_CACHE"]).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "handset" / "downloads"


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.fetch",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="projects (default: all but on_demand)"
    )
    parser.add_argument(
        "--manifest", type=Path, default=ROOT / "third_party.toml", help="what to fetch"
    )
    parser.add_argument(
        "--out", type=Path, default=ROOT / "build" / "third_party", help="where to unpack"
    )
    parser.add_argument("--offline", action="store_true", help="use the cache only")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """The command: returns its exit code."""
    options = _arguments(argv)
    try:
        projects = read_manifest(options.manifest)
    except (ManifestError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    unknown = [name for name in options.names if name not in projects]
    if unknown:
        print(f"error: not in {options.manifest.name}: {', '.join(unknown)}", file=sys.stderr)
        print(f"       it has: {', '.join(projects)}", file=sys.stderr)
        return 2
    fetcher = Fetcher(cache_folder(), options.out.absolute(), offline=options.offline)
    fetched, failures = [], []
    for name in options.names or [name for name in projects if not projects[name].on_demand]:
        try:
            fetched.append(fetcher.fetch(projects[name]))
        except FetchError as error:
            failures.append(str(error))
        except OSError as error:
            failures.append(f"{name}: {error}. HANDSET_CACHE and --out choose other folders.")
    if options.json:
        result = {"fetched": [asdict(one) for one in fetched], "failed": failures}
        print(json.dumps(result, indent=1))
    for failure in failures:
        print(f"error: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
