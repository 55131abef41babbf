"""What the heap holds that is in use, without the garbage that no collection has taken yet."""

from __future__ import annotations

from handsetctl.device import Device, Memory

_COLLECTIONS = 12


def live_memory(device: Device) -> Memory:
    """The memory with least garbage, of those right after some collections: questions make garbage
    until there is one, and the first answer after it comes with more or less of it. Now and then
    what lies about on the stack looks like an address: 2 kB of garbage outlive some collections."""
    least = before = device.memory()
    n_collections = 0
    while n_collections < _COLLECTIONS:
        now = device.memory()
        n_collections += now.heap_used_bytes < before.heap_used_bytes
        least = min(least, now, key=lambda memory: memory.heap_used_bytes)
        before = now
    return least
