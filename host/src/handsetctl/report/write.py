"""A call's results into a folder: figures for programs, a page and a picture for people."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from handsetctl.measure import Alignment, Burst, NoSpeechError, align, speech_bursts
from handsetctl.report.events import Event, Span, Track
from handsetctl.report.figures import value_at
from handsetctl.report.page import page
from handsetctl.report.pictures.headline import headline_png
from handsetctl.report.pictures.press import press_picture
from handsetctl.report.pictures.signals import signals_picture
from handsetctl.report.pictures.style import Picture
from handsetctl.report.pictures.timeline import timeline_picture
from handsetctl.report.pictures.timing import timing_picture
from handsetctl.report.pictures.track import track_picture
from handsetctl.report.schema import validate_report
from handsetctl.report.sound import embedded
from handsetctl.speech import write_wav

Samples = npt.NDArray[np.int16]
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class ReportFiles:
    """Where everything was written."""

    report_json: Path
    spoken_wav: Path
    heard_wav: Path
    report_html: Path
    summary_png: Path


def write_report(
    out_dir: Path | str,
    report: Mapping[str, Any],
    spoken: Samples,
    heard: Samples,
    rate_hz: int,
    timeline: Sequence[Event],
    *,
    tracks: Sequence[Track] = (),
    access_times_ms: Sequence[float] = (),
    alignment: Alignment | None = None,
    progress: Progress | None = None,
) -> ReportFiles:
    """Write report.json, spoken.wav, heard.wav, report.html and summary.png into out_dir.

    report: as schema.SCHEMA says, with limits and verdict (see verdict.judged).
    spoken, heard: int16[n] on one timeline; timeline: events on the same one.
    tracks: the way walked first, then what was received. alignment: of spoken and heard, when
    it is known already. Raises ReportError, before anything is written, for a malformed report.
    """
    validate_report(report)
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    files = ReportFiles(
        out / "report.json",
        out / "spoken.wav",
        out / "heard.wav",
        out / "report.html",
        out / "summary.png",
    )
    _write(files.report_json, json.dumps(report, indent=2, ensure_ascii=False).encode() + b"\n")
    write_wav(files.spoken_wav, spoken, rate_hz)
    write_wav(files.heard_wav, heard, rate_hz)

    _tell(progress, "drawing pictures", 0.0)
    if alignment is None:
        alignment = _aligned_or_nothing(spoken, heard, rate_hz)
    pictures = _pictures(
        report, spoken, heard, rate_hz, timeline, tracks, access_times_ms, alignment
    )
    _tell(progress, "writing the page", 0.6)
    text = page(report, embedded(spoken, rate_hz), embedded(heard, rate_hz), pictures)
    _write(files.report_html, text.encode())
    _tell(progress, "drawing the summary", 0.8)
    _write(files.summary_png, headline_png(report, spoken, heard, rate_hz))
    _tell(progress, "report written", 1.0)
    return files


def _pictures(
    report: Mapping[str, Any],
    spoken: Samples,
    heard: Samples,
    rate_hz: int,
    timeline: Sequence[Event],
    tracks: Sequence[Track],
    access_times_ms: Sequence[float],
    alignment: Alignment,
) -> dict[str, Picture | None]:
    last_s = max(spoken.size, heard.size) / rate_hz
    delays = [item.delay_ms for item in alignment.heard_bursts]
    limits = report["limits"]
    return {
        "signals": signals_picture(spoken, heard, rate_hz),
        "press": press_picture(timeline, spoken, heard, rate_hz, alignment.bursts),
        "timing": timing_picture(
            access_times_ms,
            delays,
            value_at(limits.get("access_time_ms.p95", {}), "max"),
            value_at(limits.get("mouth_to_ear_ms.p95", {}), "max"),
            n_not_heard=len(alignment.bursts) - len(delays),
        ),
        "timeline": timeline_picture(
            timeline,
            _spans([item.burst for item in alignment.bursts], rate_hz),
            _spans(speech_bursts(heard, rate_hz), rate_hz),
            max([last_s, *(event.t_s + 0.5 for event in timeline)]),
        ),
        "track": track_picture(tracks),
    }


def _aligned_or_nothing(spoken: Samples, heard: Samples, rate_hz: int) -> Alignment:
    """A page about a call in which nothing was said is still a page."""
    try:
        return align(spoken, heard, rate_hz)
    except NoSpeechError:
        return Alignment(0.0, 0.0, ())


def _spans(bursts: Sequence[Burst], rate_hz: int) -> list[Span]:
    return [Span(burst.start / rate_hz, burst.end / rate_hz) for burst in bursts]


def _write(path: Path, content: bytes) -> None:
    """All of it under the final name, or nothing."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _tell(progress: Progress | None, what: str, fraction: float) -> None:
    if progress is not None:
        progress(what, fraction)
