"""Files and folders that a user names: what is wrong with them is the user's to know, by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handsetctl.bench.faults import PathUnusable


@contextmanager
def usable(path: Path) -> Iterator[None]:
    """Around the use of a path: what the system says against it becomes a PathUnusable."""
    try:
        yield
    except OSError as error:
        what = error.strerror or str(error)
        raise PathUnusable(
            f"{what[:1].lower()}{what[1:]}", str(path), "check its name, and that you may use it"
        ) from error


def check_writable(file: Path) -> None:
    """Fail now rather than after the work whose result goes into a file; it exists afterwards."""
    with usable(file), file.open("ab"):
        pass


def make_folder(folder: Path) -> None:
    """Make a folder for results, with its parents, and fail unless files can be put into it."""
    probe = folder / ".writable"
    with usable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
