"""TOML on every CPython from 3.10."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NotToml = (tomllib.TOMLDecodeError, UnicodeDecodeError)


def load(path: Path) -> dict[str, Any]:
    """The content of one file; raises FileNotFoundError, or one of `NotToml`."""
    return tomllib.loads(path.read_text(encoding="utf-8"))
