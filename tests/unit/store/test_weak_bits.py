"""Bits that a cut program has left weak read otherwise each time: what the first opening after it
says holds for all that come."""

from __future__ import annotations

import pytest
from nor_flash import WEAK_CUT, NorFlash, PowerCut
from store_player import Player
from store_rig import RECORDS_MAX, Rig

from handset.store import layout
from handset.store.sectors import LIVE

_SECTOR_BYTES = 4096
_SERVICE = 1
_VALUE = b"before".hex() * 16
_LATER = b"later".hex() * 10
_N_NAMES = 5
_N_BOOTS = 5
_ERASED = layout.ERASED_BYTES
# Of what is programmed at the beginning of a sector.
_ENDS = {"erased": _ERASED, "header": layout.SECTOR_HEADER_BYTES}


def _work(rig: Rig) -> None:
    for n in range(60):
        rig.play("put", _SERVICE, "k%d" % (n % _N_NAMES), _VALUE)


def _used_image() -> bytes:
    """Of a store whose sectors have all been erased before."""
    rig = Rig(8)
    for n in range(300):
        rig.play("put", _SERVICE, "k%d" % (n % _N_NAMES), _VALUE)
    return rig.flash.image()


def _programs(image: bytes, what: str) -> list[tuple[int, int]]:
    """Operations of `_work` that program this, and their sectors."""
    found: list[tuple[int, int]] = []

    def see(operation: int, kind: str, offset: int, data: bytes) -> None:
        end = offset % _SECTOR_BYTES + len(data)
        if kind == "program" and (end == _ENDS.get(what) or (what == "mark" and _is_mark(data))):
            found.append((operation, offset // _SECTOR_BYTES))

    rig = Rig(image=image)
    rig.play("power")
    rig.flash.observer = see
    _work(rig)
    return found


def _is_mark(data: bytes) -> bool:
    return data == layout.MARK


def _boot(rig: Rig, flash: NorFlash) -> Player:
    rig.custody.forget()
    player = Player(flash, rig.custody, RECORDS_MAX)
    player.reopen()
    assert (player.store.report.state, player.store.report.damage) == ("open", [])
    return player


def _cut(image: bytes, operation: int, seed: int) -> Rig:
    rig = Rig(image=image)
    rig.play("power")
    rig.flash.cut_at(operation, WEAK_CUT, seed)
    with pytest.raises(PowerCut):
        _work(rig)
    return rig


def _live_with_weak_bits(image: bytes, operation: int, seed: int) -> None:
    """What was read once stays so, and so does what is written meanwhile."""
    rig = _cut(image, operation, seed)
    flash, truth = rig.flash, {}
    for boot in range(_N_BOOTS):
        flash = flash.restart(seed * _N_BOOTS + boot)
        player = _boot(rig, flash)
        found = {"k%d" % n: player.play(["get", _SERVICE, "k%d" % n]) for n in range(_N_NAMES)}
        if boot == 0:
            truth = dict(found)
        for name in truth.keys() - found.keys():
            found[name] = player.play(["get", _SERVICE, name])
        assert found == truth
        for n in range(3):
            name = "boot %d/%d" % (boot, n)
            assert player.play(["put", _SERVICE, name, _LATER]) is None
            truth[name] = _LATER


@pytest.mark.parametrize("what", ["erased", "header", "mark"])
def test_what_one_opening_finds_the_next_ones_find_too(what: str) -> None:
    image = _used_image()
    operations = _programs(image, what)[:2]
    assert len(operations) == 2
    for operation, _ in operations:
        for seed in range(20):
            _live_with_weak_bits(image, operation, seed)


def test_a_mark_is_whole_or_gone_after_one_opening() -> None:
    image = _used_image()
    operation, _ = _programs(image, "mark")[0]
    # Few of them leave a mark that reads right once, and otherwise then.
    for seed in range(150):
        rig = _cut(image, operation, seed)
        flash = rig.flash.restart(seed)
        _boot(rig, flash)
        assert flash.unstable_bits() == 0


def test_what_marks_a_sector_as_erased_is_whole_in_a_header_that_covers_it() -> None:
    image = _used_image()
    operation, sector = _programs(image, "erased")[0]
    n_weak = 0
    for seed in range(30):
        rig = _cut(image, operation, seed)
        flash = rig.flash.restart(seed)
        player = _boot(rig, flash)
        n_weak += flash.unstable_bits()
        while player.store._log.sectors.state[sector] != LIVE:
            player.play(["put", _SERVICE, "k1", _VALUE])
        assert flash.unstable_bits() == 0
    assert n_weak > 0


def _rig_with_suspect() -> tuple[Rig, int]:
    """A store, with a sector in it whose header has a wrong bit, and nothing behind it."""
    rig = Rig(image=_used_image())
    rig.play("power")
    sectors = rig.store._log.sectors
    suspect = next(i for i in range(sectors.n) if sectors.state[i] != LIVE)
    newest = next(i for i in range(sectors.n) if sectors.state[i] == LIVE)
    header = bytearray(_header(rig, newest))
    header[layout.HEADER_MAC_AT] ^= 1
    blank = b"\xff" * (_SECTOR_BYTES - len(header))
    rig.flash.patch(suspect * _SECTOR_BYTES, bytes(header) + blank)
    return rig, suspect


def _header(rig: Rig, sector: int) -> bytes:
    start = sector * _SECTOR_BYTES
    return rig.flash.image()[start : start + layout.SECTOR_HEADER_BYTES]


def test_a_header_that_is_not_right_never_will_be() -> None:
    """And its sector is erased before it is used."""
    rig, suspect = _rig_with_suspect()
    _boot(rig, rig.flash)
    assert _header(rig, suspect)[:_ERASED] == bytes(_ERASED)
    player, done = Player(rig.flash, rig.custody, RECORDS_MAX), set()
    rig.flash.observer = lambda _, kind, offset, data: done.add((kind, offset))
    player.reopen()
    assert player.store.report.damage == []
    assert ("program", suspect * _SECTOR_BYTES) not in done, "once is enough"
    while player.store._log.sectors.state[suspect] != LIVE:
        player.play(["put", _SERVICE, "k1", _VALUE])
    assert ("erase", suspect * _SECTOR_BYTES) in done
    rig.flash.observer = None
    _boot(rig, rig.flash)


def test_where_something_is_missing_suspects_stay_as_they_are() -> None:
    rig, suspect = _rig_with_suspect()
    sectors = rig.store._log.sectors
    closed = next(i for i in range(8) if sectors.state[i] == LIVE and not sectors.is_head(i))
    rig.flash.patch(closed * _SECTOR_BYTES, b"\xff" * _SECTOR_BYTES)
    before = _header(rig, suspect)
    rig.play("power")
    assert rig.store.report.damage
    assert _header(rig, suspect) == before


def test_a_store_of_somebody_else_stays_as_it_is() -> None:
    rig, _ = _rig_with_suspect()
    image = rig.flash.image()
    other = Rig(device_secret=b"another handset".ljust(32, b"."), image=image)
    other.play("power")
    assert other.store.report.state == "foreign"
    assert other.flash.image() == image
