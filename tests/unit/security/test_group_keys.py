"""Which sets of group keys the application takes."""

import pytest

from handset.security import group_keys

KEY = b"sixteen secret b"


@pytest.fixture(autouse=True)
def forget():
    yield
    group_keys.install(())


def test_there_are_none_until_somebody_installs_them():
    assert group_keys.installed() == ()
    keys = ((7, KEY), (6, KEY * 2))
    group_keys.install(keys)
    assert group_keys.installed() == keys
    group_keys.install(())
    assert group_keys.installed() == ()


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        (((1, KEY[:15]),), "15 bytes"),
        (((1, b""),), "0 bytes"),
        (((-1, KEY),), "-1 is not"),
        (((65536, KEY),), "65536 is not"),
        (((1, KEY), (1, KEY)), "same id"),
        (tuple((n, KEY) for n in range(4)), "at most 3"),
    ],
)
def test_what_is_no_set_of_keys_is_refused_and_changes_nothing(keys, why):
    group_keys.install(((7, KEY),))
    with pytest.raises(ValueError, match=why):
        group_keys.install(keys)
    assert group_keys.installed() == ((7, KEY),)
