"""Write the module `tree_digests` of development builds: which Python files went into the firmware.

`handsetctl dev` compares it with a working tree, and sends the modules that differ.
"""

import hashlib
import sys
from pathlib import Path

from tools import files, toml_subset
from tools.fetch import ROOT
from tools.mpy_compile import sources


def digest(content: bytes) -> str:
    """Enough of SHA-256 to tell two versions of a file apart."""
    return hashlib.sha256(content).hexdigest()[:16]


def collect(board_folder: Path) -> str:
    """A line for each file that a board's firmware may have: its name there, its digest."""
    port = toml_subset.load(board_folder / "board.toml")["port"]
    found = {}
    for path in sources(board_folder, port):
        base = board_folder if path.parent == board_folder else ROOT / "firmware"
        found[path.relative_to(base).as_posix()] = digest(path.read_bytes())
    return "".join(f"{name} {found[name]}\n" for name in sorted(found))


def python_module(text: str) -> str:
    """Source of the module: the lines, and the digest of them all, which names the build."""
    return (
        '"""The Python files of this firmware, for `handsetctl dev`; generated."""\n\n'
        f'BUILD = "{digest(text.encode())}"\nTEXT = """\\\n{text}"""\n'
    )


def main(argv: list[str]) -> int:
    """`python3 -m tools.tree_digests BOARD_DIR OUT_DIR`."""
    text = collect(Path(argv[0]).resolve())
    files.write_if_changed(Path(argv[1]) / "tree_digests.py", python_module(text))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
