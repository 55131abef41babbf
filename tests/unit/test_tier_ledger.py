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
    (tests / "tiers.toml").write_text("[minimum]\nunit = 2\ndevice = 1\n")
    for tier in ("unit", "device"):
        (tests / tier).mkdir()
    (tests / "unit/test_a.py").write_text("def test_1(): pass\ndef test_2(): pass\n")
    (tests / "device/test_b.py").write_text("def test_3(): pass\n")
    return pytester


def run(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return suite.runpytest_inprocess("tests", "-p", "no:cacheprovider", *arguments)


def test_all_tiers_ran(suite: pytest.Pytester) -> None:
    result = run(suite, "--require-tiers")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["tests passed by tier: unit 2, device 1"])


def test_missing_tier_fails(suite: pytest.Pytester) -> None:
    (suite.path / "tests/device/test_b.py").unlink()
    result = run(suite, "--require-tiers")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["ERROR tier 'device': 0 tests passed, 1 must*"])


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
