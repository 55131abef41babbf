"""Gives back the RAM of a module that is needed seldom: its functions are objects on MicroPython's
heap. Who needs it imports it where it is used, and keeps none of its objects when it is done."""

import sys


def unload(name: str) -> None:
    """On CPython, and where it was not imported, nothing happens."""
    if sys.implementation.name == "micropython" and name in sys.modules:
        del sys.modules[name]
        package, _, last = name.rpartition(".")
        delattr(sys.modules[package], last)
