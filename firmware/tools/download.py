"""Bring one file to the disk, whole and verified, or not at all."""

import hashlib
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tools.progress import Bar

_TIMEOUT_S = 60
_CHUNK = 1 << 16
_APT_HELPER = Path("/usr/lib/apt/apt-helper")


class DownloadError(Exception):
    """The file could not be had from this address; the message says why in a few words."""


class NotThereError(DownloadError):
    """The server answered, and does not have the file: trying again or otherwise is of no use."""


Getter = Callable[[str, Path, str], None]


def download(url: str, target: Path, sha256: str, *, apt_may_help: bool = False) -> None:
    """Fetch `url` into `target`, which appears only once its SHA-256 is right.

    Raises `DownloadError`. The bytes collect in `<target>.part`; what an interrupted run left there
    is never read, only overwritten. With `apt_may_help`, apt's own client is tried after Python's.
    """
    part = target.with_name(target.name + ".part")
    getters: list[Getter] = [_with_urllib]
    if apt_may_help and _APT_HELPER.exists():
        getters.append(_with_apt_helper)
    reasons = []
    for getter in getters:
        try:
            getter(url, part, target.name)
            _verify(part, sha256)
        except NotThereError:
            part.unlink(missing_ok=True)
            raise
        except DownloadError as error:
            part.unlink(missing_ok=True)
            reasons.append(str(error))
            continue
        os.replace(part, target)
        return
    raise DownloadError("; then ".join(reasons))


def _verify(part: Path, sha256: str) -> None:
    digest = hashlib.sha256(part.read_bytes()).hexdigest()
    if digest != sha256:
        raise DownloadError(f"wrong content: SHA-256 {digest}, expected {sha256}")


def _with_urllib(url: str, part: Path, label: str) -> None:
    """Python's own client, with the proxies and CA settings of the environment."""
    try:
        with (
            urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer,
            part.open("wb") as stream,
        ):
            total = int(answer.headers.get("Content-Length") or 0)
            _copy(answer, stream, Bar(label, total))
            size = stream.tell()
    except urllib.error.HTTPError as error:
        kind = NotThereError if error.code in (404, 410) else DownloadError
        raise kind(f"HTTP {error.code} {error.reason}") from error
    except (OSError, ValueError, EOFError) as error:
        reason = getattr(error, "reason", None) or error
        raise DownloadError(str(reason) or type(error).__name__) from error
    if total and size != total:
        raise DownloadError(f"connection ended after {size} of {total} bytes")


def _copy(answer: object, stream: object, bar: Bar) -> None:
    done = 0
    try:
        while chunk := answer.read(_CHUNK):  # type: ignore[attr-defined]
            stream.write(chunk)  # type: ignore[attr-defined]
            done += len(chunk)
            bar.update(done)
    finally:
        bar.close()


def _with_apt_helper(url: str, part: Path, label: str) -> None:
    """apt's own client, for mirrors that only its configuration (proxy, certificates) reaches."""
    del label
    part.unlink(missing_ok=True)
    run = subprocess.run(
        [str(_APT_HELPER), "download-file", url, str(part)],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode or not part.is_file():
        lines = [line for line in run.stderr.splitlines() if line.startswith("E:")]
        raise DownloadError(f"apt-helper: {lines[0][3:] if lines else f'exit {run.returncode}'}")
