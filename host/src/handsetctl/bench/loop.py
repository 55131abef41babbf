"""The bench's one background thread: watches file descriptors, runs timers, starts handsets.

Handsets are asked to die with the thread that started them (PR_SET_PDEATHSIG works by thread), so
all of them are started here, in a thread that lives as long as the bench.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import heapq
import itertools
import os
import selectors
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Timer:
    """A call planned for an instant."""

    def __init__(self, instant_s: float, callback: Callable[[], None]) -> None:
        self.instant_s = instant_s
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Forget the call. Idempotent."""
        self.callback = None


class BenchLoop:
    """Callbacks run one after the other in the loop's thread and must not block for long."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, self._drain_wake)
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()
        self._calls: list[Callable[[], None]] = []
        self._running = True
        self._closed = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="bench-loop", daemon=True)
        self._thread.start()

    def call(self, function: Callable[[], T]) -> T:
        """Run a function in the loop's thread and return its result (or raise its exception)."""
        if threading.current_thread() is self._thread:
            return function()
        future: concurrent.futures.Future[T] = concurrent.futures.Future()

        def work() -> None:
            try:
                future.set_result(function())
            except BaseException as error:  # handed to the caller, whatever it is
                future.set_exception(error)

        with self._lock:
            self._check_running()
            self._calls.append(work)
        self._wake()
        return future.result()

    def call_at(self, instant_s: float, callback: Callable[[], None]) -> Timer:
        """Plan a call for an instant of the monotonic clock."""
        timer = Timer(instant_s, callback)
        with self._lock:
            self._check_running()
            heapq.heappush(self._timers, (instant_s, next(self._order), timer))
        self._wake()
        return timer

    def add_reader(self, fd: int, callback: Callable[[], None]) -> None:
        """Call back whenever fd is readable. Loop thread only."""
        self._selector.register(fd, selectors.EVENT_READ, callback)

    def remove_reader(self, fd: int) -> None:
        """Stop watching fd. Loop thread only."""
        self._selector.unregister(fd)

    def close(self) -> None:
        """Stop the thread after the calls already handed to it. Idempotent."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._running = False
        self._wake()
        self._thread.join()
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _check_running(self) -> None:
        if self._failure is not None:
            raise RuntimeError("the bench's background thread failed") from self._failure
        if not self._running:
            raise RuntimeError("the bench is closed")

    def _run(self) -> None:
        try:
            self._serve()
        except BaseException as error:  # told to every later caller by _check_running
            with self._lock:
                self._failure = error
                self._running = False
                calls, self._calls = self._calls, []
            for work in calls:
                work()

    def _serve(self) -> None:
        while True:
            with self._lock:
                calls, self._calls = self._calls, []
                running = self._running
            for work in calls:
                work()
            if calls:
                continue
            if not running:
                return
            timeout_s = self._run_timers()
            for key, _ in self._selector.select(timeout_s):
                key.data()

    def _run_timers(self) -> float | None:
        """Run what is due; returns the time to the next timer."""
        while True:
            with self._lock:
                if not self._timers:
                    return None
                wait_s = self._timers[0][0] - time.monotonic()
                if wait_s > 0:
                    return wait_s
                timer = heapq.heappop(self._timers)[2]
            if timer.callback is not None:
                timer.callback()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # a full pipe wakes the loop just as well
            os.write(self._wake_write, b"x")

    def _drain_wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_read, 4096)
