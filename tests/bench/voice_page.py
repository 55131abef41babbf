"""The voice core's part of the page: what encoding takes against what chips offer, then tables."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from figure_limits import Figures, Limit
from svg_parts import WIDTH, bar, picture, text, vertical

_BARS = (
    ("bare_encode_mips", "encoder as released", "#c9ced6"),
    ("encode_mips", "encoder as we build it", "#33658a"),
    ("loop_tx_mips", "whole loop, microphone to packet", "#f6ae2d"),
)
_BEYOND = "#b42318"
_CHIPS = (("ESP32-C3", 160), ("ESP32-S3", 240))
_LABEL, _BAR, _GAP, _HEAD, _FOOT = 120, 8, 10, 64, 24
_FRAMES_PER_S = 50
_NOTE = """
Counted on the instruction set of an ESP32-C3 (rv32imac), over real French speech.
<b>Instructions are not cycles</b>: a chip needs more than one cycle for a load that misses its
flash cache, for a division, for a taken branch. So the dashed lines are where a chip would be
wholly busy if each instruction took one cycle; a part of that room is gone on a real one.
Decoding, the application and Wi-Fi come on top."""
_WORST = (
    ("encode", "encoder"),
    ("decode", "decoder"),
    ("loop_tx", "loop, talking"),
    ("loop_rx", "loop, listening"),
)
_MEMORY = (
    ("ram_bytes", "state"),
    ("stack_bytes", "stack of the engine"),
    ("rom_bytes", "code and tables"),
)

Modes = list[str]


def sections(figures: Figures, limits: Mapping[str, Limit], folder: Path) -> str:
    """Pictures and tables; what others left in `folder` for the page goes in as well."""
    modes = modes_of(figures)
    if not modes:
        return ""
    return (
        f"<h2>Encoding speech: million instructions a second</h2>{_bars(figures, limits, modes)}"
        f"<p>{_NOTE}</p>"
        f"{_loss_and_jitter(folder)}"
        f"<h2>Longest frames</h2>{_worst(figures, modes)}"
        f"<h2>Memory of the voice core, bytes</h2>{_memory(figures, modes)}"
    )


def modes_of(figures: Figures) -> Modes:
    """Names of what was measured as <codec>.<mode>, by codec and bit rate."""
    found = {tuple(name.split(".")[1:3]) for name in figures if name.endswith(".bare_encode_mips")}
    return [f"{codec}.{mode}" for codec, mode in sorted(found, key=_in_order)]


def _in_order(codec_and_mode: Sequence[str]) -> tuple[str, str, int]:
    codec, mode = codec_and_mode
    rate, _, complexity = mode.partition("_c")
    return codec, complexity, int(rate)


def _bars(figures: Figures, limits: Mapping[str, Limit], modes: Modes) -> str:
    most = max(figures.get(f"rv32.{mode}.{bar[0]}", 0) for mode in modes for bar in _BARS)
    scale = (WIDTH - _LABEL - 50) / max(most, *(mhz * 1.02 for _, mhz in _CHIPS))
    shapes, y, codec = [], float(_HEAD), ""
    for n, (_, label, colour) in enumerate(_BARS):
        x = _LABEL + n * 250
        shapes += [bar(x, 4, 12, colour, label, 12), text(x + 18, 15, label)]
    for mode in modes:
        before, codec = codec, mode.partition(".")[0]
        if before not in ("", codec):
            y += _GAP
        for n, (name, label, colour) in enumerate(_BARS):
            key = f"rv32.{mode}.{name}"
            if key not in figures:
                continue
            if key in limits and not limits[key].holds(figures[key]):
                colour, label = _BEYOND, f"{label}, beyond its limit {limits[key]}"
            width = figures[key] * scale
            title = f"{mode} {label}: {figures[key]:.1f} MIPS"
            shapes.append(bar(_LABEL, y + n * _BAR, width, colour, title, _BAR - 1))
        ours = figures[f"rv32.{mode}.encode_mips"]
        longest = max(figures.get(f"rv32.{mode}.{name}", 0) for name, _, _ in _BARS)
        shapes.append(text(_LABEL - 8, y + 2 * _BAR, _words(mode), end=True))
        shapes.append(text(_LABEL + longest * scale + 6, y + 2 * _BAR, f"{ours:.1f}"))
        y += len(_BARS) * _BAR + _GAP
    for chip, mhz in _CHIPS:
        x, words = _LABEL + mhz * scale, f"{chip}, {mhz} MHz"
        shapes += [vertical(x, _HEAD - 12, y), text(x - 4, _HEAD - 16, words, end=True)]
    return picture(y + _FOOT, shapes)


def _words(mode: str) -> str:
    """A mode as people say it: "opus 16 c5", in kbit/s."""
    codec, _, rest = mode.partition(".")
    rate, _, complexity = rest.partition("_c")
    return f"{codec} {int(rate) / 1000:g}" + (f" c{complexity}" if complexity else "")


def _worst(figures: Figures, modes: Modes) -> str:
    rows = []
    for mode in modes:
        longest = (figures.get(f"rv32.{mode}.{name}_worst_kinstr") for name, _ in _WORST)
        rows.append([_words(mode), *map(_kinstr, longest)])
    note = (
        "<p>Thousand instructions in the longest frame of 20 ms, and its share of that time on an "
        "ESP32-C3 at one instruction a cycle. Listening: over air with losses and bursts.</p>"
    )
    return note + _table(["kbit/s", *(label for _, label in _WORST)], rows)


def _kinstr(value: float | None) -> str:
    if value is None:
        return ""
    share = value * 1000 * _FRAMES_PER_S / (_CHIPS[0][1] * 1e6)
    return f"{value:,.0f} ({share:.0%})"


def _memory(figures: Figures, modes: Modes) -> str:
    codecs = dict.fromkeys(mode.partition(".")[0] for mode in modes)
    rows = []
    for codec in codecs:
        cells = []
        for name, _ in _MEMORY:
            of_codec = [
                value
                for key, value in figures.items()
                if key.startswith(f"rv32.{codec}.") and key.endswith(f".{name}")
            ]
            cells.append(f"{max(of_codec):,}" if of_codec else "")
        rows.append([codec, *cells])
    return _table(["codec", *(label for _, label in _MEMORY)], rows)


def _table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["<tr>" + "".join(f"<th>{escape(cell)}" for cell in head) + "</tr>"]
    for first, *rest in rows:
        cells = "".join(f'<td class="n">{escape(cell)}' for cell in rest)
        lines.append(f"<tr><td>{escape(first)}{cells}</tr>")
    return f"<table>{''.join(lines)}</table>"


def _loss_and_jitter(folder: Path) -> str:
    """The table of losses and jitter, drawn by who measured it."""
    drawn, painted = folder / "loss_jitter.svg", folder / "loss_jitter.png"
    if drawn.is_file():
        content = drawn.read_text(encoding="utf-8")
        shown = content[content.index("<svg") :]
    elif painted.is_file():
        data = base64.b64encode(painted.read_bytes()).decode("ascii")
        shown = f'<img alt="" style="max-width: 100%" src="data:image/png;base64,{data}">'
    else:
        return ""
    return f"<h2>Speech through loss and jitter</h2>{shown}"
