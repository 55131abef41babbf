"""The store's part of the page: what a record costs the flash, here and in files of littlefs."""

from __future__ import annotations

from figure_limits import Figures
from svg_parts import WIDTH, bar, picture, text

_USES = (("update", "a record rewritten"), ("journal", "a record appended"))
_SIDES = (("", "this store", "#33658a"), ("littlefs.", "sealed files on littlefs", "#c9ced6"))
_MEASURES = (
    ("program_ratio", "bytes programmed for each byte of payload"),
    ("erases_per_1000", "sectors erased for 1,000 records"),
)
_LABEL, _NUMBER, _BAR, _GAP = 320, 70, 16, 8
_NOTE = """
Records of 64 bytes, random ones rewritten while half of the flash is in use, or one journal that
grows. Sealing, chain, commit marks, sector headers and compaction are all in it; littlefs as
MicroPython ships it, on the same flash in the same run, gets records of 96 bytes (nonce, number
and tag on top)."""


def sections(figures: Figures) -> str:
    """The picture; nothing when the store was not measured."""
    if "store.update.program_ratio" not in figures:
        return ""
    charts = "".join(
        f"<h3>{title[:1].upper()}{title[1:]}</h3>{_bars(figures, name)}"
        for name, title in _MEASURES
    )
    return f"<h2>What the store costs the flash</h2><p>{_NOTE}</p>{charts}"


def _bars(figures: Figures, measure: str) -> str:
    values = {
        (use, side): figures[f"store.{side}{use}.{measure}"]
        for use, _ in _USES
        for side, _, _ in _SIDES
    }
    scale = (WIDTH - _LABEL - _NUMBER) / max(*values.values(), 1)
    shapes, y = [], 0.0
    for use, use_title in _USES:
        for side, side_title, colour in _SIDES:
            value = values[use, side]
            shapes.append(text(0, y + 12, f"{use_title}: {side_title}"))
            shapes.append(bar(_LABEL, y, max(1.0, value * scale), colour, f"{value:,}", _BAR))
            shapes.append(text(_LABEL + value * scale + 6, y + 12, f"{value:,}"))
            y += _BAR + 2
        y += _GAP
    return picture(y, shapes)
