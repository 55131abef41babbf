"""Flash use and wear of a store as one self-contained page: a cell a sector, a bar a sector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from handsetctl.store.facts import Sector, Status

# What vendors promise for the NOR flash beside such chips.
ERASES_PROMISED = 100_000

_COLUMNS = 32
_CELL, _GAP = 32, 4
_BAR = 14  # the lower part of a cell; the number is above it
_CHART_HEIGHT, _AXIS = 120, 56
_PAPER = {
    "clean": ("#ffffff", "erased, ready"),
    "dirty": ("#eceff3", "to be erased before it is used"),
    "live": ("#cfe0f3", "holds records"),
    "head": ("#fbe3b5", "being written"),
    "released": ("#e4ddf2", "emptied, not erased yet"),
    "bad": ("#f3c1bd", "refused by the flash, not used again"),
}
_OTHER = ("#dddddd", "")
_LIVE, _INK, _MUTED, _RULE, _WORN = "#1b62ab", "#17202b", "#5c6876", "#d8dee6", "#c4520f"

_CSS = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #17202b; line-height: 1.5; font-size: 16px;
  font-family: system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  font-variant-numeric: tabular-nums; }
main { max-width: 1240px; margin: 0 auto; padding: 40px 28px 72px; }
h1 { font-size: 19px; font-weight: 600; margin: 0; }
h2 { font-size: 21px; font-weight: 650; margin: 0 0 2px; }
section { margin-top: 40px; }
.facts, .lead, .limit, .label { color: #5c6876; }
.facts, .lead { margin: 0 0 14px; }
.note { margin: 16px 0; padding: 12px 18px; border-left: 6px solid #b3261e; border-radius: 4px;
  background: #fcf0ef; color: #b3261e; font-weight: 600; }
.tiles { display: grid; gap: 12px; grid-template-columns: repeat(4, 1fr); margin: 20px 0 0;
  padding: 0; list-style: none; }
.tile { border: 1px solid #d8dee6; border-radius: 8px; padding: 14px 16px 12px; }
.tile .label { font-size: 14px; }
.tile .value { font-size: 30px; font-weight: 650; line-height: 1.25; white-space: nowrap; }
.tile .value small { font-size: 15px; font-weight: 500; color: #5c6876; margin-left: 5px; }
.tile .limit { font-size: 13.5px; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 22px; margin: 0 0 12px; padding: 0;
  list-style: none; font-size: 14px; }
.legend i { display: inline-block; width: 14px; height: 14px; border: 1px solid #8c959f;
  border-radius: 3px; margin-right: 7px; vertical-align: -2px; }
svg { display: block; width: 100%; height: auto; }
svg text { font-family: inherit; }
table { border-collapse: collapse; font-size: 14.5px; }
th, td { text-align: left; padding: 5px 24px 5px 0; border-bottom: 1px solid #d8dee6; }
td { text-align: right; }
@media (max-width: 800px) { .tiles { grid-template-columns: repeat(2, 1fr); } }
@media print { main { padding: 0; } section { break-inside: avoid; } }
"""


def wear_page(
    name: str,
    created_utc: str,
    status: Status,
    sectors: Sequence[Sector],
    counters: Mapping[str, int],
) -> str:
    """The page as text; name: what the handset is called. Asks nothing of any server."""
    title = f"Flash of {name}"
    protected = (
        "" if status.protected else '<p class="note">Not protected against a dumped flash.</p>'
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_CSS}</style></head>\n<body><main>\n"
        f'<h1>{escape(title)}</h1><p class="facts">{escape(_line(created_utc, status, sectors))}'
        f"</p>\n{protected}\n{_tiles(status, sectors)}\n"
        "<section><h2>Use</h2><p class='lead'>A cell is a sector, in the order of the flash: how "
        "often it has been erased, and as a bar how much of it is still "
        f"needed.</p>{_legend(sectors)}{use_svg(sectors)}</section>\n"
        "<section><h2>Wear</h2><p class='lead'>Erases of each sector, in the same order. Even "
        f"bars: the work is shared.</p>{wear_svg(sectors)}</section>\n"
        f"<section><h2>All figures</h2>{_table(counters)}</section>\n"
        "</main></body></html>\n"
    )


def use_svg(sectors: Sequence[Sector]) -> str:
    """A cell a sector: state, live share, erase count."""
    step = _CELL + _GAP
    n_rows = (len(sectors) + _COLUMNS - 1) // _COLUMNS
    width, height = _COLUMNS * step, max(n_rows, 1) * step
    cells = []
    for index, sector in enumerate(sectors):
        x, y = index % _COLUMNS * step, index // _COLUMNS * step
        cells.append(_cell(sector, x, y))
    return _svg(width, height, "Use of the flash, sector by sector", cells)


def _cell(sector: Sector, x: int, y: int) -> str:
    paper = _PAPER.get(sector.state, _OTHER)[0]
    tall = round(_BAR * _share(sector), 1)
    said = (
        f"sector {sector.number}: {sector.state}, {sector.live_bytes} bytes needed, written up to "
        f"{sector.end_bytes} of {sector.n_bytes}, erased {sector.erases} times"
    )
    return (
        f"<g><title>{escape(said)}</title>"
        f'<rect x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" rx="3" fill="{paper}" '
        'stroke="#8c959f"/>'
        f'<rect x="{x + 1}" y="{round(y + _CELL - 1 - tall, 1)}" width="{_CELL - 2}" '
        f'height="{tall}" fill="{_LIVE}"/>'
        f'<text x="{x + _CELL // 2}" y="{y + 13}" font-size="11" text-anchor="middle" '
        f'fill="{_INK}">{_short(sector.erases)}</text></g>'
    )


def wear_svg(sectors: Sequence[Sector]) -> str:
    """A bar a sector: how often it has been erased."""
    width = _COLUMNS * (_CELL + _GAP)
    most = max((sector.erases for sector in sectors), default=0)
    step = (width - _AXIS) / max(len(sectors), 1)
    parts = []
    for value in sorted({0, most}):
        y = _height_of(value, most)
        parts.append(
            f'<path d="M{_AXIS} {y}H{width}" stroke="{_RULE}"/>'
            f'<text x="{_AXIS - 8}" y="{y + 4}" font-size="12" text-anchor="end" '
            f'fill="{_MUTED}">{value}</text>'
        )
    for index, sector in enumerate(sectors):
        y = _height_of(sector.erases, most)
        parts.append(
            f"<g><title>sector {sector.number}: erased {sector.erases} times</title>"
            f'<rect x="{_AXIS + index * step:.2f}" y="{y}" width="{max(step - 0.6, 0.6):.2f}" '
            f'height="{round(_CHART_HEIGHT + 10 - y, 1)}" fill="{_WORN}"/></g>'
        )
    return _svg(width, _CHART_HEIGHT + 20, "Erases of each sector", parts)


def _height_of(value: int, most: int) -> float:
    return round(10 + _CHART_HEIGHT * (1.0 - value / max(most, 1)), 1)


def _svg(width: int, height: int, label: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 {width + 2} {height + 2}" '
        f'role="img" aria-label="{escape(label)}">' + "\n".join(parts) + "</svg>"
    )


def _share(sector: Sector) -> float:
    return min(1.0, sector.live_bytes / sector.n_bytes) if sector.n_bytes else 0.0


def _short(count: int) -> str:
    return str(count) if count < 1000 else f"{count / 1000:.{0 if count >= 10_000 else 1}f}k"


def _line(created_utc: str, status: Status, sectors: Sequence[Sector]) -> str:
    size = f"{len(sectors)} sectors of {sectors[0].n_bytes} bytes" if sectors else "no sectors"
    return f"{size} · {status.records} records · {created_utc}"


def _tiles(status: Status, sectors: Sequence[Sector]) -> str:
    needed = sum(sector.live_bytes for sector in sectors)
    whole = sum(sector.n_bytes for sector in sectors)
    erases = [sector.erases for sector in sectors] or [0]
    tiles = (
        ("Needed", f"{100 * needed / max(whole, 1):.0f}", "%", f"{needed} of {whole} bytes"),
        ("Free", f"{status.free_bytes / 1024:.0f}", "KiB", "room for records"),
        ("Erases", f"{sum(erases) / len(erases):.1f}", "a sector", _spread(erases)),
        (
            "Worn",
            f"{100 * max(erases) / ERASES_PROMISED:.2f}",
            "%",
            f"most erased sector, of {ERASES_PROMISED:,} erases promised",
        ),
    )
    return (
        '<ul class="tiles">'
        + "".join(
            f'<li class="tile"><div class="label">{label}</div><div class="value">{value}'
            f'<small>{unit}</small></div><div class="limit">{escape(meaning)}</div></li>'
            for label, value, unit, meaning in tiles
        )
        + "</ul>"
    )


def _spread(erases: Sequence[int]) -> str:
    return f"from {min(erases)} to {max(erases)}"


def _legend(sectors: Sequence[Sector]) -> str:
    items = [("needed", _LIVE, "")]
    for state, count in sorted(Counter(sector.state for sector in sectors).items()):
        paper, meaning = _PAPER.get(state, _OTHER)
        items.append((f"{state} ({count})", paper, meaning))
    return (
        '<ul class="legend">'
        + "".join(
            f'<li><i style="background:{paper}"></i>{escape(words)}'
            + (f": {escape(meaning)}" if meaning else "")
            + "</li>"
            for words, paper, meaning in items
        )
        + "</ul>"
    )


def _table(counters: Mapping[str, int]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name.replace("_", " "))}</th><td>{count:,}</td></tr>'
        for name, count in counters.items()
    )
    return f"<table><tbody>{rows}</tbody></table>"
