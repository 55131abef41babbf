"""What a display says of the floor and of geolocation: two short lines, always both."""

WIDTH_CHARS = 16  # eight pixels each on the narrowest display, 128 pixels

_FLOOR = {
    "idle": "Channel free",
    "pending": "Wait...",
    "talk": "SPEAK NOW",
    "receive": "Receiving",
    "denied": "Channel busy",
    "fault": "FAULT",
}
_GEO = {
    "off": "Location off",
    "on": "Location: no fix",
    "fix": "Location ON",
}
# The floor at a glance on a colour display: (red, green, blue), 0 to 255.
_COLOUR = {
    "idle": (0, 0, 0),
    "pending": (160, 110, 0),
    "talk": (200, 0, 0),
    "receive": (0, 130, 0),
    "denied": (110, 0, 110),
    "fault": (255, 0, 255),
}
_GEO_COLOUR = {"off": (0, 0, 0), "on": (0, 0, 150), "fix": (0, 0, 255)}


def floor_line(floor: str) -> str:
    """KeyError for a state that the Indicator contract does not know; so everywhere here."""
    return _FLOOR[floor]


def geo_line(geo: str) -> str:
    return _GEO[geo]


def floor_colour565(floor: str) -> int:
    """Background of the floor's line, as displays take it: RGB565."""
    return _rgb565(_COLOUR[floor])


def geo_colour565(geo: str) -> int:
    return _rgb565(_GEO_COLOUR[geo])


def _rgb565(colour: tuple) -> int:
    red, green, blue = colour
    return (red & 0xF8) << 8 | (green & 0xFC) << 3 | blue >> 3
