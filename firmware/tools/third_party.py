"""The contents of `third_party.toml` as checked values."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import toml_subset

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9][a-z0-9.+-]*")


class ManifestError(ValueError):
    """`third_party.toml` says something that can not be: the message names the entry."""


@dataclass(frozen=True)
class Source:
    """One archive: its content hash and every place that serves those very bytes."""

    sha256: str
    pool: str | None
    urls: tuple[str, ...]

    @property
    def file_name(self) -> str:
        """Name of the archive in the cache; also what a person drops there by hand."""
        return (self.pool or self.urls[0]).rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Project:
    """One third-party project at one version, with its interchangeable archives."""

    name: str
    version: str
    licence: str
    purpose: str
    strip: int
    sources: tuple[Source, ...]
    only: tuple[str, ...] = ()
    on_demand: bool = False


def read_manifest(path: Path) -> dict[str, Project]:
    """All projects by name; raises `ManifestError` on anything incomplete."""
    try:
        return {name: _project(name, table) for name, table in toml_subset.load(path).items()}
    except ManifestError as error:
        raise ManifestError(f"{path}: {error}") from None
    except ValueError as error:
        raise ManifestError(f"{path}: not readable: {error}") from error


def _project(name: str, table: Any) -> Project:
    if not _NAME.fullmatch(name):
        raise ManifestError(f"[{name}]: not a usable folder name")
    if not isinstance(table, dict) or not table.get("source"):
        raise ManifestError(f"[{name}]: has no [[{name}.source]]")
    for key in ("version", "licence", "purpose"):
        if not isinstance(table.get(key), str) or not table[key]:
            raise ManifestError(f"[{name}]: {key} is missing")
    return Project(
        name=name,
        version=table["version"],
        licence=table["licence"],
        purpose=table["purpose"],
        strip=table.get("strip", 1),
        sources=tuple(_source(name, source) for source in table["source"]),
        only=tuple(table.get("only", ())),
        on_demand=table.get("on_demand", False),
    )


def _source(name: str, table: dict[str, Any]) -> Source:
    sha256, pool, urls = table.get("sha256", ""), table.get("pool"), tuple(table.get("urls", ()))
    if not _SHA256.fullmatch(sha256):
        raise ManifestError(f"[[{name}.source]]: sha256 must be 64 lower case hex digits")
    if not pool and not urls:
        raise ManifestError(f"[[{name}.source]]: neither pool nor urls says where it is")
    source = Source(sha256, pool, urls)
    if not source.file_name or source.file_name.startswith("."):
        raise ManifestError(f"[[{name}.source]]: {pool or urls[0]} does not end in a file name")
    return source
