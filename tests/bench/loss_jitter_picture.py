"""The loss and jitter table as a heat map, one SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from air_programs import Codec

_CELL_W, _CELL_H, _LEFT, _TOP, _GAP = 64, 30, 150, 64, 60


def picture(
    figures: Mapping[str, float],
    codecs: Sequence[Codec],
    losses: Sequence[int],
    jitters_ms: Sequence[int],
) -> str:
    """For each codec and kind of loss: STOI of ours, and of the reference in small type."""
    shapes: list[str] = []
    y = 0
    for codec in codecs:
        for kind in ("random", "bursty"):
            shapes += _map(figures, codec, kind, losses, jitters_ms, y)
            y += _TOP + len(jitters_ms) * _CELL_H + _GAP // 2
    width = _LEFT + len(losses) * _CELL_W + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" width="{width}" '
        f'role="img" font-family="system-ui, sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(shapes)}</svg>\n'
    )


def _map(
    figures: Mapping[str, float],
    codec: Codec,
    kind: str,
    losses: Sequence[int],
    jitters_ms: Sequence[int],
    y: int,
) -> list[str]:
    title = f"{codec.name} {codec.bitrate_bps}, {kind} losses: STOI, the reference receiver's below"
    shapes = [f'<text x="8" y="{y + 22}" font-weight="600">{escape(title)}</text>']
    for column, loss in enumerate(losses):
        x = _LEFT + column * _CELL_W + _CELL_W // 2
        shapes.append(f'<text x="{x}" y="{y + 52}" text-anchor="middle">{loss} %</text>')
    for row, jitter_ms in enumerate(jitters_ms):
        top = y + _TOP + row * _CELL_H
        shapes.append(f'<text x="8" y="{top + 19}">jitter {jitter_ms} ms</text>')
        for column, loss in enumerate(losses):
            lossy = f"loss{loss}_{kind}" if loss else "loss0"
            name = f"receive.{codec}.{lossy}.jitter{jitter_ms}.stoi"
            shapes += _cell(
                _LEFT + column * _CELL_W, top, figures[name], figures[f"{name}_reference"]
            )
    return shapes


def _cell(x: int, y: int, ours: float, reference: float) -> list[str]:
    middle, size = x + _CELL_W // 2, f'width="{_CELL_W - 2}" height="{_CELL_H - 2}"'
    below = f'<text x="{middle}" y="{y + 25}" text-anchor="middle" font-size="9">'
    return [
        f'<rect x="{x}" y="{y}" {size} fill="{_colour(ours)}"/>',
        f'<text x="{middle}" y="{y + 13}" text-anchor="middle">{ours:.3f}</text>',
        f"{below}{reference:.3f}</text>",
    ]


def _colour(stoi: float) -> str:
    """From red at 0.5 over yellow to green at 1."""
    good = min(1.0, max(0.0, (stoi - 0.5) / 0.5))
    return f"hsl({round(120 * good)} 60% 75%)"
