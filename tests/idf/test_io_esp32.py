"""The audio device of the ESP32 boards, at work on a fake chip, as each board wires it."""

from collections.abc import Callable

import pytest
from idf_boards import WIRINGS
from idf_programs import cases_of, run

# Ends in a reset of the board, on purpose.
_FATAL = "any_task_that_never_ends_stops_the_board"
_ABORTED = 70
# The task and its end differ between half and full duplex only: one board of each for the threads.
_THREADS = {board.wiring: name for name, board in WIRINGS.items()}


def _runs() -> list[tuple[str, str, str, str]]:
    runs = []
    for name, board in WIRINGS.items():
        for suite in ("any", board.wiring):
            for case in cases_of(suite):
                runs.append((name, "memory", suite, case))
                if name in _THREADS.values():
                    runs.append((name, "threads", suite, case))
    return [run for run in runs if run[3] != _FATAL]


def test_there_are_boards_of_both_kinds() -> None:
    assert set(_THREADS) == {"half", "full"}


@pytest.mark.parametrize("suite", ["any", "full", "half", "slots"])
def test_no_case_is_left_out(suite: str) -> None:
    board = _THREADS["half" if suite == "half" else "full"]
    assert sorted(run(board, "memory", suite).stdout.split()) == sorted(cases_of(suite))


@pytest.mark.parametrize(("board", "watched", "suite", "case"), _runs())
def test_case(
    board: str,
    watched: str,
    suite: str,
    case: str,
    record_property: Callable[[str, object], None],
) -> None:
    """One case; the figures it prints go into the report."""
    ended = run(board, watched, suite, case)
    for line in ended.stdout.splitlines():
        if line.startswith("figure "):
            _, name, value = line.split()
            record_property(name, int(value))
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"


@pytest.mark.parametrize("case", cases_of("slots"))
def test_slots(case: str) -> None:
    ended = run(_THREADS["full"], "memory", "slots", case)
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"


@pytest.mark.parametrize("board", WIRINGS)
def test_task_that_never_ends_stops_the_board(board: str) -> None:
    """Better a board that starts anew than one whose next engine is written to by the last."""
    ended = run(board, "memory", "any", _FATAL)
    assert ended.returncode == _ABORTED
    assert "the audio task did not stop" in ended.stdout
