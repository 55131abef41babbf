"""The handset's half of `handsetctl dev`, on CPython: modules take the place of others."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = Path(__file__).resolve().parents[3] / "firmware" / "development" / "working_tree.py"


@pytest.fixture
def working_tree(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module, in a firmware of the build "this"; sys.modules is as before at the end."""
    digests = ModuleType("tree_digests")
    digests.BUILD = "this"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tree_digests", digests)
    monkeypatch.setattr(sys, "path", list(sys.path))
    spec = importlib.util.spec_from_file_location("working_tree", SOURCE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    before = set(sys.modules)
    yield module
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def frozen(tmp_path: Path) -> Path:
    """A package as if frozen: frozen_app.a imports frozen_app.b."""
    package = tmp_path / "frozen" / "frozen_app"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("from frozen_app.b import NAME\n")
    (package / "b.py").write_text("NAME = 'frozen'\n")
    sys.path.insert(0, str(package.parent))
    return tmp_path


def test_a_loaded_module_is_what_frozen_ones_import(working_tree: ModuleType, frozen: Path) -> None:
    folder = frozen / "tree"
    folder.mkdir()
    (folder / "frozen_app~b.py").write_text("NAME = 'tree'\n")
    path = list(sys.path)
    working_tree.load(["frozen_app.b"], str(folder))
    import frozen_app.a  # type: ignore[import-not-found]

    assert frozen_app.a.NAME == frozen_app.b.NAME == "tree"
    assert sys.path == path
    assert not [name for name in sys.modules if "~" in name]


def test_a_package_that_the_firmware_lacks(working_tree: ModuleType, frozen: Path) -> None:
    folder = frozen / "tree"
    folder.mkdir()
    (folder / "frozen_app~new~__init__.py").write_text("")
    (folder / "frozen_app~new~words.py").write_text("NAME = 'new'\n")
    working_tree.load(["frozen_app.new.__init__", "frozen_app.new.words"], str(folder))
    from frozen_app.new.words import NAME  # type: ignore[import-not-found]

    assert NAME == "new"


@pytest.mark.parametrize(
    ("pushed", "expected"),
    [
        ("this\nfrozen_app.b 0123\n", "tree"),
        ("other\nfrozen_app.b 0123\n", "frozen"),
        ("", "frozen"),
        (None, "frozen"),
    ],
)
def test_what_was_pushed_counts_for_its_own_build_only(
    working_tree: ModuleType, frozen: Path, pushed: str | None, expected: str
) -> None:
    folder = frozen / "pushed"
    folder.mkdir()
    (folder / "frozen_app~b.py").write_text("NAME = 'tree'\n")
    if pushed is not None:
        (folder / "modules").write_text(pushed)
    working_tree.FOLDER = str(folder)  # type: ignore[attr-defined]
    working_tree.load_pushed()
    import frozen_app.a

    assert expected == frozen_app.a.NAME
