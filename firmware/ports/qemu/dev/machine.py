"""The part of MicroPython's `machine` that `mpremote reset` asks for."""

from virt import reset  # noqa: F401
