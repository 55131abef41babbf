"""Read the project's TOML files on every CPython from 3.10, which has no `tomllib` yet.

`load` takes `tomllib` where there is one. The parser here covers the part of TOML the project
uses and refuses the rest by line number: a file can not mean two things on two machines.
"""

import re
import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib

_KEY = r"[A-Za-z0-9_-]+"
_DOTTED = re.compile(rf"{_KEY}(?:\.{_KEY})*")
_PAIR = re.compile(rf"({_KEY})\s*=\s*(.*)", re.DOTALL)
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\["\\nt])*)"')
_INTEGER = re.compile(r"0x[0-9A-Fa-f]+(?:_[0-9A-Fa-f]+)*|[+-]?(?:0|[1-9][0-9]*(?:_[0-9]+)*)")
_ESCAPES = {'\\"': '"', "\\\\": "\\", "\\n": "\n", "\\t": "\t"}


class TomlError(ValueError):
    """The text is not in the subset: the message names the line."""


def load(path: Path) -> dict[str, Any]:
    """The content of one file; raises ValueError (`TomlError` or tomllib's) on bad syntax."""
    text = path.read_text(encoding="utf-8")
    if sys.version_info >= (3, 11):
        return tomllib.loads(text)
    return parse(text)


def parse(text: str) -> dict[str, Any]:
    """Tables, arrays of tables, strings, integers, booleans and arrays of those."""
    root: dict[str, Any] = {}
    table = root
    defined: set[str] = set()
    lines = iter(enumerate(text.split("\n"), 1))
    for number, line in lines:
        content = _without_comment(line)
        if not content:
            continue
        if content.startswith("[["):
            table = _open_array(root, _header(content, "[[", "]]", number), number)
        elif content.startswith("["):
            name = _header(content, "[", "]", number)
            if name in defined:
                raise TomlError(f"line {number}: table [{name}] is there twice")
            defined.add(name)
            table = _open_table(root, name, number)
        else:
            while not _balanced(content):
                _, more = next(lines, (0, None))
                if more is None:
                    raise TomlError(f"line {number}: array is never closed")
                content = f"{content} {_without_comment(more)}"
            _assign(table, content, number)
    return root


def _balanced(content: str) -> bool:
    bare = _STRING.sub('""', content)
    return bare.count("[") <= bare.count("]")


def _without_comment(line: str) -> str:
    position = 0
    while position < len(line):
        if line[position] == '"':
            match = _STRING.match(line, position)
            position = match.end() if match else len(line)
        elif line[position] == "#":
            return line[:position].strip()
        else:
            position += 1
    return line.strip()


def _header(content: str, opening: str, closing: str, number: int) -> str:
    name = content[len(opening) : -len(closing)].strip() if content.endswith(closing) else ""
    if not _DOTTED.fullmatch(name):
        raise TomlError(f"line {number}: not a table header: {content}")
    return name


def _descend(root: dict[str, Any], names: list[str], number: int) -> dict[str, Any]:
    table: Any = root
    for name in names:
        table = table.setdefault(name, {})
        if isinstance(table, list):
            table = table[-1]
        if not isinstance(table, dict):
            raise TomlError(f"line {number}: {name} is a value, not a table")
    found: dict[str, Any] = table
    return found


def _open_table(root: dict[str, Any], name: str, number: int) -> dict[str, Any]:
    return _descend(root, name.split("."), number)


def _open_array(root: dict[str, Any], name: str, number: int) -> dict[str, Any]:
    *path, last = name.split(".")
    items = _descend(root, path, number).setdefault(last, [])
    if not isinstance(items, list):
        raise TomlError(f"line {number}: {name} is not an array of tables")
    opened: dict[str, Any] = {}
    items.append(opened)
    return opened


def _assign(table: dict[str, Any], content: str, number: int) -> None:
    match = _PAIR.fullmatch(content)
    if not match:
        raise TomlError(f"line {number}: expected `key = value`: {content}")
    key, text = match.groups()
    if key in table:
        raise TomlError(f"line {number}: {key} is there twice")
    value, end = _value(text, 0, number)
    if text[end:].strip():
        raise TomlError(f"line {number}: text after the value: {text[end:].strip()}")
    table[key] = value


def _value(text: str, position: int, number: int) -> tuple[Any, int]:
    if text.startswith("[", position):
        return _array(text, position + 1, number)
    string = _STRING.match(text, position)
    if string:
        return re.sub(r"\\.", lambda e: _ESCAPES[e.group()], string.group(1)), string.end()
    word = re.compile(r"[^\s,\]]*").match(text, position)
    assert word is not None
    if word.group() in ("true", "false"):
        return word.group() == "true", word.end()
    if _INTEGER.fullmatch(word.group()):
        return int(word.group().replace("_", ""), 0), word.end()
    raise TomlError(f"line {number}: not a value of the subset: {text[position:]}")


def _array(text: str, position: int, number: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    while True:
        position = _skip_space(text, position)
        if text.startswith("]", position):
            return items, position + 1
        item, position = _value(text, position, number)
        items.append(item)
        position = _skip_space(text, position)
        if text.startswith(",", position):
            position += 1
        elif not text.startswith("]", position):
            raise TomlError(f"line {number}: expected , or ] in the array")


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position
