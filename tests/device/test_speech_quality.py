"""The demonstration itself, for each codec: sixty seconds of real speech, judged by its figures."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from allowances import CALLS_AT_ONCE

from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.demo import scenario
from handsetctl.demo.scenario import Options, Result

CODECS = ("amrwb", "opus")


def ignore_progress(what: str, fraction: float) -> None:
    """Nobody watches a test's progress bar."""


def play(board: str, codec: str, directory: Path) -> Result:
    with VirtualBench(directory / "bench", board=board) as bench:
        options = Options(codec=codec, n_hasty=2, walk_s=1.0, out_dir=directory / "demo")
        return scenario.run(options, bench, ignore_progress)


@pytest.fixture(scope="module")
def results(board_name: str, state_dir: Path) -> dict[str, Result]:
    """Both codecs at once, if the host can: each call has its own bench, handsets and air."""
    with ThreadPoolExecutor(CALLS_AT_ONCE[board_name]) as pool:
        running = {
            codec: pool.submit(play, board_name, codec, state_dir / codec) for codec in CODECS
        }
        return {codec: result.result() for codec, result in running.items()}


@pytest.mark.parametrize("codec", CODECS)
def test_every_figure_is_within_its_limit(results: dict[str, Result], codec: str) -> None:
    assert results[codec].failures == []


@pytest.mark.parametrize("codec", CODECS)
def test_figures_rest_on_enough_speech_and_presses(results: dict[str, Result], codec: str) -> None:
    report = results[codec].report
    assert report["speech_s"] >= 55
    assert report["access_time_ms"]["n"] >= 20
    assert report["mouth_to_ear_ms"]["n"] >= 20
    assert report["frames_sent"] >= 50 * report["speech_s"]


@pytest.mark.parametrize("codec", CODECS)
def test_files_are_there_and_agree(board_name: str, results: dict[str, Result], codec: str) -> None:
    result = results[codec]
    assert result.report["board"] == board_name
    written = json.loads(result.files.report_json.read_text())
    assert written == json.loads(json.dumps(result.report))
    page = result.files.report_html.read_text()
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert result.files.heard_wav.stat().st_size > 50 * 32000
