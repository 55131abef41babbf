"""Waiting inside asyncio on what has the poll interface: a descriptor, or a stream in C."""

from asyncio import core  # type: ignore[attr-defined]  # the stubs lack it


async def readable(wire: object) -> None:
    """Wait until `wire` has something to read."""
    yield core._io_queue.queue_read(wire)


async def writable(wire: object) -> None:
    """Wait until `wire` takes something."""
    yield core._io_queue.queue_write(wire)
