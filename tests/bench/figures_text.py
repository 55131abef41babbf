"""The figures as text: name, value, and the limit of those that have one."""

from __future__ import annotations

from collections.abc import Mapping

from figure_limits import Figures, Limit


def table(figures: Figures, limits: Mapping[str, Limit]) -> str:
    """What a person reads: one block a board or chip."""
    width = max(map(len, figures))
    lines: list[str] = []
    for name, value in figures.items():
        board = name.partition(".")[0]
        if lines and not lines[-1].startswith(f"{board}."):
            lines.append("")
        limit = f"  {limits[name]}" if name in limits else ""
        lines.append(f"{name:<{width}} {value:>12,}{limit}")
    return "\n".join(lines)
