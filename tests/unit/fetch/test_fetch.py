"""The fetcher: what counts is the content, wherever it came from and however its way broke."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fetch_doubles import GOOD, Server, project, source, tarball

from tools import fetch
from tools.fetch import Fetched, Fetcher, FetchError
from tools.third_party import Project

FILE = "thing_1.0.orig.tar.gz"
POOL = f"main/t/thing/{FILE}"


class Machine:
    """A user's machine: a cache, a build folder and a mirror that apt is set up with."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.cache = folder / "cache"
        self.out = folder / "third_party"
        self._server = server

    def fetch(self, wanted: Project, *, offline: bool = False, mirror: str = "/debian") -> Fetched:
        mirrors = [self._server.url + mirror]
        return Fetcher(self.cache, self.out, lambda: mirrors, offline=offline).fetch(wanted)

    def cached(self) -> list[str]:
        return sorted(path.name for path in self.cache.iterdir() if path.name != ".lock")


@pytest.fixture
def machine(tmp_path: Path, server: Server) -> Machine:
    return Machine(tmp_path, server)


def test_mirror_is_asked_first(machine: Machine, server: Server) -> None:
    server.files = {f"/debian/pool/{POOL}": GOOD, "/up/thing.tar.gz": GOOD}
    wanted = project(source(GOOD, POOL, (f"{server.url}/up/thing.tar.gz",)))
    fetched = machine.fetch(wanted)
    assert fetched.origin == f"mirror {server.url}/debian/pool/{POOL}"
    assert (machine.out / "thing/README").read_bytes() == b"hello\n"
    assert (machine.out / "thing/src/a.c").exists()
    assert server.asked == [f"/debian/pool/{POOL}"]


def test_upstream_serves_what_the_mirror_no_longer_has(machine: Machine, server: Server) -> None:
    server.files = {"/up/thing.tar.gz": GOOD}
    fetched = machine.fetch(project(source(GOOD, POOL, (f"{server.url}/up/thing.tar.gz",))))
    assert fetched.origin == f"upstream {server.url}/up/thing.tar.gz"
    assert server.asked == [f"/debian/pool/{POOL}", "/up/thing.tar.gz"]


def test_upstream_may_pack_the_same_release_differently(machine: Machine, server: Server) -> None:
    other = tarball({"thing-1.0/README": b"hello\n", "thing-1.0/sub/module": b""})
    server.files = {"/up/thing-1.0.tar.xz": other}
    wanted = project(
        source(GOOD, POOL), source(other, None, (f"{server.url}/up/thing-1.0.tar.xz",))
    )
    assert machine.fetch(wanted).sha256 == wanted.sources[1].sha256
    assert (machine.out / "thing/sub/module").exists()


def test_wrong_content_never_arrives(machine: Machine, server: Server) -> None:
    evil = tarball({"thing-1.0/README": b"evil\n"})
    server.files = {f"/debian/pool/{POOL}": evil, "/up/thing.tar.gz": GOOD}
    fetched = machine.fetch(project(source(GOOD, POOL, (f"{server.url}/up/thing.tar.gz",))))
    assert fetched.origin.startswith("upstream")
    assert (machine.out / "thing/README").read_bytes() == b"hello\n"


@pytest.mark.parametrize("n_bytes", [0, 1, len(GOOD) // 2, len(GOOD) - 1])
def test_cut_connection_is_never_taken_for_a_whole_file(
    machine: Machine, server: Server, n_bytes: int
) -> None:
    server.files = {"/up/thing.tar.gz": GOOD}
    server.cut = {"/up/thing.tar.gz": n_bytes}
    wanted = project(source(GOOD, None, (f"{server.url}/up/thing.tar.gz",)))
    with pytest.raises(FetchError, match=f"after {n_bytes} of {len(GOOD)} bytes"):
        machine.fetch(wanted)
    assert machine.cached() == []
    assert not (machine.out / "thing").exists()
    server.cut = {}
    assert machine.fetch(wanted).origin.startswith("upstream")


def test_what_an_interrupted_run_left_is_not_read(machine: Machine, server: Server) -> None:
    machine.cache.mkdir()
    (machine.cache / f"{FILE}.part").write_bytes(GOOD + b"more than there should be")
    (machine.out / ".thing-leftover").mkdir(parents=True)
    server.files = {f"/debian/pool/{POOL}": GOOD}
    machine.fetch(project(source(GOOD, POOL)))
    assert machine.cached() == [FILE]
    assert (machine.out / "thing/README").exists()


def test_half_unpacked_folder_is_replaced(machine: Machine, server: Server) -> None:
    (machine.out / "thing/src").mkdir(parents=True)
    (machine.out / "thing/stray").write_text("from a run that was killed")
    server.files = {f"/debian/pool/{POOL}": GOOD}
    machine.fetch(project(source(GOOD, POOL)))
    assert not (machine.out / "thing/stray").exists()


def test_link_made_by_hand_gives_way_to_the_real_sources(machine: Machine, server: Server) -> None:
    elsewhere = machine.out.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("keep")
    machine.out.mkdir()
    (machine.out / "thing").symlink_to(elsewhere)
    server.files = {f"/debian/pool/{POOL}": GOOD}
    machine.fetch(project(source(GOOD, POOL)))
    assert not (machine.out / "thing").is_symlink()
    assert (elsewhere / "precious").read_text() == "keep"


def test_offline_with_a_warm_cache(machine: Machine, server: Server) -> None:
    machine.cache.mkdir()
    (machine.cache / FILE).write_bytes(GOOD)
    fetched = machine.fetch(project(source(GOOD, POOL)), offline=True)
    assert fetched.origin == "cache"
    assert server.asked == []
    again = machine.fetch(project(source(GOOD, POOL)), offline=True)
    assert again.origin == "unpacked"


def test_corrupt_cache_is_moved_away_and_fetched_again(machine: Machine, server: Server) -> None:
    machine.cache.mkdir()
    (machine.cache / FILE).write_bytes(GOOD[:-1])
    server.files = {f"/debian/pool/{POOL}": GOOD}
    fetched = machine.fetch(project(source(GOOD, POOL)))
    assert fetched.origin.startswith("mirror")
    assert (machine.cache / FILE).read_bytes() == GOOD
    (bad,) = [name for name in machine.cached() if ".corrupt-" in name]
    assert (machine.cache / bad).read_bytes() == GOOD[:-1]


def test_new_pin_replaces_what_was_unpacked(machine: Machine, server: Server) -> None:
    server.files = {f"/debian/pool/{POOL}": GOOD}
    machine.fetch(project(source(GOOD, POOL)))
    newer = tarball({"thing-1.0/README": b"hello again\n"})
    server.files = {"/debian/pool/main/t/thing/thing_2.tar.gz": newer}
    machine.fetch(project(source(newer, "main/t/thing/thing_2.tar.gz")))
    assert (machine.out / "thing/README").read_bytes() == b"hello again\n"
    assert not (machine.out / "thing/src").exists()


def test_another_choice_of_the_same_archive_is_unpacked_anew(
    machine: Machine, server: Server
) -> None:
    """And without asking anybody: the archive is in the cache."""
    server.files = {f"/debian/pool/{POOL}": GOOD}
    whole = project(source(GOOD, POOL))
    machine.fetch(replace(whole, only=("README",)))
    assert not (machine.out / "thing/src").exists()
    assert machine.fetch(replace(whole, only=("README",)), offline=True).origin == "unpacked"
    assert machine.fetch(replace(whole, only=("README", "src/*")), offline=True).origin == "cache"
    assert (machine.out / "thing/src/a.c").exists()


def test_failure_says_what_was_tried_and_how_to_help(machine: Machine, server: Server) -> None:
    wanted = project(source(GOOD, POOL, (f"{server.url}/up/thing.tar.gz",)))
    with pytest.raises(FetchError) as caught:
        machine.fetch(wanted)
    text = str(caught.value)
    for fact in (
        "thing 1.0",
        f"cache     {machine.cache / FILE}: not there",
        f"mirror    {server.url}/debian/pool/{POOL}: HTTP 404",
        f"upstream  {server.url}/up/thing.tar.gz: HTTP 404",
        wanted.sources[0].sha256,
        f"into {machine.cache} and run the same command again",
    ):
        assert fact in text
    (machine.cache / FILE).write_bytes(GOOD)
    assert machine.fetch(wanted).origin == "cache"


def test_offline_says_that_it_did_not_ask(machine: Machine, server: Server) -> None:
    with pytest.raises(FetchError, match="not asked"):
        machine.fetch(project(source(GOOD, POOL)), offline=True)
    assert server.asked == []


def test_archive_that_leads_out_is_refused(machine: Machine, server: Server) -> None:
    evil = tarball({"thing-1.0/../../escaped": b"gotcha"})
    server.files = {f"/debian/pool/{POOL}": evil}
    with pytest.raises(FetchError, match="does not unpack"):
        machine.fetch(project(source(evil, POOL)))
    assert not list(machine.out.parent.rglob("escaped"))
    assert not (machine.out / "thing").exists()


class TestCommand:
    """`python3 -m tools.fetch`."""

    MANIFEST = """
[thing]
version = "1.0"
licence = "MIT"
purpose = "to test with"

[[thing.source]]
sha256 = "{sha256}"
urls = ["{url}"]
"""

    @pytest.fixture
    def arguments(
        self, tmp_path: Path, cache: Path, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> list[str]:
        monkeypatch.setenv("HANDSET_CACHE", str(cache))
        url = f"{server.url}/up/thing.tar.gz"
        manifest = tmp_path / "third_party.toml"
        manifest.write_text(self.MANIFEST.format(sha256=source(GOOD, "p").sha256, url=url))
        return ["--manifest", str(manifest), "--out", str(tmp_path / "third_party")]

    def test_json(
        self, arguments: list[str], server: Server, capsys: pytest.CaptureFixture[str]
    ) -> None:
        server.files = {"/up/thing.tar.gz": GOOD}
        assert fetch.main([*arguments, "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert answer["failed"] == []
        assert answer["fetched"][0]["name"] == "thing"
        assert Path(answer["fetched"][0]["folder"], "README").exists()

    def test_what_is_on_demand_comes_when_it_is_named(
        self, arguments: list[str], server: Server, capsys: pytest.CaptureFixture[str]
    ) -> None:
        server.files = {"/up/thing.tar.gz": GOOD}
        manifest = Path(arguments[1])
        on_demand = 'version = "1.0"\non_demand = true\nonly = ["src/*"]'
        manifest.write_text(manifest.read_text().replace('version = "1.0"', on_demand))
        assert fetch.main([*arguments, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["fetched"] == []
        assert fetch.main([*arguments, "thing", "--json"]) == 0
        folder = Path(json.loads(capsys.readouterr().out)["fetched"][0]["folder"])
        assert (folder / "src/a.c").exists()
        assert not (folder / "README").exists()

    def test_failure_is_exit_code_1(
        self, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert fetch.main(arguments) == 1
        assert "could not be fetched" in capsys.readouterr().err

    def test_unknown_name_is_a_usage_error(
        self, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert fetch.main([*arguments, "thnig"]) == 2
        assert "it has: thing" in capsys.readouterr().err

    def test_broken_manifest_is_a_usage_error(self, arguments: list[str]) -> None:
        Path(arguments[1]).write_text("[thing]\nversion = 1.0.0\n")
        assert fetch.main(arguments) == 2
