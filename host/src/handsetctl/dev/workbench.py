"""Run a working tree's application on a handset, or leave its modules there."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from handsetctl.dev.compiler import compile_into, flat_name
from handsetctl.dev.prompt import ProgramFailed, Prompt
from handsetctl.dev.tree import MAIN, Module, Tree
from handsetctl.errors import HandsetError
from handsetctl.transport import FrameSplitter

PUSHED = "/tree"
_LIST = "modules"
"""Both as in firmware/development/working_tree.py."""

Progress = Callable[[str, float], None]

_ASK_FIRMWARE = """
import board_facts, tree_digests
print(board_facts.NAME, tree_digests.BUILD)
print(tree_digests.TEXT)
"""
_LIST_PUSHED = f"""
import os
try:
    print(*os.listdir({PUSHED!r}))
    print(open({PUSHED + "/" + _LIST!r}).read())
except OSError:
    pass
"""
_MAKE_FOLDER = f"""
import os
if {PUSHED[1:]!r} not in os.listdir("/"):
    os.mkdir({PUSHED!r})
"""
_REMOVE = f"""
import os
for name in %r:
    os.remove({PUSHED + "/"!r} + name)
"""


class NotDevelopmentBuild(HandsetError):
    """Raised when MicroPython answers, but not in a development build of ours."""

    exit_code = 6


@dataclass(frozen=True)
class Firmware:
    """What a development build says of itself."""

    board: str
    build: str
    digests: Mapping[str, str]
    """Of the Python files that went into it, by their names."""


@dataclass(frozen=True)
class Pushed:
    """What a push did, by names of modules."""

    sent: tuple[str, ...]
    kept: tuple[str, ...]


class Workbench:
    """A handset at its prompt, and a working tree."""

    def __init__(self, prompt: Prompt, root: Path) -> None:
        """``root``: top folder of a checkout. NotDevelopmentBuild, BuildError."""
        self._prompt = prompt
        self.firmware = _ask_firmware(prompt)
        self._tree = Tree(root, self.firmware.board)

    def changed(self) -> list[Module]:
        """Modules of the tree that the firmware has not, or not so, in order of dependence."""
        return self._tree.changed(self.firmware.digests)

    def start(self, on_progress: Progress) -> list[str]:
        """Load what differs, start the application; returns the names of what was loaded."""
        main = next(module for module in self._tree.modules() if module.name == MAIN)
        changed = [module for module in self.changed() if module.name != MAIN]
        names = [module.name for module in changed]
        if changed:
            with _compiled(changed) as folder, self._prompt.mounted(folder) as there:
                for number, name in enumerate(names):
                    on_progress(f"loading {name}", number / len(names))
                    self._prompt.run(
                        f"import working_tree\nworking_tree.load([{name!r}], {there!r})"
                    )
        on_progress("starting the application", 1.0)
        self._prompt.start(main.path.read_text(encoding="utf-8"))
        return names

    def follow(self, on_text: Callable[[str], None]) -> None:
        """Hand over the lines of console text until the application ends. ProgramFailed."""
        self._prompt.follow(FrameSplitter(on_text).feed)

    def push(self, on_progress: Progress) -> Pushed:
        """Leave on the handset what differs from its firmware, and nothing else."""
        modules = self.changed()
        with _compiled(modules) as folder:
            contents = {m.name: (folder / flat_name(m.name)).read_bytes() for m in modules}
        wanted = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
        files, digests = _pushed(self._prompt)
        sent = [name for name in wanted if digests.get(name) != wanted[name]]
        kept = [name for name in wanted if name not in sent]
        # The list goes first and comes last: without it, the handset ignores the rest.
        _remove(self._prompt, files - {flat_name(name) for name in kept})
        self._prompt.run(_MAKE_FOLDER)
        for number, name in enumerate(sent):
            on_progress(f"sending {name}", number / len(sent))
            self._prompt.write_file(f"{PUSHED}/{flat_name(name)}", contents[name])
        lines = [self.firmware.build, *(f"{name} {digest}" for name, digest in wanted.items())]
        self._prompt.write_file(f"{PUSHED}/{_LIST}", "\n".join(lines).encode())
        on_progress("done", 1.0)
        return Pushed(tuple(sent), tuple(kept))


def remove_pushed(prompt: Prompt) -> int:
    """Take away all that was pushed; returns how many modules that were."""
    files, digests = _pushed(prompt)
    _remove(prompt, files)
    if files:
        prompt.run(f"import os\nos.rmdir({PUSHED!r})")
    return len(digests)


def _ask_firmware(prompt: Prompt) -> Firmware:
    try:
        names, *lines = prompt.run(_ASK_FIRMWARE).split("\n")
    except ProgramFailed as error:
        raise NotDevelopmentBuild(
            "MicroPython answers, but it is no development build of the handset",
            prompt.url,
            "make one: handsetctl dev --help",
        ) from error
    board, build = names.split()
    return Firmware(board, build, dict(line.split() for line in lines if line))


def _pushed(prompt: Prompt) -> tuple[set[str], dict[str, str]]:
    """Names of the files in the folder; digest of each module on its list."""
    names, _, text = prompt.run(_LIST_PUSHED).partition("\n")
    lines = (line.split() for line in text.split("\n")[1:])
    return set(names.split()), {words[0]: words[1] for words in lines if words}


def _remove(prompt: Prompt, files: Iterable[str]) -> None:
    prompt.run(_REMOVE % sorted(files, key=lambda name: (name != _LIST, name)))


@contextmanager
def _compiled(modules: Iterable[Module]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="handset-dev-") as folder:
        for module in modules:
            compile_into(Path(folder), module)
        yield Path(folder)
