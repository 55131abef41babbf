"""The figures of a call report: what each is called, its unit, how it is written.

One table for the verdict, the summary, the page and the picture, so that they never disagree.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CODEC_NAMES = {"amrwb": "AMR-WB", "amrnb": "AMR-NB", "opus": "Opus"}


@dataclass(frozen=True)
class Figure:
    """path: where in report.json, with dots. unit: may be empty. headline: gets a tile."""

    path: str
    label: str
    unit: str
    decimals: int
    meaning: str
    headline: bool = True


FIGURES = (
    Figure(
        "stoi", "Intelligibility", "STOI", 3, "how much of the speech can be understood, 0 to 1"
    ),
    Figure("pesq_wb", "Quality", "MOS-LQO", 2, "wide-band PESQ, 1.0 to 4.6"),
    Figure(
        "access_time_ms.p95", "Access time, p95", "ms", 0, "PTT edge to talk permission (KPI 1)"
    ),
    Figure("access_time_ms.p50", "Access time, p50", "ms", 0, "its median", headline=False),
    Figure("access_time_ms.n", "Presses measured", "", 0, "presses behind it", headline=False),
    Figure(
        "mouth_to_ear_ms.p95",
        "Mouth to ear, p95",
        "ms",
        0,
        "spoken to heard, from the audio itself (KPI 3)",
    ),
    Figure("mouth_to_ear_ms.p50", "Mouth to ear, p50", "ms", 0, "its median", headline=False),
    Figure("mouth_to_ear_ms.n", "Bursts measured", "", 0, "bursts behind it", headline=False),
    Figure(
        "first_syllable_clipped_ms",
        "First syllable clipped",
        "ms",
        0,
        "beginning of speech not heard",
    ),
    Figure("frames_sent", "Frames sent", "", 0, "20 ms of voice each"),
    Figure("frames_received", "Frames received", "", 0, "of those sent", headline=False),
    Figure("frames_lost", "Frames lost", "", 0, "sent and not received"),
    Figure(
        "heap_bytes_per_frame",
        "Heap per frame",
        "bytes",
        0,
        "allocated by Python in the voice path",
    ),
)

# Shown only when a report has a limit for them.
_WITH_LIMIT_ONLY = (
    Figure("geo.positions_seen", "Positions seen", "", 0, "position reports that arrived"),
    Figure(
        "geo.datagrams_after_off",
        "Datagrams after off",
        "",
        0,
        "sent about positions after the agent switched off",
    ),
)

_BY_PATH = {figure.path: figure for figure in (*FIGURES, *_WITH_LIMIT_ONLY)}


def figure_at(path: str) -> Figure:
    """The known figure at `path`, or a plain one for a path that is in no table."""
    return _BY_PATH.get(path, Figure(path, path, "", 2, ""))


def value_at(report: Mapping[str, Any], path: str) -> float | None:
    """The number at a dotted path; None when it is absent, null or not a number."""
    value: Any = report
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        return None
    return float(value)


def written(value: float | None, figure: Figure) -> str:
    """The number as text without its unit; n/a when it was not measured.

    Never rounds a value other than zero to zero: 0.4 bytes a frame are not 0.
    """
    if value is None:
        return "n/a"
    text = f"{value:,.{figure.decimals}f}".replace(",", " ")
    if value != 0 and float(text.replace(" ", "")) == 0:
        return f"{value:.2g}"
    return text


def codec_name(report: Mapping[str, Any]) -> str:
    """Such as 'AMR-WB 12.65 kbit/s'; the bit rate only when the report has one."""
    codec = str(report.get("codec", ""))
    name = CODEC_NAMES.get(codec, codec)
    rate = value_at(report, "bitrate_bps")
    return f"{name} {rate / 1000:g} kbit/s" if rate else name
