"""The figures as one HTML page that needs nothing else: pictures first, then the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import store_page
import voice_page
from figure_limits import Figures, Limit
from svg_parts import WIDTH, bar, picture, text, vertical

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1b1f24; max-width: 62rem; margin: 2rem auto }
table { border-collapse: collapse; width: 100% }
td { padding: .1rem .6rem; border-bottom: 1px solid #e4e7eb }
th { padding: .1rem .6rem; text-align: right; font-weight: 600 }
th:first-child { text-align: left }
td.n { text-align: right; font-variant-numeric: tabular-nums }
tr.first td { padding-top: 1rem }
.bad { color: #b42318; font-weight: 600 }
svg text { font: 12px system-ui, sans-serif; fill: #1b1f24 }
"""
_LABEL, _ROW = 300, 26
_COLOURS = ("#33658a", "#86bbd8", "#758e4f", "#f6ae2d", "#c9ced6", "#eef0f3")


def page(figures: Figures, limits: Mapping[str, Limit], folder: Path) -> str:
    """The whole page; `folder` holds pictures that others left for it."""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Figures</title>'
        f"<style>{_STYLE}</style><h1>Figures of this build</h1>"
        f"{voice_page.sections(figures, limits, folder)}"
        f"{store_page.sections(figures)}"
        f"{_ram(figures)}"
        f"<h2>Against their limits</h2>{_bars(_shares(figures, limits))}"
        f"<h2>All figures</h2>{_table(figures, limits)}</html>"
    )


def _ram(figures: Figures) -> str:
    """One bar: who has which part of the chip's RAM."""
    of = {name.removeprefix("qemu_rv32.ram_"): n for name, n in figures.items()}
    if "total_bytes" not in of:
        return ""  # not measured in this run
    heap, main = of["python_heap_bytes"], of["main_bytes"]
    stack = of["main_stack_bytes"]
    parts = (
        ("Python heap", heap),
        ("variables, voice engine", main - heap - stack),
        ("main stack", stack),
        ("voice stack", of["voice_stack_bytes"]),
        ("Wi-Fi and ESP-IDF", of["system_bytes"]),
        ("free", of["free_bytes"]),
    )
    total = of["total_bytes"]
    shapes, at = [], 0.0
    for n, (label, n_bytes) in enumerate(parts):
        width = n_bytes / total * WIDTH
        shapes.append(bar(at, 0, width, _COLOURS[n], f"{label}: {n_bytes:,} bytes"))
        at += width
        x, y = n % 3 * WIDTH / 3, 58 + n // 3 * 22
        shapes.append(bar(x, y - 11, 12, _COLOURS[n], label, 12))
        shapes.append(text(x + 18, y, f"{label}, {n_bytes:,}"))
    return f"<h2>RAM of the bare-metal handset</h2>{picture(90, shapes)}"


def _shares(figures: Figures, limits: Mapping[str, Limit]) -> list[tuple[str, float, bool]]:
    """How much of its limit a figure uses up: 1 is all of it.

    Of a figure that each mode of a codec has, the one nearest to the limit stands for all.
    """
    nearest: dict[str, tuple[float, str, bool]] = {}
    for name, limit in limits.items():
        value = figures[name]
        share = value / limit.at_most if limit.at_most else (limit.at_least or 0) / max(value, 1)
        words = name.split(".")
        kind = ".".join(words[:2] + words[-1:])
        nearest[kind] = max(nearest.get(kind, (0.0, "", True)), (share, name, limit.holds(value)))
    return [(name, share, holds) for share, name, holds in nearest.values()]


def _bars(shares: Sequence[tuple[str, float, bool]]) -> str:
    shapes, room = [], WIDTH - _LABEL - 60
    for n, (name, share, holds) in enumerate(shares):
        y, width = n * _ROW, max(1.0, min(share, 1.1) * room / 1.1)
        shapes.append(text(0, y + 14, name))
        shapes.append(bar(_LABEL, y + 2, width, "#33658a" if holds else "#b42318", name, 16))
        shapes.append(text(WIDTH - 40, y + 14, f"{share:.0%}"))
    shapes.append(vertical(_LABEL + room / 1.1, 0, len(shares) * _ROW))
    return picture(len(shares) * _ROW, shapes)


def _table(figures: Figures, limits: Mapping[str, Limit]) -> str:
    rows, before = [], ""
    for name, value in figures.items():
        board = name.partition(".")[0]
        limit = limits.get(name)
        bad = " bad" if limit and not limit.holds(value) else ""
        first = ' class="first"' if board != before else ""
        before = board
        rows.append(
            f'<tr{first}><td>{escape(name)}<td class="n{bad}">{value:,}'
            f"<td>{escape(str(limit)) if limit else ''}</tr>"
        )
    return f"<table>{''.join(rows)}</table>"
