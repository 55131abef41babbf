"""The soak's book-keeping."""

from __future__ import annotations

from pathlib import Path

from soak_pieces import Progress, Task, program_digest, run


def test_it_goes_on_where_it_stopped_but_not_with_another_store(tmp_path: Path) -> None:
    path = tmp_path / "tamper.json"
    Progress(path, "one").add("bits, opening", 400, ["wrong"], 1.5)
    again = Progress(path, "one")
    assert again.done("bits, opening") == 400 and again.done("bits, open store") == 0
    assert again.data["wrong"] == ["wrong"] and again.data["seconds"] == 1.5
    assert Progress(path, "another").done("bits, opening") == 0


def test_a_program_is_all_of_the_store_and_these_tests() -> None:
    assert len(program_digest()) == 64 and program_digest() == program_digest()


def _sevens_are_wrong(task: str, number: int) -> str:
    return f"{task} {number}" if number % 7 == 0 else ""


def test_each_case_is_judged_once_and_what_is_wrong_ends_with_1(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "cases.json", "one")
    tasks = [Task("a", 20, 3, _sevens_are_wrong), Task("b", 6, 3, _sevens_are_wrong)]
    assert not run(progress, tasks, seconds=-1.0)
    assert run(progress, tasks, seconds=60.0)
    assert (progress.done("a"), progress.done("b")) == (20, 6)
    assert progress.data["wrong"] == ["a 0", "a 7", "a 14", "b 0"]
    assert progress.tell() == 1
    assert Progress(tmp_path / "none.json", "one").tell() == 0
