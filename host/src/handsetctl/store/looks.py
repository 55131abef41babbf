"""Has a store gone back in time? What this computer remembers of each handset, and what follows.

Each look leaves a random number in the handset. An older image of its flash does not have the last
one: that, or a head of the log that went back, cannot come from the handset's own work.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from handsetctl import spec
from handsetctl.bench.faults import PathUnusable
from handsetctl.bench.user_files import usable, whole_file
from handsetctl.store.facts import Look

if TYPE_CHECKING:
    from handsetctl.store.device_store import DeviceStore

_HOST_FILE = "this-computer"


@dataclass(frozen=True)
class Memory:
    """What one look left behind: a number, and the least version that the next may find."""

    version: int
    nonce: bytes
    seen_utc: str


@dataclass(frozen=True)
class Verdict:
    """The look itself, what was remembered before it, why both do not fit (nothing if they do), and
    whether the next look is judged by this one."""

    look: Look
    before: Memory | None
    reasons: tuple[str, ...]
    remembered: bool


def default_folder() -> Path:
    """$HANDSETCTL_STATE, else the user's state folder as XDG has it."""
    named = os.environ.get("HANDSETCTL_STATE")
    if named:
        return Path(named) / "store"
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "handsetctl" / "store"


def judge(before: Memory | None, look: Look) -> tuple[str, ...]:
    """Why a store is not what it was before with more behind it; nothing if it may be."""
    if before is None:
        return ()
    reasons = []
    if before.nonce not in look.nonces:
        reasons.append(f"it does not have the number that was left in it on {before.seen_utc}")
    if look.version < before.version:
        reasons.append(f"its head went back from version {before.version} to {look.version}")
    return tuple(reasons)


class Looks:
    """What is remembered, a file a serial number; the folder is made when it is needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def look(self, store: DeviceStore, serial_number: str, accept: bool = False) -> Verdict:
        """Look at a store, judge it, and remember it if nothing speaks against it.

        Otherwise the memory stays as it was, so that the next look says the same, unless this one
        is to be accepted. It stays, too, where the handset could not keep the new number.
        """
        before = self.recall(serial_number)
        nonce = secrets.token_bytes(spec.store_constant("NONCE_BYTES"))
        look = store.verify(self._host(), before.nonce if before else b"", nonce)
        reasons = judge(before, look)
        remembered = look.stored and (accept or not reasons)
        if remembered:
            # The number is a record of its own, behind the head that was answered.
            now = datetime.now(timezone.utc).isoformat(timespec="seconds")
            self._remember(serial_number, Memory(look.version + 1, nonce, now))
        return Verdict(look, before, reasons, remembered)

    def recall(self, serial_number: str) -> Memory | None:
        """What is remembered of a handset."""
        file = self._file(serial_number)
        with usable(file):
            if not file.exists():
                return None
            try:
                found = json.loads(file.read_text(encoding="utf-8"))
                nonce = _bytes(found["nonce"], spec.store_constant("NONCE_BYTES"))
                return Memory(int(found["version"]), nonce, str(found["seen_utc"]))
            except (ValueError, KeyError, TypeError) as error:
                raise _garbled(file, error) from error

    def forget(self, serial_number: str) -> None:
        """The handset was wiped on purpose: the next look is the first."""
        file = self._file(serial_number)
        with usable(file):
            file.unlink(missing_ok=True)

    def _host(self) -> bytes:
        file = self._folder / _HOST_FILE
        n_bytes: int = spec.store_constant("HOST_BYTES")
        with usable(file):
            if file.exists():
                try:
                    return _bytes(file.read_text(encoding="utf-8"), n_bytes)
                except ValueError as error:
                    raise _garbled(file, error) from error
        host = secrets.token_bytes(n_bytes)
        self._write(file, host.hex())
        return host

    def _remember(self, serial_number: str, memory: Memory) -> None:
        facts = {
            "version": memory.version,
            "nonce": memory.nonce.hex(),
            "seen_utc": memory.seen_utc,
        }
        self._write(self._file(serial_number), json.dumps(facts, indent=2) + "\n")

    def _file(self, serial_number: str) -> Path:
        return self._folder / f"{quote(serial_number, safe='')}.json"

    def _write(self, file: Path, text: str) -> None:
        with usable(file):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with whole_file(file) as new:
            new.write(text)


def _bytes(text: str, n_bytes: int) -> bytes:
    data = bytes.fromhex(text)
    if len(data) != n_bytes:
        raise ValueError(f"{len(data)} bytes instead of {n_bytes}")
    return data


def _garbled(file: Path, error: Exception) -> PathUnusable:
    return PathUnusable(
        f"not what was written there: {error!r}",
        str(file),
        "without this file the next look is the first: delete it if you know that store",
    )
