"""Where the bench soldered its wires: the JSON file named by HANDSET_WIRING.

See `host/src/handsetctl/bench/README.md` for the picture of both sides.
"""

import json
import os

_KEYS = ("pins_fd", "gnss_fd", "media_fd", "floor_fd", "flash", "acoustics", "identity")


class WiringError(Exception):
    """The virtual handset was started without its bench."""


def load() -> dict:
    """The wiring of this handset. WiringError when there is none or it is incomplete."""
    path = os.getenv("HANDSET_WIRING")
    if not path:
        raise WiringError(
            "HANDSET_WIRING is not set: a virtual handset is started by its bench "
            "(handsetctl sim start), not by hand"
        )
    with open(path) as f:
        wiring = json.load(f)
    for key in _KEYS:
        if key not in wiring:
            raise WiringError("wiring file %s lacks '%s'" % (path, key))
    return wiring
