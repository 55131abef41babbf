"""What one lamp shows of the floor and of geolocation: steps of (light, milliseconds), repeated.

Geolocation is always visible while it is on, whatever the floor does: the agent must be able to
tell at a glance that it is off. A light is 0 or 1 for a plain LED and (red, green, blue) otherwise.
"""

_OFF = 0
_ON = 1
_DARK = (0, 0, 0)

_PLAIN_FLOOR = {
    "idle": ((_OFF, 3000),),
    "pending": ((_ON, 60), (_OFF, 60)),
    "talk": ((_ON, 3000),),
    "receive": ((_ON, 300), (_OFF, 300)),
    "denied": ((_ON, 80), (_OFF, 80), (_ON, 80), (_OFF, 80), (_ON, 80), (_OFF, 600)),
    "fault": ((_ON, 1000), (_OFF, 100)),
}
# Between two rounds of the floor's pattern, begun with the light it does not end with: one blink
# without a fix, two with.
_PLAIN_GEO_BLINKS = {"off": 0, "on": 1, "fix": 2}
_BLINK_MS = 50

_COLOUR_FLOOR = {
    "idle": ((_DARK, 3000),),
    "pending": (((24, 14, 0), 60), (_DARK, 60)),
    "talk": (((32, 0, 0), 3000),),
    "receive": (((0, 32, 0), 3000),),
    "denied": (((32, 0, 0), 80), (_DARK, 80), ((32, 0, 0), 80), (_DARK, 80)),
    "fault": (((24, 0, 24), 1000), (_DARK, 100)),
}
_COLOUR_GEO = {
    "off": (),
    "on": (((0, 0, 32), 80),),
    "fix": (((0, 0, 32), 80), (_DARK, 80), ((0, 0, 32), 80)),
}


def plain(floor: str, geo: str) -> tuple:
    """Steps for a plain LED; KeyError for a state that the Indicator contract does not know."""
    steps = _PLAIN_FLOOR[floor]
    opposite = _OFF if steps[-1][0] == _ON else _ON
    blink = ((opposite, _BLINK_MS), (steps[-1][0], 3 * _BLINK_MS))
    return steps + blink * _PLAIN_GEO_BLINKS[geo]


def colour(floor: str, geo: str) -> tuple:
    """Steps for an RGB lamp; KeyError as above."""
    return _COLOUR_FLOOR[floor] + _COLOUR_GEO[geo]
