"""Let a program built for a newer libc start on this one: ask for an older version of its symbols.

The symbols themselves must then come from elsewhere (a preloaded library). 64-bit, little-endian.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

# ELF gABI "Sections"; LSB core "Symbol Versioning": section header, Verneed and Vernaux records.
_SECTION = struct.Struct("<IIQQQQII")
_NEED = struct.Struct("<HHIII")
_AUX = struct.Struct("<IHHII")
_SHT_GNU_VERNEED = 0x6FFFFFFE


def is_elf(data: bytes) -> bool:
    """Whether this is a 64-bit little-endian ELF file."""
    return data[:6] == b"\x7fELF\x02\x01"


def rename_version(path: Path, new: str, old: str) -> bool:
    """Where the file asks for version `new` of anything, ask for `old`, which it must know too."""
    data = bytearray(path.read_bytes())
    wanted = {record: name for record, name in _version_records(data) if name in (new, old)}
    originals = [record for record, name in wanted.items() if name == old]
    changed = [record for record, name in wanted.items() if name == new]
    for record in changed:
        hashed, _, _, name_at, _ = _AUX.unpack_from(data, originals[0])
        _, flags, index, _, following = _AUX.unpack_from(data, record)
        _AUX.pack_into(data, record, hashed, flags, index, name_at, following)
    if changed:
        path.write_bytes(data)
    return bool(changed)


def _version_records(data: bytearray) -> Iterator[tuple[int, str]]:
    """Offset of each Vernaux record and the version it asks for."""
    for _, kind, _, _, need, _, link, n_files in _sections(data):
        if kind != _SHT_GNU_VERNEED:
            continue
        names_at = _sections(data)[link][4]
        for _ in range(n_files):
            _, n_versions, _, aux, next_need = _NEED.unpack_from(data, need)
            record = need + aux
            for _ in range(n_versions):
                name_at, following = _AUX.unpack_from(data, record)[3:]
                start = names_at + name_at
                yield record, data[start : data.index(0, start)].decode()
                record += following
            need += next_need


def _sections(data: bytearray) -> list[tuple[int, ...]]:
    (start,) = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    return [_SECTION.unpack_from(data, start + i * size) for i in range(count)]
