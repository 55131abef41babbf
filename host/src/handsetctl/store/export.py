"""Records of a store as files: JSON lines, CSV, and the positions among them as GeoJSON or GPX."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import Any, TextIO
from xml.sax.saxutils import escape, quoteattr

import cbor2

from handsetctl import spec
from handsetctl.store.facts import VALUES, Record
from handsetctl.store.positions import BlockError, Position, positions_in

POSITIONS = "positions"
_ENDINGS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".geojson": "geojson",
    ".gpx": "gpx",
}
# Integers that CBOR has without a tag; longer ones may have more digits than Python writes.
_INTEGER_END = 1 << 64
# What a spreadsheet takes for a formula, in the cell or in what a bad reader makes of its lines.
_FORMULA = re.compile(r"(^|[\r\n])[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")


class Format(str, Enum):
    """What an export may be written as."""

    JSONL = "jsonl"
    CSV = "csv"
    GEOJSON = "geojson"
    GPX = "gpx"


@dataclass(frozen=True)
class Count:
    """What was written: records, positions one by one; how many are lost to damage, how many were
    left out because they are no positions, and how many are not what the handset's table says."""

    records: int
    lost: int
    left_out: int
    malformed: int


def format_of(file: Path) -> Format | None:
    """By the ending of a name."""
    name = _ENDINGS.get(file.suffix.lower())
    return Format(name) if name else None


def positions_of(record: Record) -> list[Position]:
    """Where the agent was, if that is what the record says. Raises BlockError where it should."""
    if record.source != POSITIONS or record.data is None:
        return []
    return positions_in(record.data)


def rows_of(record: Record) -> list[dict[str, Any]]:
    """A record for programs: a row, or one of each position in it. The first row has all of the
    record, exactly, in base64; a record that is not what the table says has `error` in its row."""
    data = record.data
    row: dict[str, Any] = {
        "source": record.source,
        "name": record.name if record.source == VALUES else None,
        "number": None if record.source == VALUES else record.number,
        "part": None,
        "lost": data is None,
        "n_bytes": None if data is None else len(data),
        "utc": None,
        "entry": None,
        "text": None,
        "error": None,
        "base64": None if data is None else base64.b64encode(data).decode("ascii"),
    }
    try:
        positions = positions_of(record)
        row["utc"], row["entry"] = _entry(record)
    except ValueError as error:
        positions = []
        row["error"] = str(error)
    if positions:
        return [_position_row(row, part, position) for part, position in enumerate(positions)]
    if data is not None and row["entry"] is None:
        row["text"] = _text(data)
    return [row]


def _position_row(whole: dict[str, Any], part: int, position: Position) -> dict[str, Any]:
    place = {"lat_deg": position.lat_deg, "lon_deg": position.lon_deg}
    row = {**whole, "part": part, "utc": _utc(position.utc_ms), "entry": place}
    return {**row, "n_bytes": None, "base64": None} if part else row


def _entry(record: Record) -> tuple[str | None, dict[str, Any] | None]:
    """When, and what, for entries that are a CBOR list by the handset's table; ValueError where
    they are not."""
    names = dict(spec.store_constant("ENTRIES")).get(record.source)
    if names is None or record.data is None:
        return None, None
    values = _cbor(record.data)
    if not isinstance(values, list) or len(values) != len(names):
        raise ValueError(f"not a list of {', '.join(names)}")
    entry = dict(zip(names, values, strict=True))
    for name, value in entry.items():
        if not _is_plain(value):
            raise ValueError(f"{name} is no text, number, yes or no")
    if type(entry["utc_ms"]) is not int:
        raise ValueError("utc_ms is no integer")
    return _utc(entry.pop("utc_ms")), entry


def _cbor(data: bytes) -> Any:
    """The one value that these bytes are."""
    left = io.BytesIO(data)
    try:
        value = cbor2.load(left)
    except (cbor2.CBORDecodeError, EOFError) as error:
        raise ValueError(f"no CBOR: {error}") from None
    if left.tell() != len(data):
        raise ValueError(f"{len(data) - left.tell()} bytes behind the CBOR")
    return value


def _is_plain(value: Any) -> bool:
    """Whether every format has a way to write it; CBOR has more, and may contain itself."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return -_INTEGER_END <= value < _INTEGER_END
    return value is None or isinstance(value, str)


def _utc(utc_ms: Any) -> str | None:
    """None for a time that is none, and where the handset did not know the date."""
    if not isinstance(utc_ms, int) or utc_ms < 0:
        return None
    try:
        moment = datetime.fromtimestamp(utc_ms / 1000.0, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write(records: Iterable[Record], out: TextIO, format: Format) -> Count:
    """Write all records, as `rows_of` has them or as positions."""
    counted = _Counted(records)
    _WRITERS[format](counted, out)
    return Count(counted.n_records, counted.n_lost, counted.n_left_out, counted.n_malformed)


class _Counted:
    """Records on their way to a writer."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = records
        self.n_records = self.n_lost = self.n_left_out = self.n_malformed = 0

    def rows(self) -> Iterator[dict[str, Any]]:
        for record in self._records:
            for row in rows_of(record):
                self.n_records += 1
                self.n_lost += row["lost"]
                self.n_malformed += row["error"] is not None
                yield row

    def positions(self) -> Iterator[tuple[Record, int, Position]]:
        """With the record each is from, and which of its positions it is."""
        for record in self._records:
            if record.data is None:
                self.n_lost += 1
                continue
            try:
                positions = positions_of(record)
            except BlockError:
                self.n_malformed += 1
                continue
            self.n_left_out += not positions
            for part, position in enumerate(positions):
                self.n_records += 1
                yield record, part, position


def _text(data: bytes) -> str | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if all(c.isprintable() or c in "\n\t" for c in text) else None


def _write_jsonl(records: _Counted, out: TextIO) -> None:
    for row in records.rows():
        out.write(json.dumps(row, ensure_ascii=False) + "\n")


def _write_csv(records: _Counted, out: TextIO) -> None:
    """RFC 4180. What is in entries has columns of its own. Text that a spreadsheet would run as a
    formula is given a quote in front; base64 is exact."""
    columns = list(rows_of(Record(VALUES, "", 0, b""))[0])
    at = columns.index("entry")
    columns[at : at + 1] = _entry_columns()
    # With its line ends the writer quotes both of their characters, wherever they are.
    rows = csv.DictWriter(out, columns, lineterminator="\r\n")
    rows.writeheader()
    for row in records.rows():
        row.update(row.pop("entry") or {})
        for column, value in row.items():
            if column != "base64" and isinstance(value, str) and _FORMULA.search(value):
                row[column] = "'" + value
        rows.writerow(row)


def _entry_columns() -> list[str]:
    named = [name for _, names in spec.store_constant("ENTRIES") for name in names]
    return ["lat_deg", "lon_deg", *dict.fromkeys(name for name in named if name != "utc_ms")]


def _write_geojson(records: _Counted, out: TextIO) -> None:
    """RFC 7946: longitude first."""
    out.write('{"type": "FeatureCollection", "features": [')
    for index, (record, part, position) in enumerate(records.positions()):
        feature = {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [position.lon_deg, position.lat_deg]},
            "properties": {
                "number": record.number,
                "part": part,
                "time": _utc(position.utc_ms),
            },
        }
        out.write((",\n" if index else "\n") + json.dumps(feature))
    out.write("\n]}\n")


def _write_gpx(records: _Counted, out: TextIO) -> None:
    """GPX 1.1, one track."""
    out.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gpx version="1.1" creator="handsetctl" xmlns="http://www.topografix.com/GPX/1/1">\n'
        "<trk><trkseg>\n"
    )
    for _, _, position in records.positions():
        lat, lon = (quoteattr(f"{deg:.7f}") for deg in (position.lat_deg, position.lon_deg))
        utc = _utc(position.utc_ms)
        time = f"<time>{escape(utc)}</time>" if utc else ""
        out.write(f"<trkpt lat={lat} lon={lon}>{time}</trkpt>\n")
    out.write("</trkseg></trk>\n</gpx>\n")


_WRITERS: dict[Format, Callable[[_Counted, TextIO], None]] = {
    Format.JSONL: _write_jsonl,
    Format.CSV: _write_csv,
    Format.GEOJSON: _write_geojson,
    Format.GPX: _write_gpx,
}
