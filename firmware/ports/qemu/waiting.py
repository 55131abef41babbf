"""Waiting on a stream of the machine inside asyncio."""

from asyncio import core  # type: ignore[attr-defined]  # the stubs lack it


async def readable(stream: object) -> None:
    """Wait until `stream` has something to read."""
    yield core._io_queue.queue_read(stream)


async def writable(stream: object) -> None:
    """Wait until `stream` takes something."""
    yield core._io_queue.queue_write(stream)
