"""The modules of a working tree that a board's application is made of."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from handsetctl.errors import BuildError

MAIN = "handset.main"


@dataclass(frozen=True)
class Module:
    """One Python file of the firmware."""

    name: str
    """Its full name; a package's file ends in ".__init__"."""
    file: str
    """Its name on the handset: handset/link/framing.py."""
    path: Path

    @property
    def digest(self) -> str:
        """As firmware/tools/tree_digests.py has it."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:16]


class Tree:
    """The firmware of a board in a checkout."""

    def __init__(self, root: Path, board: str) -> None:
        """``root``: the checkout's top folder. BuildError when it has no such board."""
        self._folders = (root / "boards" / board, root / "firmware")
        if not (self._folders[0] / "board.py").is_file():
            raise BuildError(
                f"this tree has no board '{board}', which the handset says it is",
                str(root),
                "name the top folder of a checkout with --from",
            )

    def modules(self) -> list[Module]:
        """What the application imports, itself last: each module after those that it imports."""
        seen: set[str] = set()
        return list(self._visit(MAIN, seen))

    def changed(self, digests: Mapping[str, str]) -> list[Module]:
        """Those of them that are not what a firmware has, by the digests of its files."""
        return [m for m in self.modules() if digests.get(m.file) != m.digest]

    def _visit(self, name: str, seen: set[str]) -> Iterator[Module]:
        for part in _with_parents(name):
            module = self._find(part)
            if module is None or module.name in seen:
                continue
            seen.add(module.name)
            for imported in _imports(module.path):
                yield from self._visit(imported, seen)
            yield module

    def _find(self, name: str) -> Module | None:
        for folder in self._folders:
            for suffix in ("", ".__init__"):
                file = f"{(name + suffix).replace('.', '/')}.py"
                if (folder / file).is_file():
                    return Module(name + suffix, file, folder / file)
        return None


def _with_parents(name: str) -> Iterator[str]:
    """ "a.b.c" is imported as "a", "a.b", "a.b.c"."""
    parts = name.split(".")
    return (".".join(parts[: n + 1]) for n in range(len(parts)))


def _imports(path: Path) -> Iterator[str]:
    """All that may be a module among what a file imports."""
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except SyntaxError as error:
        raise BuildError(f"not Python: {error.msg}", f"{path}:{error.lineno}") from error
    for node in _executed(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below, without what is there for type checkers only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from _executed(child)
