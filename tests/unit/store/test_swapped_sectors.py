"""Whole sectors of another time or place under an open store: all in them is right, and was not
written there. The answer is what is true, or that it is damaged; never an old one."""

from __future__ import annotations

from typing import Any

import pytest
from store_rig import Rig

_N_SECTORS, _SECTOR_BYTES = 8, 1024
_SERVICE = 1
_N_TURNS = 150


def _value(turn: int) -> str:
    return (b"%08d" % turn).hex()


def _turns(rig: Rig) -> list[bytes]:
    """The same operations again and again: what is written lies where its older version lay.
    Images of all that the flash ever held."""
    images = []
    for turn in range(_N_TURNS):
        rig.play("put", _SERVICE, "counter", _value(turn))
        rig.play("put", _SERVICE, "gone", _value(turn))
        rig.play("delete", _SERVICE, "gone")
        rig.play("put_tries", turn)
        images.append(rig.flash.image())
    rig.play("put", _SERVICE, "gone", _value(_N_TURNS - 1))
    return images


def _with_sector(image: bytes, target: int, source: bytes, sector: int) -> bytes:
    begin, at = target * _SECTOR_BYTES, sector * _SECTOR_BYTES
    data = source[at : at + _SECTOR_BYTES]
    return image[:begin] + data + image[begin + _SECTOR_BYTES :]


def _swaps(image: bytes, older: list[bytes]) -> set[bytes]:
    """Each sector at the place of each."""
    sectors = range(_N_SECTORS)
    return {
        _with_sector(image, target, source, sector)
        for source in [*older, image]
        for target in sectors
        for sector in {target, (target + 1) % _N_SECTORS}
    }


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (("get", _SERVICE, "counter"), _value(_N_TURNS - 1)),
        (("get", _SERVICE, "gone"), _value(_N_TURNS - 1)),
    ],
)
def test_no_answer_is_of_another_time_or_place(question: tuple[Any, ...], answer: Any) -> None:
    rig = Rig(_N_SECTORS, _SECTOR_BYTES)
    rig.play("power")
    older = _turns(rig)
    image = rig.flash.image()
    answers = []
    for changed in sorted(_swaps(image, older)):
        rig.flash.load(changed)
        answers.append(rig.play(*question))
    assert set(answers) == {answer, "!Damaged"}
    assert answers.count("!Damaged") > 20


def test_the_number_of_tries_is_the_one_that_was_written() -> None:
    rig = Rig(_N_SECTORS, _SECTOR_BYTES)
    rig.play("power")
    older = _turns(rig)
    answers = set()
    for changed in sorted(_swaps(rig.flash.image(), older)):
        rig.flash.load(changed)
        answers.add(rig.play("tries"))
    assert answers == {_N_TURNS - 1}


def test_no_name_and_no_deletion_is_of_another_time_or_place() -> None:
    rig = Rig(_N_SECTORS, _SECTOR_BYTES)
    rig.play("power")
    older = _turns(rig)
    image = rig.flash.image()
    listed, deleted = [], []
    for changed in sorted(_swaps(image, older[-40:])):
        rig.flash.load(image)
        rig.play("power")
        rig.flash.load(changed)
        listed.append(str(rig.play("iterate", _SERVICE, "")))
        deleted.append(rig.play("delete", _SERVICE, "gone"))
    assert set(listed) == {"['counter', 'gone']", "!Damaged"}
    assert set(deleted) == {True, "!Damaged"}
    assert listed.count("!Damaged") > 20 and deleted.count("!Damaged") > 5


def test_what_has_changed_under_an_open_store_can_be_written_again() -> None:
    rig = Rig(_N_SECTORS, _SECTOR_BYTES)
    rig.play("put", _SERVICE, "form", _value(1))
    at = rig.flash.image().index(rig.custody.name_id(_SERVICE, b"form"))
    rig.flash.patch(at, bytes(6))
    assert rig.play("get", _SERVICE, "form") == "!Damaged"
    assert rig.play("delete", _SERVICE, "form") == "!Damaged"
    rig.play("put", _SERVICE, "form", _value(2))
    assert rig.play("get", _SERVICE, "form") == _value(2)
    assert rig.play("delete", _SERVICE, "form") is True


def test_an_older_sector_is_not_compacted_into_this_time() -> None:
    rig = Rig(_N_SECTORS, _SECTOR_BYTES)
    rig.play("power")
    older = _turns(rig)
    image = rig.flash.image()
    found = set()
    for changed in sorted(_swaps(image, older[-40:])):
        rig.flash.load(image)
        rig.play("power")
        rig.flash.load(changed)
        rig.play("tidy", 30)
        found.add(rig.play("get", _SERVICE, "counter"))
    assert found <= {_value(_N_TURNS - 1), "!Damaged"}
