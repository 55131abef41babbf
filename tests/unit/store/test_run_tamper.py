"""The soak's book-keeping."""

from __future__ import annotations

from pathlib import Path

from run_tamper import Progress, program_digest


def test_it_goes_on_where_it_stopped_but_not_with_another_store(tmp_path: Path) -> None:
    path = tmp_path / "tamper.json"
    Progress(path, "one").add("bits, opening", 400, ["wrong"], 1.5)
    again = Progress(path, "one")
    assert again.done("bits, opening") == 400 and again.done("bits, open store") == 0
    assert again.data["wrong"] == ["wrong"] and again.data["seconds"] == 1.5
    assert Progress(path, "another").done("bits, opening") == 0


def test_a_program_is_all_of_the_store_and_these_tests() -> None:
    assert len(program_digest()) == 64 and program_digest() == program_digest()
