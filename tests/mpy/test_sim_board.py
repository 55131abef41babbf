"""The sim board's MicroPython is the chip's in what matters, not a PC's."""

import gc
import sys

import board_facts
import build_info
import micropython


def test_heap_is_the_budget_of_the_chip():
    total = gc.mem_free() + gc.mem_alloc()
    assert board_facts.HEAP_BYTES * 0.97 < total <= board_facts.HEAP_BYTES, total


def test_floats_are_single_precision():
    assert 16777217.0 == 16777216.0


def test_allocation_is_counted():
    before = micropython.mem_total()
    kept = bytearray(1000)
    assert 1000 <= micropython.mem_total() - before < 1400
    assert len(kept) == 1000


def test_locked_heap_refuses():
    micropython.heap_lock()
    try:
        bytearray(64)
        refused = False
    except MemoryError:
        refused = True
    finally:
        micropython.heap_unlock()
    assert refused


def test_what_a_handset_has_no_use_for_is_not_there():
    system = ("machine", "socket", "ssl", "btree", "bluetooth", "ffi", "termios", "websocket")
    for name in system + ("random",):
        try:
            __import__(name)
        except ImportError:
            continue
        raise AssertionError(name)


def test_there_is_one_way_to_random_numbers():
    import os

    assert not hasattr(os, "urandom")


def test_firmware_knows_what_went_into_it():
    names = [name for name, version, sha256 in build_info.THIRD_PARTY if len(sha256) == 64]
    for wanted in ("micropython", "opus", "vo-amrwbenc", "opencore-amr", "mbedtls"):
        assert wanted in names, wanted
    assert build_info.VERSION and build_info.GIT_HASH and build_info.BUILD_DATE


def test_micropython_is_the_pinned_release():
    assert sys.implementation.version[:3] == (1, 26, 1)
    assert "v1.26.1" in sys.version, sys.version


async def test_async_tests_run():
    import asyncio

    await asyncio.sleep(0)
