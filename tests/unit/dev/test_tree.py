"""Which modules of a working tree are sent, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from handsetctl.dev.tree import Tree
from handsetctl.errors import BuildError
from tools import tree_digests

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small application: its main imports a and the board, and only a imports b."""
    files = {
        "boards/some/board.py": "import board_facts\nfrom ports.some import driver\n",
        "firmware/ports/__init__.py": "",
        "firmware/ports/some/driver.py": "from hal import contracts\n",
        "firmware/ports/other/driver.py": "",
        "firmware/hal/contracts.py": "import time\n",
        "firmware/handset/__init__.py": "",
        "firmware/handset/main.py": "import asyncio\nfrom board import make\nimport handset.a\n",
        "firmware/handset/a.py": "def late():\n    from handset.part.b import B\n",
        "firmware/handset/part/__init__.py": "",
        "firmware/handset/part/b.py": "if TYPE_CHECKING:\n    from handset.types import T\n",
        "firmware/handset/types.py": "",
        "firmware/handset/unused.py": "",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def names(tree: Tree, digests: dict[str, str] | None = None) -> list[str]:
    modules = tree.modules() if digests is None else tree.changed(digests)
    return [module.name for module in modules]


def test_every_module_comes_after_those_that_it_imports(root: Path) -> None:
    assert names(Tree(root, "some")) == [
        "handset.__init__",
        "ports.__init__",
        "hal.contracts",
        "ports.some.driver",
        "board",
        "handset.part.__init__",
        "handset.part.b",
        "handset.a",
        "handset.main",
    ]


def test_modules_that_import_each_other_come_once(root: Path) -> None:
    (root / "firmware/handset/part/b.py").write_text("import handset.a\n")
    assert names(Tree(root, "some")).count("handset.part.b") == 1


def test_only_what_a_firmware_has_not_is_changed(root: Path) -> None:
    tree = Tree(root, "some")
    frozen = {module.file: module.digest for module in tree.modules()}
    assert frozen.keys() >= {"board.py", "handset/part/__init__.py", "handset/a.py"}
    assert names(tree, frozen) == []
    (root / "firmware/handset/part/b.py").write_text("B = 1\n")
    (root / "firmware/handset/unused.py").write_text("B = 1\n")
    del frozen["hal/contracts.py"]
    assert names(tree, frozen) == ["hal.contracts", "handset.part.b"]


def test_the_firmware_build_names_and_digests_files_alike() -> None:
    """The other half of the comparison is made by the build, which cannot import this package."""
    text = tree_digests.collect(ROOT / "boards" / "qemu_rv32")
    frozen = dict(line.split() for line in text.splitlines())
    tree = Tree(ROOT, "qemu_rv32")
    assert len(tree.modules()) > 40
    assert names(tree, frozen) == []


def test_a_file_that_is_not_python_is_named(root: Path) -> None:
    (root / "firmware/handset/a.py").write_text("\nx = = 1\n")
    with pytest.raises(BuildError, match=r"handset/a\.py:2"):
        Tree(root, "some").modules()


def test_a_tree_without_the_board_is_refused(root: Path) -> None:
    with pytest.raises(BuildError, match="no board 'another'"):
        Tree(root, "another")
