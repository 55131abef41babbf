"""The TOML reader for CPython 3.10 says what `tomllib` says, or refuses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import toml_subset
from tools.third_party import read_manifest

ROOT = Path(__file__).resolve().parents[3]
# Every TOML file that a tool reads before the virtual environment is there.
READ_BY_TOOLS = [ROOT / "third_party.toml", *sorted(ROOT.glob("boards/*/board.toml"))]

if sys.version_info >= (3, 11):
    import tomllib as reference
else:
    import tomli as reference


@pytest.mark.parametrize("path", READ_BY_TOOLS, ids=lambda path: str(path.relative_to(ROOT)))
def test_own_files_read_the_same(path: Path) -> None:
    text = path.read_text()
    assert toml_subset.parse(text) == reference.loads(text)


_VALUE = st.recursive(
    st.integers(-(10**12), 10**12) | st.booleans() | st.text(st.sampled_from('ab"\\#[]=, \n\t')),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)
_KEY = st.from_regex(r"[a-z][a-z0-9_-]{0,6}", fullmatch=True)


def rendered(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        for plain, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
            value = value.replace(plain, escape)
        return f'"{value}"'
    if isinstance(value, list):
        return "[\n  " + ",  # comment ]\n  ".join(rendered(item) for item in value) + "\n]"
    return str(value)


@given(st.dictionaries(_KEY, st.dictionaries(_KEY, _VALUE, max_size=3), max_size=3))
def test_what_tomllib_reads_it_reads_the_same(tables: dict[str, dict[str, object]]) -> None:
    text = "".join(
        f"[{name}]  # head\n"
        + "".join(f"{key} = {rendered(v)} # end\n" for key, v in table.items())
        for name, table in tables.items()
    )
    assert toml_subset.parse(text) == reference.loads(text) == tables


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "a = ",
        "a = 1 2",
        "a = 'literal'",
        'a = "open',
        "a = [1",
        "[a",
        "a = 1.5",
        "a = 1\na = 2",
    ]
    + ["[t]\n[t]", "a = 01", "a.b = 1", "a = {b = 1}", "[[a]]\n[a]\nb = 1\nb = 2", "a = 1\n[a]"],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(toml_subset.TomlError, match="line "):
        toml_subset.parse(text)


def test_every_project_is_pinned_by_hash_and_reachable_two_ways_or_by_the_mirror() -> None:
    for project in read_manifest(ROOT / "third_party.toml").values():
        assert all(len(source.sha256) == 64 for source in project.sources)
        assert any(source.pool for source in project.sources), project.name
        for source in project.sources:
            assert all(url.startswith("https://") for url in source.urls), project.name
