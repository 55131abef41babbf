"""The secret of a virtual handset: 32 bytes beside its flash image, where a chip has an eFuse."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from handsetctl.errors import BenchError

FILE = "device_secret.bin"
_BYTES = 32


def device_secret(flash: Path) -> Path:
    """The file, made once: what the store sealed under it would be lost with it.

    BenchError when it is there but is none.
    """
    path = flash.with_name(FILE)
    try:
        _create(path)
    except FileExistsError:
        _check(path)
    return path


def _create(path: Path) -> None:
    # Nobody else may read it, from its first byte on.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(_BYTES))


def _check(path: Path) -> None:
    n_bytes = path.stat().st_size
    if n_bytes != _BYTES:
        raise BenchError(
            f"the device secret has {n_bytes} bytes, not {_BYTES}",
            str(path),
            "put the right one back, or delete it: the store in the flash can not be read then",
        )
