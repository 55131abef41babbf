"""The handset's own SMP commands: group 72, defined once.

Both sides execute this file, the firmware under MicroPython and the host under CPython, so it
imports nothing. There is deliberately no command that switches the microphone or the GNSS
receiver on: only the agent's own buttons do that.

Counters are not here: they are read through SMP's own group for them (statistics_group.py).

Kinds of a field: "str", "bytes", "int", "bool", "map" (fields in `of`), "list" (of the kind in
`of`, or of maps when `of` is a tuple of fields).
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GROUP = 72


class Field:
    """One entry of a message. `unit` is "" where there is none; `null` allows null instead."""

    def __init__(
        self, name: str, kind: str, unit: str, doc: str, of: "Any" = (), null: bool = False
    ) -> None:
        self.name = name
        self.kind = kind
        self.unit = unit
        self.doc = doc
        self.of = of
        self.null = null


class Command:
    """One command: what a read answers; for a write, what it takes (it answers the same).

    `write` is None for commands that cannot be written. Reads take no arguments.
    """

    def __init__(self, number: int, name: str, doc: str, read: "Any", write: "Any" = None) -> None:
        self.number = number
        self.name = name
        self.doc = doc
        self.read = read
        self.write = write


# All literals, so that on the handset it stays in flash. A field is (name, kind, unit, doc), with
# `of` and `null` behind it where needed; a command is (number, name, doc, read), with `write`.
ROWS = (
    (
        0,
        "identity",
        "Who this handset is and what runs on it.",
        (
            ("serial_number", "str", "", "number on the case"),
            ("user_id", "str", "", "MCPTT ID of the agent"),
            ("firmware", "str", "", "firmware version"),
            ("board", "str", "", "board name"),
            ("chip", "str", "", "chip the board carries or stands for"),
            ("micropython", "str", "", "MicroPython version"),
            ("capabilities", "list", "", "what the board can do", "str"),
            ("codecs", "list", "", "voice codecs compiled in", "str"),
            ("heap_bytes", "int", "bytes", "size of the Python heap"),
        ),
    ),
    (
        2,
        "floor",
        "Floor control: may this handset talk, and who does.",
        (
            ("state", "str", "", "state of the floor participant"),
            ("talker", "str", "", "MCPTT ID of who holds the floor, empty when nobody"),
            ("protected", "bool", "", "voice and floor are encrypted and authenticated"),
        ),
    ),
    (
        3,
        "geo",
        "Geolocation: the agent's switch, own position, positions heard from others.",
        (
            ("enabled", "bool", "", "the agent switched geolocation on"),
            ("fix", "bool", "", "the receiver knows where it is"),
            (
                "own",
                "map",
                "",
                "own position, null without a fix",
                (
                    ("lat_deg_e7", "int", "1e-7 deg", "latitude, WGS 84, north positive"),
                    ("lon_deg_e7", "int", "1e-7 deg", "longitude, WGS 84, east positive"),
                    ("utc_ms", "int", "ms", "when the position was fixed, since 1970-01-01 UTC"),
                    ("age_ms", "int", "ms", "time since the position arrived here"),
                ),
                True,
            ),
            (
                "heard",
                "list",
                "",
                "last position of each user heard",
                (
                    ("user_id", "str", "", "whose position"),
                    ("lat_deg_e7", "int", "1e-7 deg", "latitude, WGS 84, north positive"),
                    ("lon_deg_e7", "int", "1e-7 deg", "longitude, WGS 84, east positive"),
                    ("utc_ms", "int", "ms", "when the position was fixed, since 1970-01-01 UTC"),
                    ("age_ms", "int", "ms", "time since the position arrived here"),
                ),
            ),
        ),
    ),
    (
        4,
        "codec",
        "The voice codec used for talking.",
        (
            ("name", "str", "", "voice codec, one of identity's codecs"),
            ("bitrate_bps", "int", "bit/s", "bit rate of the codec; 0 writes the codec's default"),
            ("dtx", "bool", "", "discontinuous transmission: next to nothing is sent in pauses"),
        ),
        (
            ("name", "str", "", "voice codec, one of identity's codecs"),
            ("bitrate_bps", "int", "bit/s", "bit rate of the codec; 0 writes the codec's default"),
            ("dtx", "bool", "", "discontinuous transmission: next to nothing is sent in pauses"),
        ),
    ),
    (
        6,
        "memory",
        "The Python heap, and what the voice path takes from it.",
        (
            ("heap_free_bytes", "int", "bytes", "free heap"),
            ("heap_used_bytes", "int", "bytes", "used heap"),
            ("alloc_total_bytes", "int", "bytes", "allocated since boot, -1 if not known"),
            ("heap_bytes_in_voice_path", "int", "bytes", "allocated moving voice packets"),
            ("frames_in_voice_path", "int", "frames", "voice packets moved meanwhile"),
        ),
    ),
)


def field(row: tuple) -> Field:
    """A field of the table."""
    of = row[4] if len(row) > 4 else ()
    name, kind, unit, doc = row[:4]
    null = len(row) > 5 and row[5]
    return Field(name, kind, unit, doc, of if isinstance(of, str) else fields(of), null)


def fields(rows: tuple) -> tuple:
    """Several of them."""
    return tuple([field(row) for row in rows])


def commands() -> tuple:
    """The table, made of objects: for who has heap to spare, or wants it for a moment."""
    return tuple([_command(row) for row in ROWS])


def _command(row: tuple) -> Command:
    number, name, doc, read = row[:4]
    return Command(number, name, doc, fields(read), fields(row[4]) if len(row) > 4 else None)


def command(name: str) -> Command:
    """The command called `name`; KeyError if there is none."""
    for row in ROWS:
        if row[1] == name:
            return _command(row)
    raise KeyError(name)


def mismatch(fields: "Any", message: "Any") -> str:
    """What in `message` does not follow `fields`, as a phrase; "" when all does."""
    if not isinstance(message, dict):
        return "is not a map"
    for field in fields:
        if field.name not in message:
            return "lacks %r" % field.name
        wrong = _value_mismatch(field, message[field.name])
        if wrong:
            return "%r %s" % (field.name, wrong)
    if len(message) != len(fields):
        names = [field.name for field in fields]
        return "has unknown %r" % [name for name in message if name not in names][0]
    return ""


def _value_mismatch(field: Field, value: "Any") -> str:
    if value is None and field.null:
        return ""
    if field.kind == "map":
        return mismatch(field.of, value)
    if field.kind == "list":
        return _list_mismatch(field, value)
    return _scalar_mismatch(field.kind, value)


def _list_mismatch(field: Field, value: "Any") -> str:
    if not isinstance(value, (list, tuple)):
        return "is not a list"
    for item in value:
        if isinstance(field.of, tuple):
            wrong = mismatch(field.of, item)
        else:
            wrong = _scalar_mismatch(field.of, item)
        if wrong:
            return "has an item that " + wrong
    return ""


_TYPES: "dict[str, Any]" = {"str": str, "bytes": (bytes, bytearray), "int": int, "bool": bool}


def _scalar_mismatch(kind: str, value: "Any") -> str:
    # bool passes for int in CPython; on the wire it is another type.
    if not isinstance(value, _TYPES[kind]) or (kind == "int" and isinstance(value, bool)):
        return "is not %s" % kind
    return ""
