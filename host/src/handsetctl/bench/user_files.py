"""Files and folders that a user names: what is wrong with them is the user's to know, by name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

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


@contextmanager
def whole_file(file: Path) -> Iterator[TextIO]:
    """A file that is there when all went well, and not touched otherwise. Only its owner may read
    it. PathUnusable before anything is written where something else has its name."""
    file = file.resolve()  # what a link leads to is replaced, not the link
    if file.exists() and not file.is_file():
        raise PathUnusable("no regular file", str(file), "name another one")
    with usable(file):
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            os.replace(temporary, file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def make_folder(folder: Path) -> None:
    """Make a folder for results, with its parents, and fail unless files can be put into it."""
    probe = folder / ".writable"
    with usable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
