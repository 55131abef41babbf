"""What report.json holds, as a table that is both the documentation and the check.

Figures that could not be measured are null; a verdict never passes with one that has a limit.
Other top-level keys are welcome as long as they are JSON.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handsetctl.errors import HandsetError


class ReportError(HandsetError):
    """The report does not have the documented form; the text lists every breach."""


@dataclass(frozen=True)
class Field:
    """kind: 'text', 'count' (int >= 0), 'number', 'object', 'flag', 'texts' (list of str)."""

    path: str
    kind: str
    meaning: str
    required: bool = True
    nullable: bool = False


SCHEMA = (
    Field("codec", "text", "voice codec of the call: amrwb or opus"),
    Field("frames_sent", "count", "20 ms voice frames that left the talker"),
    Field("frames_received", "count", "of these, frames that reached the listener"),
    Field("frames_lost", "count", "frames sent and not received"),
    Field("stoi", "number", "intelligibility of heard against spoken, 0..1", nullable=True),
    Field("pesq_wb", "number", "wide-band PESQ, MOS-LQO 1.0..4.64", nullable=True),
    Field("access_time_ms", "object", "PTT edge to talk permission"),
    Field("access_time_ms.p50", "number", "median, ms", nullable=True),
    Field("access_time_ms.p95", "number", "95th percentile by nearest rank, ms", nullable=True),
    Field("access_time_ms.n", "count", "presses measured"),
    Field("mouth_to_ear_ms", "object", "delay of heard against spoken speech, by correlation"),
    Field("mouth_to_ear_ms.p50", "number", "median, ms", nullable=True),
    Field("mouth_to_ear_ms.p95", "number", "95th percentile by nearest rank, ms", nullable=True),
    Field("mouth_to_ear_ms.n", "count", "bursts of speech measured"),
    Field("first_syllable_clipped_ms", "number", "beginning of speech not heard", nullable=True),
    Field("heap_bytes_per_frame", "number", "allocated by Python in the voice path", nullable=True),
    Field("build", "object", "name -> {version, sha256, ...} of all that went in"),
    Field("geo", "object", "geolocation in this call: counts of fixes and position reports"),
    Field("limits", "object", "figure path -> {min: x} or {max: x}"),
    Field("verdict", "object", "the judgement of the figures against the limits"),
    Field("verdict.passed", "flag", "true when no figure failed"),
    Field("verdict.failures", "texts", "one sentence for each figure that failed"),
    Field("board", "text", "the board that the handsets were", required=False),
    Field("bitrate_bps", "count", "codec bit rate", required=False),
    Field("duration_s", "number", "length of the recording", required=False),
    Field("created_utc", "text", "when the call was made, ISO 8601", required=False),
    Field("title", "text", "headline of the page", required=False),
    Field("notes", "texts", "conditions a reader must know", required=False),
)


def validate_report(report: Mapping[str, Any]) -> None:
    """Raises ReportError naming every breach of SCHEMA, not only the first."""
    problems = [problem for field in SCHEMA if (problem := _check(report, field))]
    problems += _limit_problems(report.get("limits"))
    try:
        json.dumps(report, allow_nan=False)
    except (TypeError, ValueError) as error:
        problems.append(f"not JSON: {error}")
    if problems:
        raise ReportError("the report is not as documented: " + "; ".join(problems))


def _check(report: Mapping[str, Any], field: Field) -> str | None:
    *parents, name = field.path.split(".")
    value: Any = report
    for parent in parents:
        value = value.get(parent) if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping):
        return None  # the missing or wrong parent is named already
    if name not in value:
        return f"{field.path} is missing ({field.meaning})" if field.required else None
    value = value[name]
    if (value is None and field.nullable) or _fits(value, field.kind):
        return None
    return f"{field.path} must be a {field.kind}, not {value!r} ({field.meaning})"


def _fits(value: Any, kind: str) -> bool:
    if kind == "text":
        return isinstance(value, str) and bool(value)
    if kind == "flag":
        return isinstance(value, bool)
    if kind == "object":
        return isinstance(value, Mapping)
    if kind == "texts":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    if kind == "count":
        return isinstance(value, int) and value >= 0
    return math.isfinite(value)


def _limit_problems(limits: Any) -> list[str]:
    if not isinstance(limits, Mapping):
        return []
    return [
        f"limits[{path!r}] must be {{'min': x}} and/or {{'max': x}}, not {bounds!r}"
        for path, bounds in limits.items()
        if not isinstance(bounds, Mapping)
        or not bounds
        or not set(bounds) <= {"min", "max"}
        or not all(_fits(bound, "number") for bound in bounds.values())
    ]
