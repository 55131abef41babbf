"""What the heap holds that is in use, without the garbage that no collection has taken yet."""

from __future__ import annotations

from handsetctl.device import Device, Memory


def live_memory(device: Device) -> Memory:
    """The memory right after a collection: questions make garbage until there is one."""
    before, now = device.memory(), device.memory()
    while now.heap_used_bytes > before.heap_used_bytes:
        before, now = now, device.memory()
    return now
