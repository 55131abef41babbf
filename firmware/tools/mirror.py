"""Where this machine's apt gets its packages from: nothing here names a host."""

import re
import shutil
import subprocess
from pathlib import Path

_APT_DIR = Path("/etc/apt")


def mirrors(apt_dir: Path = _APT_DIR) -> list[str]:
    """Base URLs of the Debian archives apt is set up with, without trailing slash, in apt's order.

    Empty on a machine without apt. Read through apt itself; when that fails, from its source files.
    """
    found = _from_apt() or _from_source_files(apt_dir)
    return list(dict.fromkeys(url.rstrip("/") for url in found if "://" in url))


def _from_apt() -> list[str]:
    if not shutil.which("apt-get"):
        return []
    run = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout.split() if run.returncode == 0 else []


def _from_source_files(apt_dir: Path) -> list[str]:
    found: list[str] = []
    parts = apt_dir / "sources.list.d"
    for path in [apt_dir / "sources.list", *sorted(parts.glob("*.list"))]:
        if path.is_file():
            found += re.findall(
                r"^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)", path.read_text(), re.MULTILINE
            )
    for path in sorted(parts.glob("*.sources")):
        for line in re.findall(r"^URIs:\s*(.+)$", path.read_text(), re.MULTILINE):
            found += line.split()
    return found
