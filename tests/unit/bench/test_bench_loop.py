"""The background thread of the bench."""

import os
import threading
import time

import pytest

from handsetctl.bench.loop import BenchLoop

TIMEOUT_S = 20.0


def test_calls_give_back_results_and_errors() -> None:
    loop = BenchLoop()
    assert loop.call(lambda: threading.current_thread().name) == "bench-loop"
    with pytest.raises(ZeroDivisionError):
        loop.call(lambda: 1 // 0)
    assert loop.call(lambda: loop.call(lambda: 5)) == 5
    loop.close()


def test_timers_run_in_order_not_before_their_time_and_not_when_cancelled() -> None:
    loop, seen, done = BenchLoop(), [], threading.Event()
    now_s = time.monotonic()
    loop.call_at(now_s + 0.02, lambda: seen.append(("second", time.monotonic())))
    loop.call_at(now_s + 0.01, lambda: seen.append(("first", time.monotonic())))
    loop.call_at(now_s + 0.015, lambda: seen.append(("never", 0.0))).cancel()
    loop.call_at(now_s + 0.03, done.set)
    assert done.wait(TIMEOUT_S)
    loop.close()
    assert [name for name, _ in seen] == ["first", "second"]
    assert seen[0][1] >= now_s + 0.01 and seen[1][1] >= now_s + 0.02


def test_a_readable_descriptor_calls_back() -> None:
    loop, got = BenchLoop(), threading.Event()
    read_fd, write_fd = os.pipe()

    def read() -> None:
        os.read(read_fd, 10)
        got.set()

    loop.call(lambda: loop.add_reader(read_fd, read))
    os.write(write_fd, b"x")
    assert got.wait(TIMEOUT_S)
    loop.call(lambda: loop.remove_reader(read_fd))
    loop.close()
    os.close(read_fd)
    os.close(write_fd)


def test_a_failing_callback_is_told_to_every_later_caller() -> None:
    loop = BenchLoop()
    failed = threading.Event()

    def fail() -> None:
        failed.set()
        raise OSError("broken wire")

    loop.call_at(time.monotonic(), fail)
    assert failed.wait(TIMEOUT_S)
    with pytest.raises(RuntimeError) as caught:
        _call_often(loop)  # the failure may take a moment to be noted
    assert "broken wire" in str(caught.value.__cause__)
    loop.close()


def _call_often(loop: BenchLoop) -> None:
    for _ in range(100_000):
        loop.call(lambda: None)


def test_a_closed_loop_refuses_and_leaves_nothing() -> None:
    before = len(os.listdir("/proc/self/fd"))
    loop = BenchLoop()
    loop.close()
    loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        loop.call(lambda: None)
    assert len(os.listdir("/proc/self/fd")) == before
