"""The few shapes that the page's pictures are made of."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH = 900


def bar(x: float, y: float, width: float, colour: str, title: str, height: float = 34) -> str:
    """A filled box; the title shows under the mouse."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" fill="{colour}">'
        f"<title>{escape(title)}</title></rect>"
    )


def text(x: float, y: float, words: str, *, end: bool = False, style: str = "") -> str:
    """A line of text that begins (or ends) at x."""
    anchor = ' text-anchor="end"' if end else ""
    style = f' style="{style}"' if style else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{anchor}{style}>{escape(words)}</text>'


def vertical(x: float, top: float, bottom: float) -> str:
    """A dashed line to compare with."""
    return (
        f'<path d="M{x:.1f} {top:.1f}V{bottom:.1f}" stroke="#1b1f24" stroke-dasharray="4" '
        f'fill="none"/>'
    )


def picture(height: float, shapes: Sequence[str]) -> str:
    """Shapes as one picture, as wide as the page."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" width="100%" role="img">{"".join(shapes)}</svg>'
    )
