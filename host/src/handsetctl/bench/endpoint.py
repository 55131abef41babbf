"""The UNIX socket of the long-running bench, reachable however long the directory's path is."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

SOCKET_NAME = "sim.sock"


@contextlib.contextmanager
def socket_address(state_dir: Path) -> Iterator[str]:
    """Address to bind or connect to: the kernel takes 107 bytes only, paths can be longer."""
    fd = os.open(state_dir, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{fd}/{SOCKET_NAME}"
    finally:
        os.close(fd)
