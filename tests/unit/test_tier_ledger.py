"""`--require-tiers`: a tier that did not run, or a test that was skipped, fails the run."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A repository with a unit and a device tier, and this repository's ledger."""
    tests = pytester.path / "tests"
    for name in ("conftest.py", "tier_ledger.py"):
        path = tests / name
        path.parent.mkdir(exist_ok=True)
        path.write_text((TESTS / name).read_text())
    (pytester.path / "firmware").symlink_to(TESTS.parent / "firmware")
    (tests / "tiers.toml").write_text(
        "[minimum]\nunit = 2\ndevice = 1\ndevice_sim = 2\ndevice_qemu_rv32 = 2\n"
    )
    for tier in ("unit", "device"):
        (tests / tier).mkdir()
    (tests / "unit/test_a.py").write_text("def test_1(): pass\ndef test_2(): pass\n")
    (tests / "device/test_b.py").write_text("def test_3(): pass\n")
    (tests / "device/test_boards.py").write_text(
        "import pytest\n"
        "def test_4(board_name): pass\n"
        "@pytest.mark.parametrize('codec', ['opus'])\n"
        "def test_5(board_name, codec): pass\n"
    )
    return pytester


def run(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return suite.runpytest_inprocess("tests", "-p", "no:cacheprovider", *arguments)


def test_all_tiers_ran(suite: pytest.Pytester) -> None:
    result = run(suite, "--require-tiers")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["tests passed by tier: unit 2, device 1, device_sim 2, device_qemu_rv32 2"]
    )


def test_missing_tier_fails(suite: pytest.Pytester) -> None:
    (suite.path / "tests/device/test_b.py").unlink()
    result = run(suite, "--require-tiers")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["ERROR tier 'device': 0 tests passed, 1 must*"])


@pytest.mark.parametrize("board", ["sim", "qemu_rv32"])
def test_board_that_did_not_run_fails(suite: pytest.Pytester, board: str) -> None:
    result = run(suite, "--require-tiers", "--board", board)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["ERROR tier 'device_*': 0 tests passed, 2 must*"])
    result.stdout.fnmatch_lines([f"*device_{board} 2*"])


def test_each_board_of_a_file_is_work_of_its_own(suite: pytest.Pytester) -> None:
    result = suite.runpytest_subprocess(
        "tests/device/test_boards.py", "-n2", "--dist=loadfile", "-v"
    )
    workers = {
        board: {
            line.split()[0] for line in result.outlines if f"[{board}" in line and "PASS" in line
        }
        for board in ("sim", "qemu_rv32")
    }
    assert [len(worker) for worker in workers.values()] == [1, 1]
    assert workers["sim"] != workers["qemu_rv32"]


def test_deselected_tests_do_not_count(suite: pytest.Pytester) -> None:
    assert run(suite, "--require-tiers", "-k", "test_1 or test_3").ret == 1


@pytest.mark.parametrize(
    "body",
    [
        "import pytest\n@pytest.mark.skip\ndef test_4(): pass\n",
        "import pytest\ndef test_4(): pytest.skip('not here')\n",
        "import pytest\n@pytest.mark.xfail\ndef test_4(): assert 0\n",
        "import pytest\n@pytest.mark.xfail\ndef test_4(): pass\n",
        "import pytest\npytest.importorskip('no_such_module')\ndef test_4(): pass\n",
    ],
)
def test_skipping_fails(suite: pytest.Pytester, body: str) -> None:
    (suite.path / "tests/unit/test_c.py").write_text(body)
    assert run(suite).ret == 0
    result = run(suite, "--require-tiers")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["ERROR skipped or expected to fail: tests/unit/test_c.py*"])


def test_without_the_option_a_part_may_run(suite: pytest.Pytester) -> None:
    assert run(suite, "-k", "test_1").ret == 0
