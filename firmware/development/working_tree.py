"""Modules of a working tree in the place of frozen ones: the handset's half of `handsetctl dev`.

MicroPython looks for a package in one place, and the application as a whole takes more RAM than
there is beside what it needs to run. So it stays frozen, and the modules that differ are loaded
before it, each under its full name and in order of dependence: who imports one later finds it
there. Their files are flat: handset.link.framing is in handset~link~framing.mpy.
"""

import sys

import tree_digests

FOLDER = "/tree"
"""Where `handsetctl dev push` leaves modules. "modules" there has the build that they belong to,
then a line a module: its name and the digest of its file."""


def load(names: list, folder: str) -> None:
    """Load modules by full names, "handset.link.__init__" for a package, in this order."""
    sys.path.insert(0, folder)
    for name in names:
        _load(name)
    sys.path.pop(0)


def load_pushed() -> None:
    """Load what was pushed to this very build; what was pushed to another would not fit."""
    try:
        with open(FOLDER + "/modules") as file:
            build, *lines = file.read().split("\n")
    except OSError:
        return
    if build != tree_digests.BUILD:
        print("development: left out what was pushed to another build")
        return
    names = [line.split()[0] for line in lines if line]
    load(names, FOLDER)
    print("development: modules from %s: %s" % (FOLDER, ", ".join(names)))


def _load(name: str) -> None:
    flat = name.replace(".", "~")
    module = __import__(flat)
    del sys.modules[flat]
    parent, _, leaf = name.rpartition(".")
    if leaf == "__init__":
        name = parent
        module.__path__ = ".frozen/" + name.replace(".", "/")
        parent, _, leaf = name.rpartition(".")
    sys.modules[name] = module
    if parent:
        __import__(parent)
        setattr(sys.modules[parent], leaf, module)
