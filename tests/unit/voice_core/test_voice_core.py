"""The voice core in C: every case of every test program, under the sanitizers."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from voice_programs import FAST, Programs, cases_of, global_names

_SUITES = (
    *("wire", "ring", "jitter", "delay", "timescale", "receive"),
    *("codec", "amrnb", "opus", "resample", "engine", "alloc", "fuzz", "io", "race"),
    *("filter", "speech", "tone", "send", "keys", "fast_amrwb", "fast_opus"),
)
_CANARIES = {
    ("canary", "address_heap_overflow"): "AddressSanitizer: heap-buffer-overflow",
    ("canary", "address_stack_overflow"): "AddressSanitizer: stack-buffer-overflow",
    ("canary", "undefined_signed_overflow"): "runtime error: signed integer overflow",
    ("canary", "undefined_misaligned"): "runtime error: load of misaligned address",
    ("race", "race_canary"): "ThreadSanitizer: data race",
}
_CASES = [(s, c) for s in _SUITES for c in cases_of(s) if (s, c) not in _CANARIES]


@pytest.mark.parametrize(("suite", "case"), _CANARIES)
def test_the_sanitizers_are_on(programs: Programs, suite: str, case: str) -> None:
    """A program with a fault, built like all others, dies with that sanitizer's report."""
    ended = programs.run(suite, case)
    assert ended.returncode != 0
    assert _CANARIES[suite, case] in ended.stderr
    assert "survived" not in ended.stdout


def test_the_codecs_are_watched_too(programs: Programs) -> None:
    """The codec libraries are compiled with the address sanitizer's checks."""
    library = (programs.folder / "codecs" / "libcodecs.a").read_bytes()
    for symbol in (b"opus_decode", b"mime_unsorting", b"voAMRWB_Init", b"__asan_report_store"):
        assert symbol in library


def test_no_two_codecs_share_a_name(programs: Programs) -> None:
    """AMR-NB's names have a prefix, and no object defines what another does."""
    names = global_names(programs.folder / "codecs")
    assert [name for name, n in Counter(name for _, name in names).items() if n > 1] == []
    amrnb = [name for path, name in names if {"amr_nb", "amrnb"} & set(Path(path).parts[:-1])]
    assert len(amrnb) > 250
    assert [name for name in amrnb if not name.startswith("amrnb_")] == []


@pytest.mark.parametrize("suite", [*_SUITES, "canary"])
def test_no_case_is_left_out(programs: Programs, suite: str) -> None:
    """What the programs contain is what this module runs."""
    in_program = programs.run(suite).stdout.split()
    assert sorted(in_program) == sorted(cases_of(suite))
    run_here = {c for s, c in (*_CASES, *_CANARIES) if s == suite}
    assert run_here == set(in_program)


def test_every_file_that_stands_in_for_a_librarys_has_its_case() -> None:
    """Of AMR-WB; the others' are judged by what whole encoders and decoders make."""
    files = {f"file_{path.stem}" for path in (FAST / "amrwb").glob("*.c")}
    assert files <= set(cases_of("fast_amrwb"))


@pytest.mark.parametrize(("suite", "case"), _CASES)
def test_case(
    programs: Programs, suite: str, case: str, record_property: Callable[[str, object], None]
) -> None:
    """One case; the figures it prints go into the report."""
    ended = programs.run(suite, case)
    for line in ended.stdout.splitlines():
        if line.startswith("figure "):
            _, name, value = line.split()
            record_property(name, int(value))
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
