"""report.html: one self-contained page a person can look at, listen to and print."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from handsetctl.report.figures import FIGURES, codec_name, figure_at, value_at, written
from handsetctl.report.page_parts import CSS, SCRIPT
from handsetctl.report.pictures.style import PAGE_FONTS, Picture
from handsetctl.report.sound import EmbeddedSound
from handsetctl.report.summary import headline, summary_row, summary_rows


def page(
    report: Mapping[str, Any],
    spoken: EmbeddedSound,
    heard: EmbeddedSound,
    pictures: Mapping[str, Picture | None],
) -> str:
    """The page as text. pictures: by the names signals, press, timing, timeline, track."""
    title = str(report.get("title") or "Call report")
    parts = [
        _header(report, title),
        _verdict(report),
        _tiles(report),
        _section(
            "What was said, what was heard",
            "Both recordings start at the same instant. Play one and the line follows it; "
            "click in the picture to hear from there.",
            _players(spoken, heard) + _figure(pictures.get("signals"), seek=True),
        ),
        _section(
            "One press in detail",
            "From the PTT edge to the first sound at the other end: the press with the median "
            "access time.",
            _figure(pictures.get("press")),
        ),
        _section(
            "How long it took",
            "Each dot is one press or one burst of speech. Mouth to ear is measured from the "
            "audio itself, by correlation.",
            _figure(pictures.get("timing")),
        ),
        _section(
            "The call on a timeline",
            "Buttons and floor as the handsets reported them, speech as found in the audio.",
            _figure(pictures.get("timeline"), seek=True),
        ),
        _section(
            "Where",
            "Positions that left the handset while its agent had geolocation on.",
            _figure(pictures.get("track")) + _facts_table(report.get("geo", {})),
        ),
        _section("All figures", "", _figures_table(report)),
        _section("What went in", "Versions and SHA-256 hashes.", _build_table(report["build"])),
        _notes(report),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}: {escape(headline(report))}</title>"
        f"<style>{CSS.replace('FONTS', PAGE_FONTS)}</style></head>\n<body><main>\n"
        + "\n".join(part for part in parts if part)
        + f"\n</main><script>{SCRIPT}</script></body></html>\n"
    )


def _header(report: Mapping[str, Any], title: str) -> str:
    facts = [codec_name(report)]
    if report.get("board"):
        facts.append(f"board {report['board']}")
    duration_s = value_at(report, "duration_s")
    if duration_s:
        facts.append(f"{duration_s:.0f} s recorded")
    presses = value_at(report, "access_time_ms.n")
    if presses:
        facts.append(f"{presses:.0f} presses")
    if report.get("created_utc"):
        facts.append(str(report["created_utc"]))
    line = " · ".join(escape(fact) for fact in facts)
    return f'<header><h1>{escape(title)}</h1><p class="facts">{line}</p></header>'


def _verdict(report: Mapping[str, Any]) -> str:
    verdict = report["verdict"]
    kind, mark = ("pass", "✓") if verdict["passed"] else ("fail", "✕")
    items = "".join(f"<li>{escape(failure)}</li>" for failure in verdict["failures"])
    listed = f"<ul>{items}</ul>" if items else ""
    return (
        f'<div class="verdict {kind}" role="status"><p><span aria-hidden="true">{mark}</span> '
        f"{escape(headline(report))}</p>{listed}</div>"
    )


def _tiles(report: Mapping[str, Any]) -> str:
    tiles = []
    for figure in FIGURES:
        if not figure.headline:
            continue
        row = summary_row(report, figure.path)
        kind = {True: "good", False: "bad", None: ""}[row.passed]
        mark = {True: "✓", False: "✕", None: ""}[row.passed]
        said = {True: "within its limit:", False: "out of its limit:", None: ""}[row.passed]
        sign = f'<span class="mark" role="img" aria-label="{said}">{mark}</span>' if mark else ""
        limit = row.limit or figure.meaning
        tiles.append(
            f'<li class="tile {kind}" title="{escape(figure.meaning)}">'
            f'<div class="label">{escape(figure.label)}</div>'
            f'<div class="value">{escape(written(value_at(report, figure.path), figure))}'
            f"<small>{escape(figure.unit)}</small></div>"
            f'<div class="limit">{sign}{escape(limit)}</div></li>'
        )
    return f'<ul class="tiles">{"".join(tiles)}</ul>'


def _players(spoken: EmbeddedSound, heard: EmbeddedSound) -> str:
    def player(name: str, what: str, sound: EmbeddedSound) -> str:
        return (
            f'<div class="player {name}"><label for="audio-{name}">{what} '
            f"<span>({escape(sound.kind)})</span></label>"
            f'<audio id="audio-{name}" controls preload="metadata" src="{sound.uri}"></audio></div>'
        )

    left = player("spoken", "Spoken into the microphone", spoken)
    right = player("heard", "Heard at the other handset", heard)
    return f'<div class="players">{left}{right}</div>'


def _figure(picture: Picture | None, seek: bool = False) -> str:
    if picture is None:
        return ""
    source = base64.b64encode(picture.svg.encode()).decode("ascii")
    axis = ""
    if seek and picture.time_axis is not None:
        axis = f' data-axis="{" ".join(f"{value:.4f}" for value in picture.time_axis)}"'
    line = '<span class="head"></span>' if axis else ""
    return (
        f'<figure{axis}><img alt="{escape(picture.alt)}" '
        f'src="data:image/svg+xml;base64,{source}">{line}</figure>'
    )


def _section(title: str, lead: str, body: str) -> str:
    if not body:
        return ""
    text = f'<p class="lead">{escape(lead)}</p>' if lead else ""
    kind = "" if "<figure" in body else ' class="long"'
    return f"<section{kind}><h2>{escape(title)}</h2>{text}{body}</section>"


def _figures_table(report: Mapping[str, Any]) -> str:
    rows = []
    for row in summary_rows(report):
        state = {True: "✓ kept", False: "✕ out of limit", None: ""}[row.passed]
        meaning = figure_at(row.path).meaning
        rows.append(
            f'<tr><th scope="row">{escape(row.label)}</th><td class="num">{escape(row.value)}</td>'
            f'<td class="short">{escape(row.limit)}</td><td class="short">{state}</td>'
            f"<td>{escape(meaning)}</td></tr>"
        )
    head = '<tr><th>Figure</th><th style="text-align:right;padding-right:16px">Value</th>'
    head += "<th>Limit</th><th></th><th>Meaning</th></tr>"
    return _table(head, rows)


def _facts_table(facts: Mapping[str, Any]) -> str:
    rows = [
        f'<tr><th scope="row">{escape(_words(key))}</th><td>{escape(_plain(value))}</td></tr>'
        for key, value in facts.items()
    ]
    return f'<div class="pairs">{_table("", rows)}</div>' if rows else ""


def _build_table(build: Mapping[str, Any]) -> str:
    rows = _build_rows(build)
    head = "<tr><th>Part</th><th>Version</th><th>SHA-256</th><th></th></tr>"
    return _table(head, rows) if rows else ""


def _build_rows(build: Mapping[str, Any]) -> list[str]:
    """One row for each part; groups of parts (such as all sources) one below the other."""
    rows = []
    for name, entry in build.items():
        if isinstance(entry, Mapping) and any(isinstance(item, Mapping) for item in entry.values()):
            rows += _build_rows(entry)
            continue
        if isinstance(entry, Mapping):
            facts = dict(entry)
        elif name.endswith("_sha256"):
            name, facts = name.removesuffix("_sha256"), {"sha256": entry}
        else:
            facts = {"version": entry}
        version, digest = _plain(facts.pop("version", "")), _plain(facts.pop("sha256", ""))
        rest = ", ".join(f"{_words(key)} {_plain(value)}" for key, value in facts.items())
        rows.append(
            f'<tr><th scope="row">{escape(_words(name))}</th><td>{escape(version)}</td>'
            f"<td><code>{escape(digest)}</code></td><td>{escape(rest)}</td></tr>"
        )
    return rows


def _table(head: str, rows: Sequence[str]) -> str:
    top = f"<thead>{head}</thead>" if head else ""
    return f'<div class="scroll"><table>{top}<tbody>{"".join(rows)}</tbody></table></div>'


def _notes(report: Mapping[str, Any]) -> str:
    notes = "".join(f"<li>{escape(note)}</li>" for note in report.get("notes", []))
    listed = f"<ul>{notes}</ul>" if notes else ""
    return (
        f"<footer>{listed}STOI by pystoi over all bursts, each shifted by its own delay; PESQ "
        "(P.862.2) as the mean of chunks of about 9 s; percentiles by nearest rank. All numbers "
        "are in report.json beside this page.</footer>"
    )


def _words(key: str) -> str:
    return key.replace("_", " ")


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{_words(str(k))}: {_plain(v)}" for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(item) for item in value)
    return "none" if value is None else str(value)
