"""Waiting on a wire of the sim board inside asyncio."""

import asyncio


async def readable(fd: int) -> None:
    """Wait until `fd` has something to read."""
    yield asyncio.core._io_queue.queue_read(fd)


async def writable(fd: int) -> None:
    """Wait until `fd` takes something."""
    yield asyncio.core._io_queue.queue_write(fd)
