"""What boards may differ in under the same tests: time, which an emulator takes from the host.

Everything else is asked of every board alike. Deadlines are the same too: they are far away.
"""

from __future__ import annotations

from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.demo import presses
from handsetctl.device import Device

REACTION_LIMIT_S = {"sim": 0.25, "qemu_rv32": 1.0}
"""From a key's edge to its effect while a stranger floods the air."""
CALLS_AT_ONCE = {"sim": 2, "qemu_rv32": 1}
"""How many calls, of two handsets each, a host carries that has other tests to run meanwhile."""
CODECS = ("opus", "amrwb")
"""The default comes last."""


def warm_up(bench: VirtualBench) -> None:
    """Use the voice code of an emulated bench once, before a test looks at what it does in time."""
    if not bench.emulated:
        return
    with Device.open(bench["A"].port) as device_a, Device.open(bench["B"].port) as device_b:
        for codec in CODECS:
            for device in (device_a, device_b):
                device.set_codec(codec, 0)
            presses.warm_up(bench)
