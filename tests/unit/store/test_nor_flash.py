"""The flash that the store's tests trust: its rules, cuts and wear."""

from __future__ import annotations

import pytest
from nor_flash import ERASE_CUTS, PROGRAM_CUTS, WEAK_CUT, NorFlash, PowerCut

SECTOR = 4096


def _read(flash: NorFlash, offset: int, n: int) -> bytes:
    buf = bytearray(n)
    flash.read(offset, buf)
    return bytes(buf)


def _cut_program(how: str, seed: int, data: bytes = bytes(200)) -> NorFlash:
    flash = NorFlash(2)
    flash.cut_at(0, how, seed)
    with pytest.raises(PowerCut):
        flash.program(16, data)
    return flash.restart(seed)


def _cut_erase(how: str, seed: int) -> NorFlash:
    flash = NorFlash(2)
    flash.program(0, bytes(2 * SECTOR))
    flash.cut_at(1, how, seed)
    with pytest.raises(PowerCut):
        flash.erase(SECTOR)
    return flash.restart(seed)


def test_it_begins_erased_and_keeps_what_is_programmed():
    flash = NorFlash(3)
    assert flash.size_bytes() == 3 * SECTOR and flash.sector_bytes() == SECTOR
    assert _read(flash, 0, 3 * SECTOR) == b"\xff" * 3 * SECTOR
    flash.program(SECTOR - 2, b"\x01\x02\x03\x04")
    assert _read(flash, SECTOR - 3, 6) == b"\xff\x01\x02\x03\x04\xff"


def test_programming_clears_bits_and_never_sets_one():
    flash = NorFlash(1)
    flash.program(0, b"\xf0")
    flash.program(0, b"\x30")
    with pytest.raises(OSError, match="cleared bit"):
        flash.program(0, b"\x31")
    assert _read(flash, 0, 1) == b"\x30"
    flash.erase(0)
    assert _read(flash, 0, 1) == b"\xff"


@pytest.mark.parametrize("offset", [-1, SECTOR - 1])
def test_nothing_is_outside_the_flash(offset):
    flash = NorFlash(1)
    with pytest.raises(ValueError, match="outside"):
        flash.read(offset, bytearray(2))
    with pytest.raises(ValueError, match="outside"):
        flash.program(offset, b"\x00\x00")


def test_only_whole_sectors_are_erased():
    flash = NorFlash(2)
    with pytest.raises(ValueError, match="sector start"):
        flash.erase(16)


def test_it_counts_what_is_done():
    flash = NorFlash(2)
    flash.program(0, b"\x00" * 10)
    flash.erase(SECTOR)
    _read(flash, 0, 7)
    assert (flash.n_programs, flash.bytes_programmed, flash.n_erases) == (1, 10, 1)
    assert (flash.n_reads, flash.bytes_read, flash.n_operations) == (1, 7, 2)
    assert flash.erases_of == [0, 1]


def test_after_a_cut_nothing_works_until_the_restart():
    flash = NorFlash(1)
    flash.cut_at(1, "clean")
    flash.program(0, b"\x55")
    with pytest.raises(PowerCut):
        flash.program(1, b"\x55")
    for access in (lambda: flash.read(0, bytearray(1)), lambda: flash.erase(0)):
        with pytest.raises(PowerCut):
            access()
    again = flash.restart()
    assert _read(again, 0, 2) == b"\x55\xff"
    assert again.n_operations == 0
    again.erase(0)


def test_a_torn_prefix_is_a_prefix_of_every_length():
    seen = set()
    for seed in range(300):
        data = _read(_cut_program("torn_prefix", seed, bytes(4)), 16, 5)
        n = data.count(0)
        assert data == bytes(n) + b"\xff" * (5 - n)
        seen.add(n)
    assert seen == {1, 2, 3, 4}


def test_torn_bits_are_some_of_the_bits_and_stay():
    counts = set()
    for seed in range(20):
        flash = _cut_program("torn_bits", seed)
        data = _read(flash, 0, SECTOR)
        assert data[:16] == b"\xff" * 16 and data[216:] == b"\xff" * (SECTOR - 216)
        assert _read(flash, 0, SECTOR) == data
        counts.add(int.from_bytes(data[16:216], "little").bit_count() // 160)
    assert len(counts) >= 3 and 0 < max(counts) <= 10


def test_torn_bits_never_clear_what_was_not_to_be_cleared():
    data = bytes(range(200))
    found = _read(_cut_program("torn_bits", 1, data), 16, 200)
    assert all(was & now == was for was, now in zip(data, found, strict=True))


@pytest.mark.parametrize("how", ["erase_part", "erase_weak"])
def test_a_cut_erase_leaves_bits_that_read_differently_until_erased_again(how):
    for seed in range(10):
        flash = _cut_erase(how, seed)
        assert _read(flash, 0, SECTOR) == bytes(SECTOR)
        assert flash.unstable_bits() > 0
        assert len({_read(flash, SECTOR, SECTOR) for _ in range(8)}) > 1
        flash.erase(SECTOR)
        assert _read(flash, SECTOR, SECTOR) == b"\xff" * SECTOR


def test_a_part_erased_sector_keeps_the_other_part():
    ends = set()
    for seed in range(20):
        data = _read(_cut_erase("erase_part", seed), SECTOR, SECTOR)
        ends.add((data[0] == 0, data[-1] == 0))
    assert ends >= {(True, False), (False, True)}


def test_unstable_bits_that_are_programmed_are_stable():
    flash = _cut_erase("erase_weak", 3)
    for _ in range(100):
        try:
            flash.program(SECTOR, bytes(SECTOR))
            break
        except OSError:
            pass
    assert flash.unstable_bits() == 0
    assert _read(flash, SECTOR, SECTOR) == bytes(SECTOR)


def test_a_weak_program_reads_differently_and_can_be_made_good():
    flash = _cut_program(WEAK_CUT, 1)
    assert len({_read(flash, 16, 200) for _ in range(8)}) > 1
    flash.program(16, bytes(200))
    assert _read(flash, 16, 200) == bytes(200)


def test_every_cut_is_the_same_again_with_the_same_seed():
    for how in PROGRAM_CUTS:
        assert _cut_program(how, 5).image() == _cut_program(how, 5).image()
    for how in ERASE_CUTS:
        assert _cut_erase(how, 5).image() == _cut_erase(how, 5).image()


def test_a_way_that_is_unknown_is_refused():
    with pytest.raises(ValueError, match="no such way"):
        NorFlash(1).cut_at(0, "sideways")


def test_the_observer_sees_each_operation_before_it_happens():
    flash = NorFlash(2)
    seen = []
    flash.observer = lambda *what: seen.append((*what, _read(flash, 0, 1)))
    flash.program(0, b"\x12")
    flash.erase(0)
    assert seen == [(0, "program", 0, b"\x12", b"\xff"), (1, "erase", 0, b"", b"\x12")]


def test_copies_do_not_disturb_each_other():
    flash = NorFlash(1)
    flash.program(0, b"\x0f")
    copy = flash.restart()
    copy.program(0, b"\x00")
    assert _read(flash, 0, 1) == b"\x0f" and _read(copy, 0, 1) == b"\x00"


def test_worn_sectors_fail_with_an_error_or_without_a_word():
    flash = NorFlash(4)
    flash.program(0, bytes(4 * SECTOR))
    for sector, how in enumerate(("erase_raises", "erase_silent")):
        flash.wear_out(sector, how)
    with pytest.raises(OSError, match="failed"):
        flash.erase(0)
    flash.erase(SECTOR)
    found = _read(flash, SECTOR, SECTOR)
    assert found != b"\xff" * SECTOR and found != bytes(SECTOR)

    flash = NorFlash(2)
    flash.wear_out(0, "program_raises")
    flash.wear_out(1, "program_silent")
    with pytest.raises(OSError, match="failed"):
        flash.program(0, bytes(100))
    assert _read(flash, 0, 100) != bytes(100)
    flash.program(SECTOR, bytes(100))
    assert _read(flash, SECTOR, 100) != bytes(100)


def test_sectors_wear_out_after_so_many_erases():
    flash = NorFlash(4)
    flash.endurance = 3
    for _ in range(3):
        flash.erase(2 * SECTOR)
    with pytest.raises(OSError, match="failed"):
        flash.erase(2 * SECTOR)
    assert flash.erases_of == [0, 0, 4, 0]


def test_images_are_loaded_and_patched():
    flash = NorFlash(1)
    flash.load(bytes(SECTOR))
    flash.patch(3, b"\x07")
    assert flash.image() == bytes(3) + b"\x07" + bytes(SECTOR - 4)
    with pytest.raises(ValueError, match="bytes for a flash"):
        flash.load(b"")
