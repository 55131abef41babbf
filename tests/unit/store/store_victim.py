"""An image to be tampered with, and the judge of what today's store makes of it.

The rule: an image that somebody has changed gives what was stored, or says that something is
wrong with it. Never anything that was not stored under that name, and never an endless loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from store_reader import Reading, Record, read
from store_rig import PIN, Rig

from handset.store.errors import StoreError

SERVICE, PROFESSIONAL, PERSONAL = 1, 2, 3
POSITIONS, ALARMS = "positions", "alarms"
N_SECTORS, SECTOR_BYTES = 10, 1024
OTHER_SECRET = bytes(range(100, 132))
# One opening reads some hundred times; what is damaged is looked at once more.
ACCESSES_MAX = 20_000
_NEW_NAMES = {"new %d" % i for i in range(3)}
_DAMAGED = "damaged"

# What can be read: ("value", domain, name), ("names", domain), ("entry", journal, number), "tries".
Contents = dict[tuple[Any, ...], Any]


class WrongDataError(AssertionError):
    """The store gave what was never stored there, or said nothing of what it had lost."""


@dataclass
class Victim:
    """An image, what is in it, and all that ever was."""

    image: bytes
    older: bytes
    contents: Contents
    head: tuple[int, bytes]
    history: dict[tuple[Any, ...], set[Any]]
    secret: bytes
    reading: Reading = field(repr=False)

    def records(self) -> list[Record]:
        return self.reading.records


def make_victim(secret: bytes | None = None) -> Victim:
    """Values of all domains and lengths, deletions, boxes, transactions, trimmed journals, all
    of it partly compacted."""
    rig = Rig(N_SECTORS, SECTOR_BYTES, *([secret] if secret else []))
    history: dict[tuple[Any, ...], set[Any]] = {}
    before = b""
    for i, operation in enumerate(_operations()):
        result = rig.play(*operation)
        assert not (isinstance(result, str) and result.startswith("!")), (operation, result)
        _remember(history, operation, result)
        if i == _N_BEFORE_OLDER:
            before = rig.flash.image()
    rig.play("power")
    rig.play("unlock", PIN, True)
    contents = read_all(rig, history)
    assert _DAMAGED not in contents.values()
    version, mac = rig.store.head()
    reading = rig.independent()
    assert reading.damage == []
    return Victim(
        rig.flash.image(),
        before,
        contents,
        (version, bytes(mac)),
        history,
        rig.device_secret,
        reading,
    )


_N_BEFORE_OLDER = 45


def older(victim: Victim) -> Victim:
    """The same handset's image some time ago."""
    reading = read(victim.older, victim.secret, PIN, SECTOR_BYTES)
    assert reading.damage == []
    return replace(victim, image=victim.older, reading=reading)


def _operations() -> Iterator[tuple[Any, ...]]:
    yield ("power",)
    yield "unlock", PIN, True
    for i in range(12):
        domain = (SERVICE, PROFESSIONAL, PERSONAL)[i % 3]
        yield "put", domain, "name %d" % i, (b"%d" % i * (1 + 5 * i)).hex()
    for i in range(6):
        yield "append", POSITIONS, (b"position %d" % i).hex()
        yield "append", ALARMS, (b"alarm %d" % i).hex()
    for i in range(20):
        yield "put", PROFESSIONAL, "counter", (b"count %d" % i).hex()
    yield "delete", PROFESSIONAL, "name 1"
    yield "delete", SERVICE, "name 3"
    yield "trim", POSITIONS, 3
    yield ("begin",)
    yield "put", PROFESSIONAL, "both", b"one half".hex()
    yield "put", PERSONAL, "both", b"other half".hex()
    yield "append", POSITIONS, b"and a position".hex()
    yield ("commit",)
    yield "put_tries", 2
    yield "tidy", 100
    yield ("lock",)
    yield "put", PERSONAL, "boxed", b"while locked".hex()
    yield "append", POSITIONS, b"boxed position".hex()
    yield "put", PROFESSIONAL, "name 4", b"later".hex()


def _remember(history: dict[tuple[Any, ...], set[Any]], op: tuple[Any, ...], result: Any) -> None:
    if op[0] == "put":
        history.setdefault(("value", op[1], op[2]), {None}).add(op[3])
    elif op[0] == "append":
        history.setdefault(("entry", op[1], result), {None}).add(op[2])
    elif op[0] == "put_tries":
        history.setdefault(("tries",), {0}).add(op[1])


def read_all(rig: Rig, keys: Any) -> Contents:
    """All that can be asked for, each thing by itself; what is damaged says so."""
    contents: Contents = {}
    for key in keys:
        if key[0] == "value":
            contents[key] = _ask(rig, "get", key[1], key[2])
        elif key[0] == "tries":
            contents[key] = _ask(rig, "tries")
        else:
            contents[key] = _ask_for_entry(rig, key[1], key[2])
    for domain in (SERVICE, PROFESSIONAL, PERSONAL):
        contents["names", domain] = _ask(rig, "iterate", domain, "")
    return contents


def _ask(rig: Rig, *operation: Any) -> Any:
    result = rig.play(*operation)
    return _DAMAGED if isinstance(result, str) and result.startswith("!") else result


def _ask_for_entry(rig: Rig, journal: int, number: int) -> Any:
    try:
        # Those that are right come first, then the refusal.
        for found, value in rig.store.entries(journal, number):
            if found == number:
                return value.hex()
    except StoreError:
        return _DAMAGED
    return None


@dataclass(frozen=True)
class Verdict:
    """What came of an image."""

    is_reported: bool
    is_head_another: bool
    lost: tuple[tuple[Any, ...], ...]
    goes_on: bool


def judge_opening(victim: Victim, image: bytes) -> Verdict:
    """Open an image that has been changed, read all of it, go on with it."""
    rig = Rig(N_SECTORS, SECTOR_BYTES, victim.secret, image=image)
    rig.flash.allow(ACCESSES_MAX)
    opened = rig.play("power")
    if isinstance(opened, str):
        raise WrongDataError("it does not open: %s" % opened)
    state, damage, tail = opened
    if state != "open":
        return Verdict(True, True, (), False)
    is_reported = bool(damage) or tail != "clean"
    if not _unlock(rig):
        return Verdict(True, True, (), False)
    version, mac = rig.store.head()
    lost = _compare(victim, read_all(rig, victim.history))
    is_head_another = (version, bytes(mac)) != victim.head
    silent = [key for key, found in lost.items() if found != _DAMAGED]
    if silent and not is_reported and not is_head_another:
        raise WrongDataError("nobody said that these are wrong: %s" % silent)
    goes_on = _go_on(victim, rig, set(lost))
    return Verdict(is_reported, is_head_another, tuple(lost), goes_on)


def judge_open_store(victim: Victim, image: bytes) -> Verdict:
    """The flash changes under a store that is open."""
    rig = Rig(N_SECTORS, SECTOR_BYTES, victim.secret, image=victim.image)
    rig.play("power")
    assert _unlock(rig)
    rig.flash.load(image)
    rig.flash.allow(ACCESSES_MAX)
    lost = _compare(victim, read_all(rig, victim.history))
    silent = [key for key, found in lost.items() if found != _DAMAGED and key[0] != "names"]
    if silent:
        raise WrongDataError("nobody said that these are wrong: %s" % silent)
    return Verdict(bool(lost), False, tuple(lost), _go_on(victim, rig, set(lost)))


def _unlock(rig: Rig) -> bool:
    try:
        return rig.play("unlock", PIN, True) is True
    except (ValueError, TypeError):
        return False


def _compare(victim: Victim, found: Contents) -> Contents:
    """What is not as it was; never what has never been."""
    lost = {key: value for key, value in found.items() if value != victim.contents[key]}
    for key in [key for key in lost if victim.contents[key] is None and lost[key] == _DAMAGED]:
        # Nothing was there: it is the entry behind that is damaged.
        del lost[key]
    for key, value in lost.items():
        if value == _DAMAGED:
            continue
        if key[0] == "names":
            ever = {k[2] for k in victim.history if k[:2] == ("value", key[1])}
            is_known = set(value) <= ever | _NEW_NAMES
        else:
            is_known = value in victim.history[key]
        if not is_known:
            raise WrongDataError("%s was never %r" % (key, value))
    return lost


def _go_on(victim: Victim, rig: Rig, lost: set[tuple[Any, ...]]) -> bool:
    """Write, compact, open again: what was right stays right. Whether it opens again."""
    rig.flash.allow(10 * ACCESSES_MAX)
    for name in sorted(_NEW_NAMES):
        _ask(rig, "put", SERVICE, name, b"new".hex())
    _ask(rig, "tidy", 200)
    is_reported = bool(rig.store.report.damage)
    opened = rig.play("power")
    if isinstance(opened, str):
        raise WrongDataError("it does not open: %s" % opened)
    if opened[0] != "open" or not _unlock(rig):
        # Both copies of its keys are gone: it says so, and that is all it can do.
        return False
    is_reported = is_reported or bool(opened[1]) or opened[2] != "clean"
    found = read_all(rig, victim.history)
    for key, value in _compare(victim, found).items():
        if key not in lost and key[0] != "names" and not is_reported:
            raise WrongDataError("%s was right, and is %r since" % (key, value))
    return True
