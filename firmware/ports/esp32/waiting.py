"""Waiting inside asyncio without allocating, which asyncio.sleep_ms() does each time it ends.

Used by functions that are coroutines to MicroPython because they yield, like those of its own
asyncio/stream.py: `wake_in(ms)`, then `yield`. (CPython forbids `yield` next to `return value` in
an `async def`.)
"""

import time
from asyncio import core  # type: ignore[attr-defined]  # the stubs lack it


def wake_in(delay_ms: int) -> None:
    """Have the current task continue after `delay_ms`; it must yield next."""
    core._task_queue.push(core.cur_task, time.ticks_add(time.ticks_ms(), delay_ms))


def wake_on_read(stream: object) -> None:
    """Have the current task continue when `stream` has something to read; it must yield next."""
    core._io_queue.queue_read(stream)
