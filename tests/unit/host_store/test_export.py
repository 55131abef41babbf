"""Records as files."""

import base64
import csv
import errno
import io
import json
import os
import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from handset.link.store_spec import POSITION
from handset.records import entries
from handsetctl.bench.faults import PathUnusable
from handsetctl.bench.user_files import whole_file
from handsetctl.store.export import Format, format_of, write
from handsetctl.store.facts import Record

HERE = struct.pack(POSITION, 488566000, -23522000, 1763775720250)
RECORDS = (
    Record("values", "form/1", 0, "Rédigé à 12 h".encode()),
    Record("values", "form/2", 0, b"\xf8\x00\x01"),
    Record("values", "form/3", 0, None),
    Record("calls", "", 7, b"=1+1"),
    Record("positions", "", 12, HERE),
    Record("positions", "", 13, b"other"),
)


def written(format, records=RECORDS):
    out = io.StringIO()
    return write(records, out, format), out.getvalue()


def test_json_lines_are_exact_and_readable():
    count, text = written(Format.JSONL)
    rows = [json.loads(line) for line in text.splitlines()]
    assert (count.records, count.lost, count.left_out, count.malformed) == (6, 1, 0, 2)
    for row, record in zip(rows, RECORDS, strict=True):
        data = None if row["base64"] is None else base64.b64decode(row["base64"])
        assert (row["source"], data) == (record.source, record.data)
    assert [row["text"] for row in rows] == ["Rédigé à 12 h", None, None, "=1+1", None, "other"]
    assert [row["name"] for row in rows[:4]] == ["form/1", "form/2", "form/3", None]
    assert [row["number"] for row in rows[2:]] == [None, 7, 12, 13]
    assert rows[2]["lost"] is True
    assert rows[4]["entry"] == {"lat_deg": 48.8566, "lon_deg": -2.3522}
    assert rows[4]["utc"] == "2025-11-22T01:42:00.250Z"
    assert (rows[5]["entry"], rows[5]["error"]) == (None, "5 bytes are no position: at least 16")
    assert rows[4]["part"] == 0 and rows[5]["part"] is None


def test_csv_has_the_same_rows_and_no_formulas():
    _, text = written(Format.CSV)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 6
    assert [base64.b64decode(row["base64"]) for row in rows] == [r.data or b"" for r in RECORDS]
    assert rows[3]["text"] == "'=1+1"
    assert rows[4]["lat_deg"] == "48.8566"
    assert rows[3]["lat_deg"] == ""


def test_entries_of_the_handset_are_read_as_it_wrote_them():
    written_there = (
        Record("calls", "", 0, entries.call(1763775720250, 4200, "=sip:b@sim.invalid")),
        Record("consent", "", 0, entries.consent(-1, "geolocation", True)),
    )
    _, text = written(Format.JSONL, written_there)
    call, consent = (json.loads(line) for line in text.splitlines())
    assert call["entry"] == {"duration_ms": 4200, "user_id": "=sip:b@sim.invalid"}
    assert call["utc"] == "2025-11-22T01:42:00.250Z"
    assert (consent["utc"], consent["entry"]) == (None, {"what": "geolocation", "on": True})
    _, text = written(Format.CSV, written_there)
    call, consent = csv.DictReader(io.StringIO(text))
    assert (call["duration_ms"], call["user_id"]) == ("4200", "'=sip:b@sim.invalid")
    assert (consent["what"], consent["on"], consent["utc"]) == ("geolocation", "True", "")


@pytest.mark.parametrize(
    "user_id", ["mallory\r=1+1", "mallory\n=1+1", "\n=1+1", "\r\n@x", "\uff1d1+1", "a\n-1", "=1"]
)
def test_what_came_by_radio_is_one_cell_and_no_formula(user_id, tmp_path):
    call = Record("calls", "", 3, entries.call(1763775720250, 4200, user_id))
    with whole_file(tmp_path / "x.csv") as out:
        write((call, RECORDS[0]), out, Format.CSV)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "x.csv").read_bytes().decode(), newline="")))
    assert len(rows) == 2 and rows[0]["user_id"] == "'" + user_id
    assert base64.b64decode(rows[0]["base64"]) == call.data
    quoted = "\"'" + user_id + '"' if set(user_id) & set("\r\n") else "'" + user_id
    assert quoted.encode() in (tmp_path / "x.csv").read_bytes(), "of line ends in quotes only"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (entries.call(5, 4200, "a") + b"\x00", "1 bytes behind"),
        (b"\x83\x61a\x05\x61x", "utc_ms"),
        (b"\x83\xf5\x05\x61x", "utc_ms"),
        (b"\x83\xf9\x3e\x00\x05\x61x", "utc_ms"),
    ],
)
def test_an_entry_that_is_not_all_of_it_or_has_no_time_is_not_what_a_handset_writes(data, said):
    count, text = written(Format.JSONL, (Record("calls", "", 0, data),))
    assert count.malformed == 1 and said in json.loads(text)["error"]


@pytest.mark.parametrize("data", [b"", b"\xff", b"\x83\x01", b"\x81\x01", b"\xa0", b"\x00\x00"])
def test_an_entry_that_is_none_is_exported_as_it_is(data):
    _, text = written(Format.JSONL, (Record("calls", "", 0, data),))
    row = json.loads(text)
    assert (row["entry"], base64.b64decode(row["base64"])) == (None, data)
    assert row["error"]


@pytest.mark.parametrize("format", [Format.JSONL, Format.CSV])
@pytest.mark.parametrize(
    "field",
    [
        b"\x42\x00\x01",  # bytes
        b"\x81\x81\x00",  # lists
        b"\xa1\x01\x02",  # a map
        b"\xf9\x7e\x00",  # NaN
        b"\xfa\x7f\x80\x00\x00",  # infinity
        b"\xd8\x1c\x81\xd8\x1d\x00",  # a list that contains itself
        b"\xc2\x59\x0f\x00" + b"\xff" * 0xF00,  # more digits than Python writes
        b"\xc1\x00",  # a date
    ],
)
def test_an_entry_with_what_no_file_can_hold_is_one_row_with_an_error(format, field):
    records = [Record("calls", "", n, b"\x83\x01\x02" + field) for n in range(2)]
    records.insert(1, Record("calls", "", 9, entries.call(-1, 4200, "sip:b@sim.invalid")))
    count, text = written(format, records)
    assert (count.records, count.malformed) == (3, 2)
    if format is Format.JSONL:
        rows = [json.loads(line, parse_constant=pytest.fail) for line in text.splitlines()]
        assert [row["entry"] is None for row in rows] == [True, False, True]
    else:
        rows = list(csv.DictReader(io.StringIO(text)))
    assert ["user_id" in (row["error"] or "") for row in rows] == [True, False, True]
    assert [base64.b64decode(row["base64"]) for row in rows] == [r.data for r in records]


def test_numbers_of_an_entry_may_have_a_point_and_64_bits():
    fields = (b"\xf9\x3e\x00", b"\x1b" + b"\xff" * 8, b"\x3b" + b"\xff" * 8, b"\xf6")
    for field, value in zip(fields, (1.5, 2**64 - 1, -(2**64), None), strict=True):
        _, text = written(Format.JSONL, (Record("calls", "", 0, b"\x83\x01\x02" + field),))
        assert json.loads(text)["entry"]["user_id"] == value


def test_each_position_of_a_block_has_its_row():
    block = HERE + bytes((2, 1, 60)) + bytes((0, 0xC8, 1, 61))  # 1, -1, 60 s; 0, 100, 61 s
    records = (Record("positions", "", 3, block), Record("positions", "", 4, block[:-1]))
    count, text = written(Format.JSONL, records)
    rows = [json.loads(line) for line in text.splitlines()]
    assert [(row["number"], row["part"]) for row in rows] == [(3, 0), (3, 1), (3, 2), (4, None)]
    assert [row["entry"] and row["entry"]["lat_deg"] for row in rows] == [
        48.8566,
        48.856601,
        48.856601,
        None,
    ]
    assert [row["entry"]["lon_deg"] for row in rows[:3]] == [-2.3522, -2.352201, -2.352101]
    assert [row["utc"] and row["utc"][11:19] for row in rows] == [
        "01:42:00",
        "01:43:00",
        "01:44:01",
        None,
    ]
    assert [row["base64"] is None for row in rows] == [False, True, True, False]
    assert base64.b64decode(rows[0]["base64"]) == block
    assert rows[3]["error"] == "the block of 22 bytes ends within a position"
    assert (count.records, count.malformed) == (4, 1)
    for format in (Format.GEOJSON, Format.GPX):
        count, _ = written(format, records)
        assert (count.records, count.malformed, count.left_out) == (3, 1, 0)


def test_geojson_has_the_positions_longitude_first():
    count, text = written(Format.GEOJSON)
    collection = json.loads(text)
    (feature,) = collection["features"]
    assert collection["type"] == "FeatureCollection"
    assert feature["geometry"] == {"type": "Point", "coordinates": [-2.3522, 48.8566]}
    assert feature["properties"] == {"number": 12, "part": 0, "time": "2025-11-22T01:42:00.250Z"}
    assert (count.records, count.lost, count.left_out, count.malformed) == (1, 1, 3, 1)


def test_gpx_is_a_track():
    _, text = written(Format.GPX, RECORDS + RECORDS)
    points = ElementTree.fromstring(text).findall(".//{*}trkpt")
    assert [(p.get("lat"), p.get("lon")) for p in points] == [("48.8566000", "-2.3522000")] * 2
    assert points[0].findtext("{*}time") == "2025-11-22T01:42:00.250Z"


@pytest.mark.parametrize("format", list(Format))
def test_nothing_to_export_is_still_a_file_of_its_format(format):
    count, text = written(format, ())
    assert count.records == 0
    if format is Format.GEOJSON:
        assert json.loads(text)["features"] == []
    if format is Format.GPX:
        assert ElementTree.fromstring(text).tag.endswith("gpx")


def test_a_time_that_is_none_is_no_position():
    record = Record("positions", "", 1, struct.pack(POSITION, 0, 0, 2**62))
    count, text = written(Format.JSONL, (record,))
    assert json.loads(text)["utc"] is None and count.records == 1


@pytest.mark.parametrize(
    ("name", "format"),
    [("a.JSONL", "jsonl"), ("a.ndjson", "jsonl"), ("a.csv", "csv"), ("a.gpx", "gpx")],
)
def test_endings(name, format):
    assert format_of(Path(name)) is Format(format)
    assert format_of(Path("a.txt")) is None


def test_a_file_is_whole_or_as_before(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text("before")
    with pytest.raises(ZeroDivisionError), whole_file(file) as out:
        out.write("half %d" % (1 // 0))
    assert file.read_text() == "before"
    with whole_file(file) as out:
        out.write("after")
    assert file.read_text() == "after"
    assert [path.name for path in tmp_path.iterdir()] == ["x.jsonl"]
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(PathUnusable), whole_file(tmp_path / "no" / "x"):
        pass


def test_a_link_leads_to_the_file_that_is_written(tmp_path):
    (tmp_path / "real.csv").write_text("before")
    (tmp_path / "link.csv").symlink_to("real.csv")
    with whole_file(tmp_path / "link.csv") as out:
        out.write("after")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "after"


def test_what_is_no_file_is_refused_before_anything_is_written(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in (tmp_path / "pipe", tmp_path, Path("/dev/null")):
        with pytest.raises(PathUnusable, match="no regular file"), whole_file(name):
            pytest.fail("it was opened")
    assert (tmp_path / "pipe").is_fifo()


def test_a_disk_that_is_full_is_said_and_leaves_nothing_behind(tmp_path):
    (tmp_path / "x.csv").write_text("before")
    with pytest.raises(PathUnusable, match="no space left"), whole_file(tmp_path / "x.csv"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]
    assert (tmp_path / "x.csv").read_text() == "before"
