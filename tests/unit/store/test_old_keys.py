"""Keys that were superseded, and with them the PIN they had, are nowhere in the flash."""

from __future__ import annotations

from store_rig import PIN, PIN_SALT, ROUNDS, Rig

from handset.store.errors import Full

_N_SECTORS, _SECTOR_BYTES = 10, 1024
_SERVICE = 1


def _twin(rig: Rig) -> Rig:
    """Another handset with the same flash, opened and unlocked."""
    twin = Rig(_N_SECTORS, _SECTOR_BYTES, image=rig.flash.image())
    twin.play("power")
    return twin


def _old_keys_after_a_change(rig: Rig) -> int:
    """How many copies of the keys so far a new PIN leaves."""
    old = rig.store.keys_body()
    rig.play("unlock", PIN, True)
    rig.custody.pin_begin(b"0000", PIN_SALT, ROUNDS)
    assert rig.custody.pin_step(ROUNDS)
    rig.store.put_keys(rig.custody.wrap(2))
    return rig.flash.image().count(old)


def test_however_full_the_store_is_when_the_pin_changes() -> None:
    """Writing the new ones may move the old ones first."""
    rig = Rig(_N_SECTORS, _SECTOR_BYTES)
    for n in range(150):
        try:
            rig.store.put("form/%d" % (n % 9), bytes(100 + n), _SERVICE, urgent=True)
        except Full:
            rig.store.put_tries(n % 9)
        twin = _twin(rig)
        assert _old_keys_after_a_change(twin) == 0, n
        twin.play("power")
        assert twin.store.report.damage == []
