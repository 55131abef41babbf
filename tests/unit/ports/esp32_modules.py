"""The modules of MicroPython's esp32 port and our C modules, as far as a driver under test uses
them; each is a namespace that the test fills."""

import importlib
import sys
import time
from types import ModuleType

from ports_ticks import ticks_diff

_MODULES = ("_espnow", "datagram", "esp32", "machine", "network", "voice", "ports.esp32.waiting")


class FakeChip:
    """`chip["voice"]` is the module that a driver imports as `voice`."""

    def __init__(self, monkeypatch):
        self._modules = {name: ModuleType(name) for name in _MODULES}
        self.forget()
        for name, module in self._modules.items():
            monkeypatch.setitem(sys.modules, name, module)
        self._modules["ports.esp32.waiting"].__dict__.update(wake_in=None, wake_on_read=None)
        monkeypatch.setattr(time, "ticks_ms", lambda: 0, raising=False)
        monkeypatch.setattr(time, "ticks_diff", ticks_diff, raising=False)

    def __getitem__(self, name):
        return self._modules[name]

    def put(self, name, **attributes):
        """Attributes of a module."""
        self._modules[name].__dict__.update(attributes)

    def driver(self, name):
        """ports.esp32.<name>, which sees these modules."""
        return importlib.import_module("ports.esp32." + name)

    def forget(self):
        """The drivers that saw them."""
        for name in list(sys.modules):
            if name.startswith("ports.esp32.") or name == "ports.common.voice_engine":
                del sys.modules[name]
