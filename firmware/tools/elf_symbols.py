"""Names of the symbols an ELF file defines or asks for: proof of what is not in a firmware."""

import struct
from collections.abc import Iterator

_SYMTAB = 2
_UNDEFINED = 0


def defined(elf: bytes) -> set[str]:
    """All names with an address in this file. Raises ValueError when it has no symbol table."""
    return {name for name, has_address in _symbols(elf) if has_address}


def undefined(elf: bytes) -> set[str]:
    """All names that another file must define. Raises ValueError when it has no symbol table."""
    return {name for name, has_address in _symbols(elf) if name and not has_address}


def _symbols(elf: bytes) -> Iterator[tuple[str, bool]]:
    if elf[:4] != b"\x7fELF" or elf[5] != 1:
        raise ValueError("not a little-endian ELF file")
    wide = elf[4] == 2
    table_offset = struct.unpack_from("<Q" if wide else "<L", elf, 40 if wide else 32)[0]
    entry_size, count = struct.unpack_from("<HH", elf, 58 if wide else 46)
    sections = [_section(elf, table_offset + i * entry_size, wide) for i in range(count)]
    for kind, offset, size, link in sections:
        if kind == _SYMTAB:
            yield from _names(elf[offset : offset + size], elf[sections[link][1] :], wide)
            return
    raise ValueError("no symbol table: the file is stripped")


def _section(elf: bytes, offset: int, wide: bool) -> tuple[int, int, int, int]:
    """Kind, offset in the file, size, and number of the linked section."""
    if wide:
        _, kind, _, _, start, size, link = struct.unpack_from("<LLQQQQL", elf, offset)
    else:
        _, kind, _, _, start, size, link = struct.unpack_from("<LLLLLLL", elf, offset)
    return kind, start, size, link


def _names(symbols: bytes, strings: bytes, wide: bool) -> Iterator[tuple[str, bool]]:
    layout = struct.Struct("<LBBHQQ" if wide else "<LLLBBH")
    for fields in layout.iter_unpack(symbols):
        section = fields[3] if wide else fields[5]
        name = strings[fields[0] : strings.index(b"\0", fields[0])].decode("ascii")
        yield name, section != _UNDEFINED
