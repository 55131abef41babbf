"""The figures as one HTML page that needs nothing else: two pictures, then the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from figure_limits import Figures, Limit

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1b1f24; max-width: 62rem; margin: 2rem auto }
table { border-collapse: collapse; width: 100% }
td { padding: .1rem .6rem; border-bottom: 1px solid #e4e7eb }
td.n { text-align: right; font-variant-numeric: tabular-nums }
tr.first td { padding-top: 1rem }
.bad { color: #b42318; font-weight: 600 }
svg text { font: 12px system-ui, sans-serif; fill: #1b1f24 }
"""
_WIDTH, _LABEL, _ROW = 900, 250, 26
_COLOURS = ("#33658a", "#86bbd8", "#758e4f", "#f6ae2d", "#c9ced6", "#eef0f3")


def page(figures: Figures, limits: Mapping[str, Limit]) -> str:
    """The whole page."""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Figures</title>'
        f"<style>{_STYLE}</style><h1>Figures of this build</h1>"
        f"<h2>RAM of the bare-metal handset</h2>{_ram(figures)}"
        f"<h2>Against their limits</h2>{_bars(_shares(figures, limits))}"
        f"<h2>All figures</h2>{_table(figures, limits)}</html>"
    )


def _ram(figures: Figures) -> str:
    """One bar: who has which part of the chip's RAM."""
    of = {name.removeprefix("qemu_rv32.ram_"): n for name, n in figures.items()}
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
        width = n_bytes / total * _WIDTH
        shapes.append(_bar(at, 0, width, _COLOURS[n], f"{label}: {n_bytes:,} bytes"))
        at += width
        x, y = n % 3 * _WIDTH / 3, 58 + n // 3 * 22
        shapes.append(_bar(x, y - 11, 12, _COLOURS[n], label, 12))
        shapes.append(f'<text x="{x + 18:.0f}" y="{y}">{escape(label)}, {n_bytes:,}</text>')
    return _svg(90, shapes)


def _shares(figures: Figures, limits: Mapping[str, Limit]) -> list[tuple[str, float, bool]]:
    """How much of its limit a figure uses up: 1 is all of it."""
    shares = []
    for name, limit in limits.items():
        value = figures[name]
        share = value / limit.at_most if limit.at_most else (limit.at_least or 0) / max(value, 1)
        shares.append((name, share, limit.holds(value)))
    return shares


def _bars(shares: Sequence[tuple[str, float, bool]]) -> str:
    shapes, room = [], _WIDTH - _LABEL - 60
    for n, (name, share, holds) in enumerate(shares):
        y, width = n * _ROW, max(1.0, min(share, 1.1) * room / 1.1)
        shapes.append(f'<text x="0" y="{y + 14}">{escape(name)}</text>')
        shapes.append(_bar(_LABEL, y + 2, width, "#33658a" if holds else "#b42318", name, 16))
        shapes.append(f'<text x="{_WIDTH - 40}" y="{y + 14}">{share:.0%}</text>')
    x = _LABEL + room / 1.1
    shapes.append(
        f'<path d="M{x:.0f} 0V{len(shares) * _ROW}" stroke="#1b1f24" stroke-dasharray="4"/>'
    )
    return _svg(len(shares) * _ROW, shapes)


def _bar(x: float, y: float, width: float, colour: str, title: str, height: int = 34) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" fill="{colour}">'
        f"<title>{escape(title)}</title></rect>"
    )


def _svg(height: int, shapes: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {height}" width="100%" role="img">{"".join(shapes)}</svg>'


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
