"""Who may import what: the seam between application, contracts, drivers and host, on ASTs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

Rule = Callable[[str], bool]

# Modules that compute and wait and touch nothing outside the interpreter's own state.
_PURE = {
    "array", "asyncio", "binascii", "build_info", "collections", "errno", "gc", "hashlib", "heapq",
    "json", "math", "micropython", "re", "struct", "sys", "time", "typing",
}  # fmt: skip
_FIRMWARE = {"handset", "hal", "ports", "board", "board_facts", "build_info"}
_BUILTINS_THAT_REACH_OUTSIDE = {"open", "input", "exec", "eval", "__import__"}


def _application(module: str) -> bool:
    return module.split(".")[0] in _PURE | {"handset", "hal"}


def _composition_root(module: str) -> bool:
    return _application(module) or module.split(".")[0] == "board"


def _contracts(module: str) -> bool:
    return module.split(".")[0] in _PURE | {"hal"}


def _board(module: str) -> bool:
    return module.split(".")[0] in {"board_facts", "hal", "ports"}


def _host(module: str) -> bool:
    return module.split(".")[0] not in _FIRMWARE


def _host_spec_loader(module: str) -> bool:
    return _host(module) or module.startswith("handset.link.spec")


def rule_for(path: Path) -> Rule | None:
    """The rule a file (relative to the repository) is under; None where anything goes."""
    parts = path.parts
    if parts[:2] == ("firmware", "handset"):
        return _composition_root if parts[2:] == ("main.py",) else _application
    if parts[:2] == ("firmware", "hal"):
        return _contracts
    if parts[0] == "boards" and parts[-1] == "board.py":
        return _board
    if parts[:3] == ("host", "src", "handsetctl"):
        return _host_spec_loader if path.name == "spec.py" else _host
    return None


def imports_of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of everything imported anywhere in the file, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def calls_reaching_outside(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of built-in functions that open files or import by name."""
    for node in ast.walk(tree):
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if name in _BUILTINS_THAT_REACH_OUTSIDE:
            yield node.lineno, f"{name}()"


def other_randomness(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of every way to random numbers that is not the board's rng."""
    for line, module in imports_of(tree):
        if module.split(".")[0] == "random" or module == "os.urandom":
            yield line, module
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "urandom":
            yield node.lineno, "urandom"


def _faults(relative: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    rule = rule_for(relative)
    on_the_handset = relative.parts[0] in {"firmware", "boards"} and relative.parts[1] != "tools"
    if rule is not None:
        yield from ((n, f"imports {module}") for n, module in imports_of(tree) if not rule(module))
        if relative.parts[0] == "firmware":
            yield from ((n, f"calls {name}") for n, name in calls_reaching_outside(tree))
    elif on_the_handset:
        yield from ((n, f"uses {name}, not Board.rng") for n, name in other_randomness(tree))


def breaches(root: Path) -> list[str]:
    """Every breach of a rule below `root`, as "file:line: what"."""
    found = []
    for folder in ("firmware", "boards", "host"):
        for path in sorted((root / folder).rglob("*.py")):
            relative = path.relative_to(root)
            tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
            found += [f"{relative}:{line}: {what}" for line, what in _faults(relative, tree)]
    return found
