"""Waiting on a wire of the sim board inside asyncio."""

from asyncio import core  # type: ignore[attr-defined]  # the stubs lack it


async def readable(fd: int) -> None:
    """Wait until `fd` has something to read."""
    yield core._io_queue.queue_read(fd)


async def writable(fd: int) -> None:
    """Wait until `fd` takes something."""
    yield core._io_queue.queue_write(fd)
