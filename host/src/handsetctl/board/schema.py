"""The keys of `board.toml`, and what is said of a file that does not follow them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

BUTTONS = ("ptt", "geo", "up", "down", "left", "right", "ok")


@dataclass(frozen=True)
class Problem:
    """Where it is wrong, what is wrong, what to do."""

    where: str
    what: str
    next_step: str


@dataclass(frozen=True)
class Key:
    """One key: `of` is the type of its value, or of the items of its list."""

    of: type
    is_list: bool = False
    needed: bool = True
    choices: tuple[str, ...] = ()


_TEXT, _NUMBER = Key(str), Key(int)
_FREE_TEXT, _FLAG = Key(str, needed=False), Key(bool, needed=False)

TOP: Mapping[str, Key] = {
    "name": _TEXT,
    "title": _TEXT,
    "chip": _TEXT,
    "module": _FREE_TEXT,
    "port": Key(str, choices=("unix", "qemu", "esp32")),
    "architecture": Key(str, choices=("x64", "rv32imac", "rv32imc", "xtensa-lx6", "xtensa-lx7")),
    "console": Key(str, needed=False, choices=("uart0", "usb_serial_jtag")),
    "capabilities": Key(str, is_list=True, choices=("management", "voice", "ptt", "geo")),
    "codecs": Key(str, is_list=True, choices=("amrwb", "opus", "amrnb")),
    "buttons": Key(str, is_list=True, choices=BUTTONS),
}
TABLES: Mapping[str, Mapping[str, Key]] = {
    "heap": {"budget_bytes": _NUMBER, "word_factor": _NUMBER},
    "ram": {
        "total_bytes": _NUMBER,
        "system_bytes": _NUMBER,
        "external_bytes": Key(int, needed=False),
        "sources": Key(str, is_list=True, needed=False),
    },
    "voice": {"rom_bytes": _NUMBER, "ram_bytes": _NUMBER, "stack_bytes": _NUMBER},
    "vault": {
        "rom_bytes": _NUMBER,
        "ram_bytes": _NUMBER,
        "stack_bytes": _NUMBER,
        "hmac_key": Key(int, needed=False),
    },
    "store": {"records": _NUMBER},
    "flash": {
        "size_bytes": _NUMBER,
        "sector_bytes": _NUMBER,
        "partition": Key(dict, is_list=True),
    },
    "usb": {"ids": Key(str, is_list=True), "source": _FREE_TEXT},
}
OPTIONAL_TABLES: Mapping[str, Mapping[str, Key]] = {
    "audio": {
        "microphone": Key(str, choices=("i2s", "pdm", "es7210")),
        "microphone_slot": Key(str, choices=("left", "right")),
        "amplifier": Key(str, choices=("i2s",)),
        "half_duplex": Key(bool),
    },
    "gnss": {"baud_bps": _NUMBER},
}
ARRAYS: Mapping[str, Mapping[str, Key]] = {
    "part": {
        "name": _TEXT,
        "title": _TEXT,
        "model": _TEXT,
        "document": _TEXT,
        "onboard": _FLAG,
    },
    "pin": {
        "name": _TEXT,
        "gpio": _NUMBER,
        "part": _TEXT,
        "signal": _TEXT,
        "direction": Key(str, choices=("in", "out", "inout")),
        "document": _TEXT,
        "pull": Key(str, needed=False, choices=("up", "down")),
        "outer_pull": _FREE_TEXT,
        "via": _FREE_TEXT,
        "shares": _FREE_TEXT,
        "strapping_ok": _FREE_TEXT,
        "interrupt_ok": _FREE_TEXT,
        "usb_jtag_ok": _FREE_TEXT,
    },
    "wire": {
        "part": _TEXT,
        "signal": _TEXT,
        "to": _TEXT,
        "via": _FREE_TEXT,
        "why": _FREE_TEXT,
    },
}
PARTITION: Mapping[str, Key] = {
    "name": _TEXT,
    "offset_bytes": _NUMBER,
    "size_bytes": _NUMBER,
    "type": _FREE_TEXT,
    "subtype": _FREE_TEXT,
}
_FREE_TABLES = ("documents", "keyboard")
_OF_A_CHIP = ("module", "console", "audio", "documents", "part", "pin")


def validate(raw: dict[str, Any]) -> list[Problem]:
    """Everything that is wrong with the keys and types of one file."""
    tables = {*TABLES, *OPTIONAL_TABLES, *ARRAYS, *_FREE_TABLES}
    problems = list(_keys("", {k: v for k, v in raw.items() if k not in tables}, TOP))
    for name, keys in {**TABLES, **OPTIONAL_TABLES}.items():
        if name in raw or name in TABLES:
            problems += _table(raw, name, keys)
    for name in _FREE_TABLES:
        problems += _all_text(name, raw.get(name, {}))
    for name, keys in ARRAYS.items():
        problems += _array(f"[[{name}]]", raw.get(name, []), keys)
    flash = raw.get("flash")
    if isinstance(flash, dict):
        problems += _array("[[flash.partition]]", flash.get("partition", []), PARTITION)
    if raw.get("port") == "esp32":
        problems += [_missing("", name) for name in _OF_A_CHIP if name not in raw]
    return problems


def _table(raw: dict[str, Any], name: str, keys: Mapping[str, Key]) -> Iterator[Problem]:
    table = raw.get(name)
    if isinstance(table, dict):
        yield from _keys(f"[{name}]", table, keys)
    else:
        yield Problem("board.toml", f"has no table [{name}]", f"add it with {', '.join(keys)}")


def _array(where: str, items: Any, keys: Mapping[str, Key]) -> Iterator[Problem]:
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        yield Problem(where, "is not an array of tables", f"write {where} before each of them")
        return
    seen: set[str] = set()
    for number, item in enumerate(items, 1):
        name = item.get("name", f"number {number}")
        yield from _keys(f"{where} {name}", item, keys)
        if "name" in item and name in seen:
            yield Problem(f"{where} {name}", "is there twice", "give each its own name")
        seen.add(str(name))


def _all_text(name: str, table: Any) -> Iterator[Problem]:
    if not isinstance(table, dict):
        yield Problem(f"[{name}]", "is not a table", f"write [{name}] and a line for each key")
        return
    for key, value in table.items():
        if not isinstance(value, str):
            yield Problem(f"[{name}]", f"{key} is not text", "put it between quotation marks")


def _keys(where: str, table: Mapping[str, Any], keys: Mapping[str, Key]) -> Iterator[Problem]:
    for name, key in keys.items():
        if name in table:
            yield from _value(where, name, table[name], key)
        elif key.needed:
            yield _missing(where, name)
    for name in table:
        if name not in keys:
            hint = next(iter(get_close_matches(name, keys, 1)), "")
            yield Problem(
                where or "board.toml",
                f"has a key nobody reads: {name}",
                f"is it {hint}?" if hint else f"known are {', '.join(keys)}",
            )


def _missing(where: str, name: str) -> Problem:
    return Problem(
        where or "board.toml", f"lacks {name}", f"add it: boards/README.md tells what {name} is"
    )


def _value(where: str, name: str, value: Any, key: Key) -> Iterator[Problem]:
    where = where or "board.toml"
    if key.is_list and not isinstance(value, list):
        yield Problem(where, f"{name} is not a list", f"write {name} = [...]")
        return
    for item in value if key.is_list else [value]:
        # A boolean is an int to Python, not to a board.
        if not isinstance(item, key.of) or (key.of is int and isinstance(item, bool)):
            yield Problem(where, f"{name} is {item!r}", f"it takes {_called(key.of)}")
        elif isinstance(item, int) and item < 0:
            yield Problem(where, f"{name} is {item}", "it takes a number from 0 up")
        elif key.choices and item not in key.choices:
            yield Problem(where, f"{name} is {item!r}", f"choose from {', '.join(key.choices)}")


def _called(kind: type) -> str:
    return {str: "text", int: "a whole number", bool: "true or false"}.get(kind, "tables")
